#include <stdlib.h>
#include <string.h>

#include "net/httpd_in.h"

static struct pool *find_pool(struct loop *l, const char *ws, bool write)
{
    struct pool *p = l->pools;

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

static struct request *take(struct pool *p)
{
    struct request *r = p->head;

    if (r && !(p->head = r->next))
        p->tail = &p->head;
    return r;
}

void pool_fail(struct pool *p, const char *text)
{
    struct request *r;

    while ((r = take(p)))
        request_fail(r, 503, NULL, text);
}

struct pool *pool_starved(struct loop *l)
{
    struct pool *p = l->pools;

    while (p && (!p->head || p->links > 0))
        p = p->next;
    return p;
}

static struct link *idle_link(struct loop *l, const struct pool *p, bool other)
{
    struct link *k = l->links;

    while (k && (k->state != LINK_IDLE || (k->pool == p) == other))
        k = k->next;
    return k;
}

/* Room for one more connection of p: one below the limit, or one that another
 * role does not use.  No role takes all. */
static bool room(struct pool *p)
{
    struct loop *l = p->loop;
    int limit = l->server->o.backends / (int)l->server->nloops;
    struct link *spare;

    limit = limit < 2 ? 2 : limit;
    if (p->links >= limit - limit / 4)
        return false;
    if (l->nlinks < limit)
        return true;
    spare = idle_link(l, p, true);
    if (spare)
        link_drop(spare);
    return spare != NULL;
}

/* Gives waiting requests to idle connections, opens more where it may. */
void pool_pump(struct pool *p)
{
    int waiting = 0;
    struct link *k;

    while (p->head && (k = idle_link(p->loop, p, false)))
        link_run(k, take(p));
    for (struct request *r = p->head; r; r = r->next)
        waiting++;
    while (waiting > p->opening && room(p))
        if (!link_open(p)) {
            if (p->links == 0)
                pool_fail(p, "the database cannot be reached");
            return;
        }
}

void pool_submit(struct request *r)
{
    struct pool *p = find_pool(r->loop, r->workspace, r->grant->write);

    if (!p) {
        request_fail(r, 503, NULL, "out of memory");
        return;
    }
    r->deadline = r->loop->now + r->loop->server->o.statement_ms;
    r->next = NULL;
    *p->tail = r;
    p->tail = &r->next;
    pool_pump(p);
}

void pool_sweep(struct loop *l)
{
    struct link *next;

    for (struct link *k = l->links; k; k = next) {
        next = k->next;
        if (l->now >= k->deadline) {
            link_late(k);
            next = l->links; /* it may have opened and closed others */
        }
    }
    for (struct pool *p = l->pools; p; p = p->next)
        while (p->head && l->now >= p->head->deadline)
            request_fail(take(p), 503, NULL,
                         "no database connection became free in time");
}

void pool_close(struct loop *l)
{
    for (struct pool *p = l->pools; p; p = p->next)
        pool_fail(p, "the server is stopping");
    while (l->links) {
        struct request *r = l->links->req;

        l->links->req = NULL;
        link_drop(l->links);
        if (r)
            request_fail(r, 503, NULL, "the server is stopping");
    }
    while (l->pools) {
        struct pool *p = l->pools;

        l->pools = p->next;
        free(p);
    }
}
