/*
 * response.h - what a client is told: a status and a JSON body, which for a
 * statement is made of PostgreSQL's result.
 *
 * Part of a request; whoever works on the request fills it in.  The body
 * belongs to it until response_queue hands it to libmicrohttpd.
 */
#ifndef ENGINE_SERVE_RESPONSE_H
#define ENGINE_SERVE_RESPONSE_H

#include <libpq-fe.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

struct err;

/* (struct response){0} is valid: nothing decided. */
struct response {
    int status; /* HTTP's, or 0 while nothing is decided */
    struct buf body;
};

/* Makes it an error; code is an SQLSTATE, also for what the server itself
 * refuses, so that clients have one table to look it up in. */
void response_error(struct response *r, int status, const char *code,
                    const char *text);

/* Writes one line about it to stderr.  line is "POST /path" or NULL, token
 * the id of the client's or NULL. */
void response_log(const struct response *r, const char *line, const char *token,
                  int64_t ms);

/* Hands it to libmicrohttpd; last says that the connection ends with it. */
enum MHD_Result response_queue(struct response *r, struct MHD_Connection *http,
                               bool last);

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

/* The HTTP status for an SQLSTATE, as the hosted service gives it: 500 for
 * what is there already, 403 for rights, 408 for the time limit, 503 for what
 * is worth another try, 400 for the rest. */
int http_status_of(const char *sqlstate);

#endif
