/*
 * response.h - what a client is told: a status and a JSON body.
 *
 * Part of a request; whoever works on the request fills it in.  The body
 * belongs to it until response_queue hands it to libmicrohttpd.
 */
#ifndef ENGINE_SERVE_RESPONSE_H
#define ENGINE_SERVE_RESPONSE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"

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

#endif
