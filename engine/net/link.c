#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "core/err.h"
#include "net/answer.h"
#include "net/httpd_in.h"
#include "net/screen.h"

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

static void say_overflow(struct request *r, const char *done)
{
    char text[160];

    snprintf(text, sizeof(text),
             "%s larger than %zu bytes, or all answers are: ask for less, by "
             "LIMIT or fewer columns",
             done, r->loop->server->o.max_answer);
    request_fail(r, 413, NULL, text);
}

/* The rows that have come; false when they are too many. */
static bool take_rows(struct link *k, const PGresult *res)
{
    struct request *r = k->req;
    bool tables = r->route == TABLES;
    size_t before = r->out.len;
    struct err err;
    struct err *e = &err;

    if (r->overflow)
        return true;
    if (before == 0 && !answer_head(&r->out, res, tables, e))
        return false;
    if (!answer_rows(&r->out, res, tables, r->rows == 0, e))
        return false;
    r->rows += (size_t)PQntuples(res);
    if (r->out.len > k->pool->loop->server->o.max_answer ||
        !request_hold(r, r->out.len - before))
        return false;
    return PQresultStatus(res) != PGRES_TUPLES_OK ||
           answer_tail(&r->out, r->rows, tables, e);
}

static void take_error(struct link *k, const PGresult *res)
{
    const char *code = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

    k->req->status = k->condemned ? 408 : answer_status(code);
    if (code)
        answer_error(&k->req->out, code, text ? text : "no words");
    else
        answer_error(&k->req->out, NULL, "the database connection was lost");
}

/* One result; false when the connection is of no further use. */
static bool take(struct link *k, const PGresult *res)
{
    struct request *r = k->req;
    struct err e;

    if (!r)
        return true; /* DISCARD ALL's */
    switch (PQresultStatus(res)) {
    case PGRES_SINGLE_TUPLE:
    case PGRES_TUPLES_OK:
        if (take_rows(k, res))
            return true;
        buf_free(&r->out);
        r->overflow = true;
        if (r->route == QUERY && !screen_reads(r->in.data, r->in.len))
            return true; /* it goes on, so that we know how it ends */
        k->req = NULL;
        say_overflow(r, "the answer is");
        return false;
    case PGRES_COMMAND_OK:
        return answer_head(&r->out, res, false, &e) &&
               answer_tail(&r->out,
                           strtoul(PQcmdTuples((PGresult *)res), NULL, 10),
                           false, &e);
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
        take_error(k, res);
        return true;
    case PGRES_EMPTY_QUERY:
        r->status = 400;
        answer_error(&r->out, NULL, "the query is empty");
        return true;
    default:
        k->req = NULL;
        request_fail(r, 403, NULL, "permission denied: COPY is not for tokens");
        return false;
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
        say_overflow(r, "the statement was carried out, but its answer is");
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
        fine = take(k, res);
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
