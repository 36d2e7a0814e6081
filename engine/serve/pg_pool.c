#include <stdlib.h>
#include <string.h>

#include "serve/internal.h"

static struct pg_pool *find_pool(struct loop *l, const char *ws, bool write)
{
    struct pg_pool *p = l->pools;

    while (p && (p->write != write || strcmp(p->workspace, ws) != 0))
        p = p->next;
    if (p || !(p = calloc(1, sizeof(*p))))
        return p;
    memcpy(p->workspace, ws, strlen(ws) + 1);
    p->write = write;
    p->loop = l;
    p->tail = &p->head;
    p->next = l->pools;
    l->pools = p;
    return p;
}

static struct request *take(struct pg_pool *p)
{
    struct request *r = p->head;

    if (r && !(p->head = r->next))
        p->tail = &p->head;
    return r;
}

void pg_pool_fail(struct pg_pool *p, const char *text)
{
    struct request *r;

    while ((r = take(p)))
        response_fail(r, 503, NULL, text);
}

struct pg_pool *pg_pool_starved(struct loop *l)
{
    struct pg_pool *p = l->pools;

    while (p && (!p->head || p->connections > 0))
        p = p->next;
    return p;
}

static struct pg_connection *
idle_connection(struct loop *l, const struct pg_pool *p, bool other)
{
    struct pg_connection *k = l->connections;

    while (k && (k->state != PG_CONNECTION_IDLE || (k->pool == p) == other))
        k = k->next;
    return k;
}

/* Room for one more connection of p: one below the limit, or one that another
 * role does not use.  No role takes all. */
static bool room(struct pg_pool *p)
{
    struct loop *l = p->loop;
    int limit = l->server->o.backends / (int)l->server->nloops;
    struct pg_connection *spare;

    limit = limit < 2 ? 2 : limit;
    if (p->connections >= limit - limit / 4)
        return false;
    if (l->nconnections < limit)
        return true;
    spare = idle_connection(l, p, true);
    if (spare)
        pg_connection_drop(spare);
    return spare != NULL;
}

/* Gives waiting requests to idle connections, opens more where it may. */
void pg_pool_pump(struct pg_pool *p)
{
    int waiting = 0;
    struct pg_connection *k;

    while (p->head && (k = idle_connection(p->loop, p, false)))
        pg_connection_run(k, take(p));
    for (struct request *r = p->head; r; r = r->next)
        waiting++;
    while (waiting > p->opening && room(p))
        if (!pg_connection_open(p)) {
            if (p->connections == 0)
                pg_pool_fail(p, "the database cannot be reached");
            return;
        }
}

void pg_pool_submit(struct request *r)
{
    struct pg_pool *p = find_pool(r->loop, r->workspace, r->token->write);

    if (!p) {
        response_fail(r, 503, NULL, "out of memory");
        return;
    }
    r->deadline = r->loop->now + r->loop->server->o.statement_ms;
    r->next = NULL;
    *p->tail = r;
    p->tail = &r->next;
    pg_pool_pump(p);
}

void pg_pool_sweep(struct loop *l)
{
    struct pg_connection *next;

    for (struct pg_connection *k = l->connections; k; k = next) {
        next = k->next;
        if (l->now >= k->deadline) {
            pg_connection_late(k);
            next = l->connections; /* it may have opened and closed others */
        }
    }
    for (struct pg_pool *p = l->pools; p; p = p->next)
        while (p->head && l->now >= p->head->deadline)
            response_fail(take(p), 503, NULL,
                          "no database connection became free in time");
}

void pg_pool_close(struct loop *l)
{
    for (struct pg_pool *p = l->pools; p; p = p->next)
        pg_pool_fail(p, "the server is stopping");
    while (l->connections) {
        struct request *r = l->connections->req;

        l->connections->req = NULL;
        pg_connection_drop(l->connections);
        if (r)
            response_fail(r, 503, NULL, "the server is stopping");
    }
    while (l->pools) {
        struct pg_pool *p = l->pools;

        l->pools = p->next;
        free(p);
    }
}
