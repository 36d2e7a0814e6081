#include "db/pg_query.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "os/clock.h"

bool pg_alive(PGconn *conn)
{
    while (PQstatus(conn) == CONNECTION_OK) {
        struct pollfd p = {.fd = PQsocket(conn), .events = POLLIN};

        if (poll(&p, 1, 0) <= 0)
            return true;
        if (!PQconsumeInput(conn))
            return false;
        (void)PQisBusy(conn); /* parses what came */
    }
    return false;
}

static void cancel(PGconn *conn)
{
    PGcancel *c = PQgetCancel(conn);
    char ignored[256];

    if (c)
        PQcancel(c, ignored, sizeof(ignored));
    PQfreeCancel(c);
}

/* COPY would leave the connection in a mode of its own. */
static void end_copy(PGconn *conn, ExecStatusType s)
{
    char *row = NULL;

    if (s == PGRES_COPY_IN)
        PQputCopyEnd(conn, "COPY has no place in a store");
    while (s == PGRES_COPY_OUT && PQgetCopyData(conn, &row, 0) > 0)
        PQfreemem(row);
}

/* Sends what is left and waits until the server is done with the statement, at
 * most until end, if that is not 0; false when it is then not done.  Only
 * SIGINT has a handler: it cancels, and the server's word on that is the
 * result. */
static bool await_result(PGconn *conn, double end)
{
    int unsent;

    while ((unsent = PQflush(conn)) == 1 || PQisBusy(conn)) {
        struct pollfd p = {.fd = PQsocket(conn), .events = POLLIN};
        double left = end > 0 ? end - clock_s() : -1;
        int n;

        if (end > 0 && left <= 0)
            return false;
        if (unsent == 1)
            p.events |= POLLOUT;
        n = poll(&p, 1, end > 0 ? (int)(left * 1000) + 1 : -1);
        if (n < 0 && errno == EINTR)
            cancel(conn);
        else if (n < 0 || (n > 0 && !PQconsumeInput(conn)))
            break; /* PQgetResult tells why */
    }
    return true;
}

static bool is_failure(const PGresult *res)
{
    ExecStatusType s = PQresultStatus(res);

    return res && s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK;
}

/* The first failure, or the result: what was done may still fail when it is
 * committed, and a connection that is lost tells its reason first.  One on
 * which no answer came by end is shut down: it can carry no other statement.
 * before is how many statements stand before the one whose result is meant. */
static PGresult *take_result(PGconn *conn, int before, double end, bool *late)
{
    PGresult *kept = NULL;
    PGresult *res;

    for (;;) {
        if (!await_result(conn, end)) {
            *late = true;
            shutdown(PQsocket(conn), SHUT_RDWR);
        }
        res = PQgetResult(conn);
        if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
            PQclear(res);
            PQexitPipelineMode(conn);
            return kept;
        }
        if (!res && (PQpipelineStatus(conn) == PQ_PIPELINE_OFF ||
                     PQstatus(conn) == CONNECTION_BAD))
            return kept;
        end_copy(conn, PQresultStatus(res));
        before -= !res; /* behind each statement of a pipeline */
        if (res && !is_failure(kept) && (before == 0 || is_failure(res))) {
            PQclear(kept);
            kept = res;
        } else {
            PQclear(res);
        }
    }
}

static bool send_text(PGconn *conn, const char *sql)
{
    return !sql || PQsendQueryParams(conn, sql, 0, NULL, NULL, NULL, NULL, 0);
}

static bool send_query(PGconn *conn, const struct pg_query *q)
{
    bool alone = !q->before && !q->after;

    if ((alone || PQenterPipelineMode(conn)) && send_text(conn, q->before) &&
        PQsendQueryParams(conn, q->sql, q->nparams, NULL, q->params, NULL, NULL,
                          0) &&
        send_text(conn, q->after) && (alone || PQpipelineSync(conn)))
        return true;
    if (!alone) /* a part of it may be on its way */
        shutdown(PQsocket(conn), SHUT_RDWR);
    return false;
}

PGresult *pg_query(PGconn *conn, const struct pg_query *query, bool *late)
{
    double end =
        query->timeout_ms > 0 ? clock_s() + query->timeout_ms / 1e3 : 0;

    *late = false;
    if (!send_query(conn, query))
        return NULL;
    return take_result(conn, query->before != NULL, end, late);
}
