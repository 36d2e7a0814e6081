/*
 * pg_connection.h - one connection to PostgreSQL as one workspace's role.
 *
 * Made by pg_connection_open for a pool, which keeps it on its list and frees
 * it.  It works by the events of its loop and tells its pool what becomes of
 * it through the two functions of struct pg_environment.
 *
 *     open ──▶ OPENING ──────────▶ IDLE ──pg_connection_run──▶ RUNNING
 *                 │                │ ▲ ▲                          │
 *                 │                │ │ └──(locked down)───────────┤
 *                 │                │ └────── RESETTING ◀──────────┤
 *                 ▼                ▼             ▼                ▼
 *     CLOSED: refused, too late, cut, idle for too long, or closed by the
 *     pool; its memory is freed at the end of the loop's round, because events
 *     of this round may still name it
 *
 * RESETTING: DISCARD ALL runs, where a statement may have left something in
 * its session that the next one must not find.  A statement that runs for too
 * long has its server process terminated; the connection stays RUNNING until
 * that has happened.
 */
#ifndef ENGINE_SERVE_PG_CONNECTION_H
#define ENGINE_SERVE_PG_CONNECTION_H

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "serve/background.h"
#include "serve/tenants.h"

struct pg_connection;
struct pg_job;
struct pg_pool;

/* What the connections of one loop share; part of its struct pg_pools. */
struct pg_environment {
    const struct tenants *tenants;
    struct background *background;
    const atomic_bool *locked_down; /* see tenants_setup */
    const int64_t *now;             /* the loop's clock, in ms */
    int epoll;                      /* the loop's */
    int statement_ms;

    /* It can run a statement.  The pool may close it in here. */
    void (*idle)(struct pg_connection *conn);
    /* It closed itself.  never_opened says why it never worked, or is NULL. */
    void (*closed)(struct pg_connection *conn, const char *never_opened);
};

enum pg_connection_state {
    PG_CONNECTION_OPENING,
    PG_CONNECTION_IDLE,
    PG_CONNECTION_RUNNING,
    PG_CONNECTION_RESETTING,
    PG_CONNECTION_CLOSED
};

struct pg_connection {
    struct watch watch;
    const struct pg_environment *env;
    enum pg_connection_state state;
    PGconn *pg;
    char role[TENANTS_ROLE];
    struct pg_job *job; /* while RUNNING; NULL when it was answered early */
    int fd;
    unsigned events;
    int64_t deadline; /* of what it does now, idling included */
    bool terminating; /* its server process is being terminated */

    struct pg_pool *pool; /* the pool's, which only it looks at */
    struct pg_connection *prev, *next;
};

/* Starts to connect as the role of a workspace that may write or only read;
 * NULL when that is not possible. */
struct pg_connection *pg_connection_open(const struct pg_environment *env,
                                         const char *workspace, bool write);

/* Runs a job on an idle connection. */
void pg_connection_run(struct pg_connection *conn, struct pg_job *job);

/* For the pool: its deadline has passed. */
void pg_connection_expire(struct pg_connection *conn);

/* Closes it without a word to pool or job. */
void pg_connection_close(struct pg_connection *conn);

#endif
