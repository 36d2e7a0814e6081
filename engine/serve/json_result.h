/*
 * json_result.h - a PostgreSQL result as the JSON that clients read.
 */
#ifndef ENGINE_SERVE_JSON_RESULT_H
#define ENGINE_SERVE_JSON_RESULT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

struct err;

/* Appends text as a JSON string, quotes included. */
bool json_text(struct buf *out, const char *text, size_t len, struct err *e);

/* Appends the head, {"columns":[...],"rows":[ , or {"tables":[ . */
bool json_result_head(struct buf *out, const PGresult *r, bool tables,
                      struct err *e);

/* Appends the rows of r; first says that none was written before. */
bool json_result_rows(struct buf *out, const PGresult *r, bool tables,
                      bool first, struct err *e);

/* Appends the tail, with the count of rows for a query. */
bool json_result_tail(struct buf *out, size_t rows, bool tables, struct err *e);

/* Replaces what out holds by {"error":...,"code":...}.  Double quotes become
 * single ones: clients match the wording in the raw body, where JSON would
 * put a backslash in front of each. */
void json_error(struct buf *out, const char *code, const char *text);

/* The HTTP status for an SQLSTATE, as the hosted service gives it: 500 for
 * what is there already, 403 for rights, 408 for the time limit, 503 for what
 * is worth another try, 400 for the rest. */
int http_status_of(const char *sqlstate);

#endif
