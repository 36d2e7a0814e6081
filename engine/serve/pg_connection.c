#include <stdlib.h>
#include <sys/epoll.h>

#include "serve/internal.h"

enum { OPEN_MS = 5000, IDLE_MS = 60000, UTF8 = 6 };

static void watch(struct pg_connection *k, unsigned events)
{
    struct epoll_event ev = {.events = events, .data.ptr = k};
    int epoll = k->pool->loop->epoll;
    int fd = PQsocket(k->pg);

    if (fd == k->fd && events == k->events && k->state != PG_CONNECTION_OPENING)
        return;
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &ev) != 0)
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
    k->fd = fd;
    k->events = events;
}

void pg_connection_drop(struct pg_connection *k)
{
    struct pg_pool *p = k->pool;

    if (k->prev)
        k->prev->next = k->next;
    else
        p->loop->connections = k->next;
    if (k->next)
        k->next->prev = k->prev;
    p->connections--;
    p->loop->nconnections--;
    if (k->state == PG_CONNECTION_OPENING)
        p->opening--;
    PQfinish(k->pg); /* closing takes the socket out of the epoll set */
    k->pg = NULL;
    k->next = p->loop->dead; /* events of this round may still name it */
    p->loop->dead = k;
}

/* The line is cut, or must be. */
static void lose(struct pg_connection *k, int status, const char *text)
{
    struct pg_pool *p = k->pool;
    struct request *r = k->req;
    bool opening = k->state == PG_CONNECTION_OPENING;

    k->req = NULL;
    pg_connection_drop(k);
    if (r)
        response_fail(r, status, NULL, text);
    if (opening && p->connections == 0)
        pg_pool_fail(p, text);
    else
        pg_pool_pump(p);
}

static void lost(struct pg_connection *k)
{
    if (k->terminating)
        lose(k, 408, "canceling statement due to statement timeout");
    else
        lose(k, 503, "the database connection was lost");
}

static void become_idle(struct pg_connection *k)
{
    struct loop *l = k->pool->loop;
    struct pg_pool *hungry = pg_pool_starved(l);

    k->state = PG_CONNECTION_IDLE;
    k->deadline = l->now + IDLE_MS;
    watch(k, EPOLLIN);
    if (hungry && hungry != k->pool) {
        pg_connection_drop(k);
        pg_pool_pump(hungry);
        return;
    }
    pg_pool_pump(k->pool);
}

static bool flush(struct pg_connection *k)
{
    int left = PQflush(k->pg);

    watch(k, left > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
    return left >= 0;
}

bool pg_connection_open(struct pg_pool *p)
{
    struct loop *l = p->loop;
    struct pg_connection *k = calloc(1, sizeof(*k));

    if (!k)
        return false;
    k->watch = WATCH_PG;
    k->pool = p;
    k->fd = -1;
    k->deadline = l->now + OPEN_MS;
    k->pg = tenants_connect(l->server->tenants, p->workspace, p->write,
                            l->server->o.statement_ms);
    if (!k->pg || PQstatus(k->pg) == CONNECTION_BAD) {
        PQfinish(k->pg);
        free(k);
        return false;
    }
    k->next = l->connections;
    if (k->next)
        k->next->prev = k;
    l->connections = k;
    l->nconnections++;
    p->connections++;
    p->opening++;
    watch(k, EPOLLOUT);
    return true;
}

void pg_connection_run(struct pg_connection *k, struct request *r)
{
    static const char list[] =
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema = $1 ORDER BY table_name";
    const char *args[1] = {r->workspace};
    const struct loop *l = k->pool->loop;
    bool tables = r->route == TABLES;

    k->state = PG_CONNECTION_RUNNING;
    k->req = r;
    k->deadline = l->now + l->server->o.statement_ms + GRACE_MS;
    if (!PQsendQueryParams(k->pg, tables ? list : r->in.data, tables, NULL,
                           args, NULL, NULL, 0) ||
        !PQsetSingleRowMode(k->pg) || !flush(k))
        lost(k);
}

static void opening(struct pg_connection *k)
{
    switch (PQconnectPoll(k->pg)) {
    case PGRES_POLLING_READING:
        watch(k, EPOLLIN);
        break;
    case PGRES_POLLING_WRITING:
        watch(k, EPOLLOUT);
        break;
    case PGRES_POLLING_OK:
        k->pool->opening--;
        PQsetnonblocking(k->pg, 1);
        become_idle(k);
        break;
    default: /* perhaps its role is gone: have it made again */
        server_ask_repair(k->pool->loop->server, PQerrorMessage(k->pg));
        lose(k, 503, "the database cannot be reached");
    }
}

/* The statement is over. */
static void finish(struct pg_connection *k)
{
    struct request *r = k->req;
    bool clean = k->state == PG_CONNECTION_RESETTING ||
                 atomic_load(&k->pool->loop->server->sealed);

    k->req = NULL;
    if (r && r->overflow && r->status == 0)
        pg_result_overflow(r,
                           "the statement was carried out, but its answer is");
    else if (r)
        response_ready(r);
    if (PQstatus(k->pg) != CONNECTION_OK || k->terminating ||
        PQtransactionStatus(k->pg) != PQTRANS_IDLE ||
        PQclientEncoding(k->pg) != UTF8)
        lost(k);
    else if (clean)
        become_idle(k);
    else {
        k->state = PG_CONNECTION_RESETTING;
        k->deadline = k->pool->loop->now + OPEN_MS;
        if (!PQsendQuery(k->pg, "DISCARD ALL") || !flush(k))
            lost(k);
    }
}

void pg_connection_event(struct pg_connection *k)
{
    PGresult *res;
    bool fine = true;

    if (!k->pg)
        return;
    if (k->state == PG_CONNECTION_OPENING) {
        opening(k);
        return;
    }
    if ((k->events & EPOLLOUT && !flush(k)) || !PQconsumeInput(k->pg)) {
        lost(k);
        return;
    }
    if (k->state == PG_CONNECTION_IDLE)
        return;
    while (fine && !PQisBusy(k->pg)) {
        res = PQgetResult(k->pg);
        if (!res) {
            finish(k);
            return;
        }
        fine = pg_result_take(k, res);
        PQclear(res);
    }
    if (!fine)
        lost(k);
}

void pg_connection_late(struct pg_connection *k)
{
    struct loop *l = k->pool->loop;
    char role[TENANTS_ROLE];

    if (k->state == PG_CONNECTION_IDLE) {
        pg_connection_drop(k);
    } else if (k->state == PG_CONNECTION_RUNNING && !k->terminating) {
        tenants_role(l->server->tenants, k->pool->workspace, k->pool->write,
                     role);
        server_terminate(l->server, PQbackendPID(k->pg), role);
        k->terminating = true;
        k->deadline = l->now + 3 * (int64_t)GRACE_MS;
    } else if (k->state == PG_CONNECTION_OPENING) {
        lose(k, 503, "the database does not answer");
    } else {
        lost(k);
    }
}
