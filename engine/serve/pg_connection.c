#include "serve/pg_connection.h"

#include <stdlib.h>
#include <sys/epoll.h>

#include "serve/pg_result.h"

enum { OPEN_MS = 5000, IDLE_MS = 60000, GRACE_MS = 1000, UTF8 = 6 };

static void watch(struct pg_connection *conn, unsigned events)
{
    struct epoll_event ev = {.events = events, .data.ptr = &conn->watch};
    int fd = PQsocket(conn->pg);

    if (fd == conn->fd && events == conn->events &&
        conn->state != PG_CONNECTION_OPENING)
        return;
    if (epoll_ctl(conn->env->epoll, EPOLL_CTL_MOD, fd, &ev) != 0)
        epoll_ctl(conn->env->epoll, EPOLL_CTL_ADD, fd, &ev);
    conn->fd = fd;
    conn->events = events;
}

void pg_connection_close(struct pg_connection *conn)
{
    PQfinish(conn->pg); /* closing takes the socket out of the epoll set */
    conn->pg = NULL;
    conn->state = PG_CONNECTION_CLOSED;
}

/* Closes what is broken or must be cut, and says so to job and pool. */
static void fail(struct pg_connection *conn, int status, const char *code,
                 const char *text)
{
    struct pg_job *job = conn->job;
    bool opening = conn->state == PG_CONNECTION_OPENING;

    conn->job = NULL;
    pg_connection_close(conn);
    if (job)
        pg_job_fail(job, status, code, text);
    conn->env->closed(conn, opening ? text : NULL);
}

static void lost(struct pg_connection *conn)
{
    if (conn->terminating)
        fail(conn, 408, "57014",
             "canceling statement due to statement timeout");
    else
        fail(conn, 503, "08006", "the database connection was lost");
}

static void become_idle(struct pg_connection *conn)
{
    conn->state = PG_CONNECTION_IDLE;
    conn->deadline = *conn->env->now + IDLE_MS;
    watch(conn, EPOLLIN);
    conn->env->idle(conn);
}

static bool flush(struct pg_connection *conn)
{
    int left = PQflush(conn->pg);

    watch(conn, left > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
    return left >= 0;
}

void pg_connection_run(struct pg_connection *conn, struct pg_job *job)
{
    static const char list[] =
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema = $1 ORDER BY table_name";
    const char *args[1] = {job->workspace};

    conn->state = PG_CONNECTION_RUNNING;
    conn->job = job;
    conn->deadline = *conn->env->now + conn->env->statement_ms + GRACE_MS;
    if (!PQsendQueryParams(conn->pg, job->tables ? list : job->sql, job->tables,
                           NULL, args, NULL, NULL, 0) ||
        !PQsetSingleRowMode(conn->pg) || !flush(conn))
        lost(conn);
}

static void on_opening(struct pg_connection *conn)
{
    switch (PQconnectPoll(conn->pg)) {
    case PGRES_POLLING_READING:
        watch(conn, EPOLLIN);
        break;
    case PGRES_POLLING_WRITING:
        watch(conn, EPOLLOUT);
        break;
    case PGRES_POLLING_OK:
        PQsetnonblocking(conn->pg, 1);
        become_idle(conn);
        break;
    default: /* perhaps its role is gone: have it made again */
        background_ask_repair(conn->env->background, PQerrorMessage(conn->pg));
        fail(conn, 503, "08001", "the database cannot be reached");
    }
}

/* The statement is over. */
static void finish(struct pg_connection *conn)
{
    struct pg_job *job = conn->job;
    bool clean = conn->state == PG_CONNECTION_RESETTING ||
                 atomic_load(conn->env->locked_down);

    conn->job = NULL;
    if (job) {
        pg_result_end(job);
        job->done(job);
    }
    if (PQstatus(conn->pg) != CONNECTION_OK || conn->terminating ||
        PQtransactionStatus(conn->pg) != PQTRANS_IDLE ||
        PQclientEncoding(conn->pg) != UTF8) {
        lost(conn);
    } else if (clean) {
        become_idle(conn);
    } else {
        conn->state = PG_CONNECTION_RESETTING;
        conn->deadline = *conn->env->now + OPEN_MS;
        if (!PQsendQuery(conn->pg, "DISCARD ALL") || !flush(conn))
            lost(conn);
    }
}

/* One result; false when the connection is of no further use. */
static bool on_result(struct pg_connection *conn, const PGresult *res)
{
    struct pg_job *job = conn->job;

    if (!job)
        return true; /* DISCARD ALL's */
    switch (pg_result_add(job, res, conn->terminating)) {
    case PG_RESULT_MORE:
        return true;
    case PG_RESULT_REPAIR:
        background_ask_repair(conn->env->background,
                              PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY));
        return true;
    case PG_RESULT_STOP:
        conn->job = NULL;
        job->done(job);
        return false;
    default:
        return false;
    }
}

static void on_results(struct pg_connection *conn)
{
    bool usable = true;

    while (usable && !PQisBusy(conn->pg)) {
        PGresult *res = PQgetResult(conn->pg);

        if (!res) {
            finish(conn);
            return;
        }
        usable = on_result(conn, res);
        PQclear(res);
    }
    if (!usable)
        lost(conn);
}

static void on_event(struct watch *w)
{
    struct pg_connection *conn = (struct pg_connection *)w;

    if (conn->state == PG_CONNECTION_CLOSED)
        return;
    if (conn->state == PG_CONNECTION_OPENING)
        on_opening(conn);
    else if ((conn->events & EPOLLOUT && !flush(conn)) ||
             !PQconsumeInput(conn->pg))
        lost(conn);
    else if (conn->state != PG_CONNECTION_IDLE)
        on_results(conn);
}

struct pg_connection *pg_connection_open(const struct pg_environment *env,
                                         const char *workspace, bool write)
{
    struct pg_connection *conn = calloc(1, sizeof(*conn));

    if (!conn)
        return NULL;
    conn->watch.on_event = on_event;
    conn->env = env;
    conn->fd = -1;
    conn->deadline = *env->now + OPEN_MS;
    tenants_role(env->tenants, workspace, write, conn->role);
    conn->pg =
        tenants_connect(env->tenants, workspace, write, env->statement_ms);
    if (!conn->pg || PQstatus(conn->pg) == CONNECTION_BAD) {
        PQfinish(conn->pg);
        free(conn);
        return NULL;
    }
    watch(conn, EPOLLOUT);
    return conn;
}

void pg_connection_expire(struct pg_connection *conn)
{
    if (conn->state == PG_CONNECTION_RUNNING && !conn->terminating) {
        background_ask_terminate(conn->env->background, PQbackendPID(conn->pg),
                                 conn->role);
        conn->terminating = true;
        conn->deadline = *conn->env->now + 3 * (int64_t)GRACE_MS;
    } else if (conn->state == PG_CONNECTION_OPENING) {
        fail(conn, 503, "08001", "the database does not answer");
    } else {
        lost(conn);
    }
}
