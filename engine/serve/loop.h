/*
 * loop.h - an event loop: one thread, its clients, its database connections.
 *
 * server.c makes an array of them, starts each and joins it; nothing that
 * hangs off a loop is touched by another thread.  Each accepts from the shared
 * listener, and has its share of the server's limits.
 */
#ifndef ENGINE_SERVE_LOOP_H
#define ENGINE_SERVE_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "serve/background.h"
#include "serve/client_connection.h"
#include "serve/pg_pool.h"
#include "serve/request.h"

struct err;
struct tenants;

/* What all loops of a server share; the server's, which outlives them. */
struct loop_shared {
    struct server_options options;
    struct tenants *tenants;
    struct token_file token_file;
    struct background background;
    int listener;
    int loops;
    atomic_bool stopping;    /* no new clients; requests may finish */
    atomic_bool forced;      /* requests are cut off, too */
    atomic_bool locked_down; /* of every workspace, see tenants_setup */
    atomic_size_t ended;     /* loops that are done */
};

/* Starts as 0; loop_start fills it in. */
struct loop {
    struct loop_shared *shared;
    pthread_t thread;
    bool running;
    int epoll;
    int wake; /* an eventfd: a new list of tokens, or the end */
    struct watch on_listener, on_http, on_wake;
    struct MHD_Daemon *http;
    int64_t now; /* in ms, read once per round */
    bool accepting;
    struct client_connections clients;
    struct requests requests;
    struct pg_pools pools;
};

/* False with *e set on failure; loop_join in any case. */
bool loop_start(struct loop *loop, struct loop_shared *shared, struct err *e);

/* Has the loop look for a new list of tokens, and whether to stop. */
void loop_wake(const struct loop *loop);

/* Waits for the thread's end and frees what the loop has. */
void loop_join(struct loop *loop);

#endif
