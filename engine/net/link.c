#include <stdlib.h>
#include <sys/epoll.h>

#include "net/httpd_in.h"

enum { OPEN_MS = 5000, IDLE_MS = 60000, UTF8 = 6 };

static void watch(struct link *k, unsigned events)
{
    struct epoll_event ev = {.events = events, .data.ptr = k};
    int epoll = k->pool->loop->epoll;
    int fd = PQsocket(k->pg);

    if (fd == k->fd && events == k->events && k->state != LINK_OPENING)
        return;
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &ev) != 0)
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
    k->fd = fd;
    k->events = events;
}

void link_drop(struct link *k)
{
    struct pool *p = k->pool;

    if (k->prev)
        k->prev->next = k->next;
    else
        p->loop->links = k->next;
    if (k->next)
        k->next->prev = k->prev;
    p->links--;
    p->loop->nlinks--;
    if (k->state == LINK_OPENING)
        p->opening--;
    PQfinish(k->pg); /* closing takes the socket out of the epoll set */
    k->pg = NULL;
    k->next = p->loop->dead; /* events of this round may still name it */
    p->loop->dead = k;
}

/* The line is cut, or must be. */
static void lose(struct link *k, int status, const char *text)
{
    struct pool *p = k->pool;
    struct request *r = k->req;
    bool opening = k->state == LINK_OPENING;

    k->req = NULL;
    link_drop(k);
    if (r)
        request_fail(r, status, NULL, text);
    if (opening && p->links == 0)
        pool_fail(p, text);
    else
        pool_pump(p);
}

static void lost(struct link *k)
{
    if (k->condemned)
        lose(k, 408, "canceling statement due to statement timeout");
    else
        lose(k, 503, "the database connection was lost");
}

static void settle(struct link *k)
{
    struct loop *l = k->pool->loop;
    struct pool *hungry = pool_starved(l);

    k->state = LINK_IDLE;
    k->deadline = l->now + IDLE_MS;
    watch(k, EPOLLIN);
    if (hungry && hungry != k->pool) {
        link_drop(k);
        pool_pump(hungry);
        return;
    }
    pool_pump(k->pool);
}

static bool flush(struct link *k)
{
    int left = PQflush(k->pg);

    watch(k, left > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
    return left >= 0;
}

bool link_open(struct pool *p)
{
    struct loop *l = p->loop;
    struct link *k = calloc(1, sizeof(*k));

    if (!k)
        return false;
    k->watch = WATCH_LINK;
    k->pool = p;
    k->fd = -1;
    k->deadline = l->now + OPEN_MS;
    k->pg = landlord_open(l->server->landlord, p->workspace, p->write,
                          l->server->o.statement_ms);
    if (!k->pg || PQstatus(k->pg) == CONNECTION_BAD) {
        PQfinish(k->pg);
        free(k);
        return false;
    }
    k->next = l->links;
    if (k->next)
        k->next->prev = k;
    l->links = k;
    l->nlinks++;
    p->links++;
    p->opening++;
    watch(k, EPOLLOUT);
    return true;
}

void link_run(struct link *k, struct request *r)
{
    static const char list[] =
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema = $1 ORDER BY table_name";
    const char *args[1] = {r->workspace};
    const struct loop *l = k->pool->loop;
    bool tables = r->route == TABLES;

    k->state = LINK_RUNNING;
    k->req = r;
    k->deadline = l->now + l->server->o.statement_ms + GRACE_MS;
    if (!PQsendQueryParams(k->pg, tables ? list : r->in.data, tables, NULL,
                           args, NULL, NULL, 0) ||
        !PQsetSingleRowMode(k->pg) || !flush(k))
        lost(k);
}

static void opening(struct link *k)
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
        settle(k);
        break;
    default: /* perhaps its role is gone: have it made again */
        httpd_ask(k->pool->loop->server, PQerrorMessage(k->pg));
        lose(k, 503, "the database cannot be reached");
    }
}

/* The statement is over. */
static void finish(struct link *k)
{
    struct request *r = k->req;
    bool clean = k->state == LINK_RESETTING ||
                 atomic_load(&k->pool->loop->server->sealed);

    k->req = NULL;
    if (r && r->overflow && r->status == 0)
        link_overflow(r, "the statement was carried out, but its answer is");
    else if (r)
        request_answer(r);
    if (PQstatus(k->pg) != CONNECTION_OK || k->condemned ||
        PQtransactionStatus(k->pg) != PQTRANS_IDLE ||
        PQclientEncoding(k->pg) != UTF8)
        lost(k);
    else if (clean)
        settle(k);
    else {
        k->state = LINK_RESETTING;
        k->deadline = k->pool->loop->now + OPEN_MS;
        if (!PQsendQuery(k->pg, "DISCARD ALL") || !flush(k))
            lost(k);
    }
}

void link_event(struct link *k)
{
    PGresult *res;
    bool fine = true;

    if (!k->pg)
        return;
    if (k->state == LINK_OPENING) {
        opening(k);
        return;
    }
    if ((k->events & EPOLLOUT && !flush(k)) || !PQconsumeInput(k->pg)) {
        lost(k);
        return;
    }
    if (k->state == LINK_IDLE)
        return;
    while (fine && !PQisBusy(k->pg)) {
        res = PQgetResult(k->pg);
        if (!res) {
            finish(k);
            return;
        }
        fine = link_take(k, res);
        PQclear(res);
    }
    if (!fine)
        lost(k);
}

void link_late(struct link *k)
{
    struct loop *l = k->pool->loop;
    char role[LANDLORD_ROLE];

    if (k->state == LINK_IDLE) {
        link_drop(k);
    } else if (k->state == LINK_RUNNING && !k->condemned) {
        landlord_role(l->server->landlord, k->pool->workspace, k->pool->write,
                      role);
        httpd_kill(l->server, PQbackendPID(k->pg), role);
        k->condemned = true;
        k->deadline = l->now + 3 * (int64_t)GRACE_MS;
    } else if (k->state == LINK_OPENING) {
        lose(k, 503, "the database does not answer");
    } else {
        lost(k);
    }
}
