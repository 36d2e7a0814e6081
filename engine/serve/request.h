/*
 * request.h - one HTTP request, from its first header to its response.
 *
 * Made by libmicrohttpd's first call of request_step, freed by its call of
 * request_over.  What calls what in the server, from top to bottom; a lower
 * part knows nothing of those above it and reports through functions that
 * they put into its structs (watch.h, pg_connection.h, pg_result.h):
 *
 *     server ─▶ loop ─▶ request ─▶ pg_pool ─▶ pg_connection ─▶ pg_result
 *       │        │        ├▶ router                │             │
 *       │        │        ├▶ sql_filter            │             ▼
 *       │        │        ├▶ client_connection     │         response
 *       │        │        └▶ token_file            │             │
 *       │        └▶ listener                       ▼             ▼
 *       └▶ tenants_setup ─▶ tenants ◀─ background ◀┘        json_result
 *
 * States of a request:
 *
 *     RECEIVING ──(all is here)──▶ COMPLETE ─────────────────▶ ANSWERED
 *         │                          │    ▲                       ▲
 *         │         suspended, until │    │ the list of           │
 *         │                          ▼    │ tokens is read anew   │
 *         │                     AWAITS_TOKENS                     │
 *         │                          │ COMPLETE, suspended until  │
 *         │                          └ the database has answered ─┤
 *         └──(a body that helps nobody to be read)────────────────┘
 *
 * A refused request stays RECEIVING until its body has come, which is read
 * and dropped, so that the client reads our response.
 */
#ifndef ENGINE_SERVE_REQUEST_H
#define ENGINE_SERVE_REQUEST_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serve/options.h"
#include "serve/token_file.h"

struct background;
struct pg_pools;
struct request;

/* The requests of one loop.  The loop fills in the first part; the rest
 * starts as 0. */
struct requests {
    const struct server_options *options;
    const atomic_bool *stopping;
    const int64_t *now; /* the loop's clock, in ms */
    const struct token_file *token_file;
    struct background *background;
    struct pg_pools *pools;
    int max_count;     /* under way at once */
    size_t max_memory; /* bytes of all bodies and responses */

    struct token_view tokens; /* renewed and freed by the loop */
    struct request *awaiting_tokens;
    int count; /* complete, and not over */
    size_t memory;
    bool resumed; /* libmicrohttpd has something to do */
};

/* libmicrohttpd's handler; cls is a struct requests, and the connection's
 * socket context a struct client_connection or NULL. */
enum MHD_Result request_step(void *cls, struct MHD_Connection *http,
                             const char *url, const char *method,
                             const char *version, const char *data,
                             size_t *size, void **slot);

/* For MHD_OPTION_NOTIFY_COMPLETED; cls is a struct requests. */
void request_over(void *cls, struct MHD_Connection *http, void **slot,
                  enum MHD_RequestTerminationCode why);

/* Goes on with those that waited for the list of tokens. */
void requests_resume(struct requests *all);

#endif
