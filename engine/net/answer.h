/*
 * answer.h - what PostgreSQL said, as the JSON that clients read.
 */
#ifndef ENGINE_NET_ANSWER_H
#define ENGINE_NET_ANSWER_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

struct err;

/* Appends text as a JSON string, quotes included. */
bool answer_text(struct buf *out, const char *text, size_t len, struct err *e);

/* Appends the head, {"columns":[...],"rows":[ , or {"tables":[ . */
bool answer_head(struct buf *out, const PGresult *r, bool tables,
                 struct err *e);

/* Appends the rows of r; first says that none was written before. */
bool answer_rows(struct buf *out, const PGresult *r, bool tables, bool first,
                 struct err *e);

/* Appends the tail, with the count of rows for a query. */
bool answer_tail(struct buf *out, size_t rows, bool tables, struct err *e);

/* Replaces what out holds by {"error":...,"code":...}.  Double quotes become
 * single ones: clients match the wording in the raw body, where JSON would
 * put a backslash in front of each. */
void answer_error(struct buf *out, const char *code, const char *text);

/* The HTTP status for an SQLSTATE, as the hosted service gives it: 500 for
 * what is there already, 403 for rights, 408 for the time limit, 503 for what
 * is worth another try, 400 for the rest. */
int answer_status(const char *sqlstate);

#endif
