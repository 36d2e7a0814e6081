/*
 * parts.h - the words inside of identifiers: getUserName is get User Name.
 *
 * snake_case, kebab-case, paths and extensions need none of this: what joins
 * their parts is no letter, so the tokenizer finds them.
 */
#ifndef ENGINE_SEARCH_PARTS_H
#define ENGINE_SEARCH_PARTS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct err;

/* Appends the parts of each identifier in a text that has capitals within, each
 * identifier once and on a line of its own, its parts of three letters and more
 * separated by a space. */
bool parts_add(struct buf *out, const char *text, size_t len, struct err *e);

#endif
