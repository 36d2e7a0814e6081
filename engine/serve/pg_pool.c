#include "serve/pg_pool.h"

#include <stdlib.h>
#include <string.h>

#include "serve/pg_result.h"

/* The jobs and connections of one role. */
struct pg_pool {
    struct pg_pool *next;
    struct pg_pools *all;
    char *workspace;
    bool write;
    int connections;
    struct pg_job *first, **end; /* waiting, oldest first */
};

static struct pg_pool *find_pool(struct pg_pools *pools,
                                 const struct pg_job *job)
{
    struct pg_pool *pool = pools->pools;

    while (pool && (pool->write != job->write ||
                    strcmp(pool->workspace, job->workspace) != 0))
        pool = pool->next;
    if (pool || !(pool = calloc(1, sizeof(*pool))))
        return pool;
    pool->workspace = strdup(job->workspace);
    if (!pool->workspace) {
        free(pool);
        return NULL;
    }
    pool->write = job->write;
    pool->all = pools;
    pool->end = &pool->first;
    pool->next = pools->pools;
    pools->pools = pool;
    return pool;
}

static struct pg_job *next_job(struct pg_pool *pool)
{
    struct pg_job *job = pool->first;

    if (job && !(pool->first = job->next))
        pool->end = &pool->first;
    return job;
}

static void fail_waiting(struct pg_pool *pool, const char *code,
                         const char *text)
{
    struct pg_job *job;

    while ((job = next_job(pool)))
        pg_job_fail(job, 503, code, text);
}

/* Takes a closed connection off the list. */
static void remove_connection(struct pg_connection *conn)
{
    struct pg_pools *pools = conn->pool->all;

    *(conn->prev ? &conn->prev->next : &pools->connections) = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    conn->pool->connections--;
    pools->count--;
    conn->next = pools->closed;
    pools->closed = conn;
}

static void close_connection(struct pg_connection *conn)
{
    pg_connection_close(conn);
    remove_connection(conn);
}

static bool open_connection(struct pg_pool *pool)
{
    struct pg_pools *pools = pool->all;
    struct pg_connection *conn =
        pg_connection_open(&pools->env, pool->workspace, pool->write);

    if (!conn)
        return false;
    conn->pool = pool;
    conn->next = pools->connections;
    if (conn->next)
        conn->next->prev = conn;
    pools->connections = conn;
    pools->count++;
    pool->connections++;
    return true;
}

/* An idle connection of the pool, or of any other one. */
static struct pg_connection *idle_connection(const struct pg_pool *pool,
                                             bool other)
{
    struct pg_connection *conn = pool->all->connections;

    while (conn &&
           (conn->state != PG_CONNECTION_IDLE || (conn->pool == pool) == other))
        conn = conn->next;
    return conn;
}

/* Makes room for one connection more: one below the limit, or one that another
 * role does not use.  No role gets all. */
static bool make_room(struct pg_pool *pool)
{
    struct pg_pools *pools = pool->all;
    int limit = pools->max_connections;
    struct pg_connection *spare;

    if (pool->connections >= limit - limit / 4)
        return false;
    if (pools->count < limit)
        return true;
    spare = idle_connection(pool, true);
    if (spare)
        close_connection(spare);
    return spare != NULL;
}

/* How many jobs wait for a connection that is not being opened yet. */
static int unserved(const struct pg_pool *pool)
{
    int n = 0;

    for (const struct pg_job *job = pool->first; job; job = job->next)
        n++;
    for (const struct pg_connection *conn = pool->all->connections;
         n > 0 && conn; conn = conn->next)
        n -= conn->pool == pool && conn->state == PG_CONNECTION_OPENING;
    return n;
}

/* Gives waiting jobs to idle connections, opens more where it may. */
static void dispatch(struct pg_pool *pool)
{
    struct pg_connection *conn;

    while (pool->first && (conn = idle_connection(pool, false)))
        pg_connection_run(conn, next_job(pool));
    for (int n = unserved(pool); n > 0 && make_room(pool); n--)
        if (!open_connection(pool)) {
            if (pool->connections == 0)
                fail_waiting(pool, "08001", "the database cannot be reached");
            return;
        }
}

/* A pool whose jobs wait and that has no connection at all goes first. */
static void on_idle(struct pg_connection *conn)
{
    struct pg_pool *pool = conn->pool->all->pools;

    while (pool && (!pool->first || pool->connections > 0))
        pool = pool->next;
    if (pool && pool != conn->pool)
        close_connection(conn);
    else
        pool = conn->pool;
    dispatch(pool);
}

static void on_closed(struct pg_connection *conn, const char *never_opened)
{
    struct pg_pool *pool = conn->pool;

    remove_connection(conn);
    if (never_opened && pool->connections == 0)
        fail_waiting(pool, "08001", never_opened);
    else
        dispatch(pool);
}

void pg_pools_init(struct pg_pools *pools)
{
    pools->env.idle = on_idle;
    pools->env.closed = on_closed;
}

void pg_pools_submit(struct pg_pools *pools, struct pg_job *job)
{
    struct pg_pool *pool = find_pool(pools, job);

    if (!pool) {
        pg_job_fail(job, 503, "53200", "out of memory");
        return;
    }
    job->deadline = *pools->env.now + pools->env.statement_ms;
    job->next = NULL;
    *pool->end = job;
    pool->end = &job->next;
    dispatch(pool);
}

void pg_pools_expire(struct pg_pools *pools)
{
    int64_t now = *pools->env.now;
    struct pg_connection *next;

    for (struct pg_connection *conn = pools->connections; conn; conn = next) {
        next = conn->next;
        if (now >= conn->deadline) {
            pg_connection_expire(conn);
            next = pools->connections; /* others may have come and gone */
        }
    }
    for (struct pg_pool *pool = pools->pools; pool; pool = pool->next)
        while (pool->first && now >= pool->first->deadline)
            pg_job_fail(next_job(pool), 503, "53300",
                        "no database connection became free in time");
}

void pg_pools_free_closed(struct pg_pools *pools)
{
    while (pools->closed) {
        struct pg_connection *conn = pools->closed;

        pools->closed = conn->next;
        free(conn);
    }
}

void pg_pools_close(struct pg_pools *pools)
{
    static const char text[] = "the server is stopping";

    for (struct pg_pool *pool = pools->pools; pool; pool = pool->next)
        fail_waiting(pool, "57P01", text);
    while (pools->connections) {
        struct pg_connection *conn = pools->connections;
        struct pg_job *job = conn->job;

        conn->job = NULL;
        close_connection(conn);
        if (job)
            pg_job_fail(job, 503, "57P01", text);
    }
    while (pools->pools) {
        struct pg_pool *pool = pools->pools;

        pools->pools = pool->next;
        free(pool->workspace);
        free(pool);
    }
}
