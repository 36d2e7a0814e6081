/*
 * classify.h - what a store's error means: by its SQLSTATE, or by its English
 * where the store has no codes (SQLite, some HTTP services).
 */
#ifndef ENGINE_CORE_CLASSIFY_H
#define ENGINE_CORE_CLASSIFY_H

#include <stddef.h>

#include "core/err.h"

/* The code for an SQLSTATE; ERR_SQL for one that nobody decides by.  A unique
 * index that is violated (23505) is ERR_EXISTS. */
enum err_code classify_sqlstate(const char *state);

/*
 * The code for an English text; ERR_SQL when it is none of ours.  Wording
 * about rights is ERR_DENIED and never "missing"; a text that speaks of a
 * column is never about a missing table.  Names are not read: neither what
 * stands in quotes nor what SQLite puts bare at the end of its messages; but
 * pg_class_relname_nsp_index, wherever it stands, is ERR_EXISTS.  In JSON only
 * escaped double quotes and single ones are about names.
 */
enum err_code classify_text(const char *text, size_t len);

#endif
