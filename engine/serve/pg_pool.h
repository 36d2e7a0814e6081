/*
 * pg_pool.h - pools of database connections, one per role.
 *
 * A loop has one struct pg_pools, with a pool for every role that it served:
 * each workspace has two, one that may write and one that only reads.  A pool
 * queues jobs, gives them to its idle connections and opens more, up to three
 * quarters of the limit, which all pools of the loop share.
 */
#ifndef ENGINE_SERVE_PG_POOL_H
#define ENGINE_SERVE_PG_POOL_H

#include "serve/pg_connection.h"

struct pg_job;

/* The loop fills in env, but for its two functions, and max_connections;
 * the rest starts as 0. */
struct pg_pools {
    struct pg_environment env;
    int max_connections; /* of all pools */

    struct pg_pool *pools; /* freed by pg_pools_close */
    struct pg_connection *connections, *closed;
    int count; /* of connections */
};

void pg_pools_init(struct pg_pools *pools);

/* Queues a job; done() may be called before this returns. */
void pg_pools_submit(struct pg_pools *pools, struct pg_job *job);

/* Ends what took too long: connections and waiting jobs. */
void pg_pools_expire(struct pg_pools *pools);

/* For the end of a round: frees the connections that closed in it. */
void pg_pools_free_closed(struct pg_pools *pools);

/* Fails every job, closes every connection, frees the pools. */
void pg_pools_close(struct pg_pools *pools);

#endif
