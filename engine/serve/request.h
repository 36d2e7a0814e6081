/*
 * request.h - one HTTP request, from its first header to its response.
 *
 * Made and freed by http_handler.c.  What calls what in the server, from top to
 * bottom; a lower part knows nothing of those above it and reports through
 * functions that they put into its structs (background.h, pg_connection.h,
 * pg_result.h):
 *
 *     server ─▶ loop ─▶ http_handler ─▶ request ─▶ pg_pool ─▶ pg_connection
 *     │         │         │               ├▶ router            │    │
 *     │         │         │               ├▶ sql_filter        │    ▼
 *     │         │         │               └▶ token             │    pg_result
 *     │         │         │                                  │    │
 *     │         └─────────┴─▶ client_connection                │    ▼
 *     │                                                        │    response
 *     └▶ tenants_setup ─▶ tenants ◀───────── background ◀──────┘
 *                         └▶ token
 *
 * States of a request:
 *
 *     RECEIVING ──────────▶ COMPLETE ──────────▶ ANSWERED ──▶ sent and freed
 *         │                   │   ▲                 ▲
 *         │  (the file has    │   │ (it was         │
 *         │  changed)         ▼   │ read anew)      │
 *         │                AWAITS_TOKENS            │
 *         └──────(its body is far too large)────────┘
 *
 * COMPLETE lasts until the database has answered.  It and AWAITS_TOKENS are
 * suspended for libmicrohttpd.
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

#include "core/buf.h"
#include "serve/options.h"
#include "serve/pg_result.h"
#include "serve/response.h"
#include "serve/router.h"
#include "serve/token.h"

struct background;
struct client_connection;
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

enum request_state {
    REQUEST_RECEIVING,
    REQUEST_COMPLETE,
    REQUEST_AWAITS_TOKENS,
    REQUEST_ANSWERED
};

struct request {
    struct pg_job job; /* first: what its done() gets is the request */
    struct requests *all;
    struct client_connection *client; /* borrowed, or NULL */
    struct MHD_Connection *http;
    enum request_state state;
    bool suspended;      /* libmicrohttpd waits for a resume, or had one */
    bool counted;        /* in all->count */
    bool body_discarded; /* refused for its body, whatever its token */
    struct request *next_awaiting;
    struct route route;
    struct token_list *tokens; /* what it was checked against, held */
    unsigned generation;       /* of tokens */
    struct access access;
    struct buf body; /* the request's, then the statement in it */
    size_t memory;   /* bytes counted in all->memory */
    struct response response;
    char *line; /* "POST /path", or NULL */
    int64_t started;
};

/* Counts n more bytes; false when the loop's requests hold too many. */
bool request_reserve(struct request *req, size_t n);

/* A header's text, or NULL. */
const char *request_header(const struct request *req, const char *name);

/* Checks its token against the loop's list: sets access. */
void request_authorize(struct request *req);

/* The whole request is here, and the list of tokens is the latest: answers it,
 * or suspends it until the database has. */
void request_run(struct request *req);

/* Suspends it until the list of tokens was read anew. */
void request_await_tokens(struct request *req);

/* Answers it with an error; code is an SQLSTATE. */
void request_fail(struct request *req, int status, const char *code,
                  const char *text);

/* Runs those that waited for the list of tokens. */
void requests_resume(struct requests *all);

#endif
