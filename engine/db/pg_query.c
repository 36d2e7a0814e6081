#include "db/pg_query.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "os/clock.h"
#include "os/interrupt.h"

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
 * most until end, if that is not 0; false when it is then not done.  Ctrl-C
 * cancels it, and the server's word on that is the result. */
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
        n = poll(&p, 1,
                 end > 0 && left * 1000 < INTERRUPT_CHECK_MS
                     ? (int)(left * 1000) + 1
                     : INTERRUPT_CHECK_MS);
        if (n <= 0 && interrupt_asked())
            cancel(conn);
        else if ((n < 0 && errno != EINTR) || (n > 0 && !PQconsumeInput(conn)))
            break; /* PQgetResult tells why */
    }
    return true;
}

static bool is_failure(const PGresult *res)
{
    ExecStatusType s = PQresultStatus(res);

    return res && s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK &&
           s != PGRES_SINGLE_TUPLE;
}

/* Rows come one by one from the statement that is meant, which begins now.  In
 * a pipeline libpq does not forget that: the next one's first statement may
 * answer row by row as well. */
static void begin_rows(struct pg_answer *a)
{
    if (a->by_row && a->before == 0)
        PQsetSingleRowMode(a->conn);
}

/* A connection on which no answer came in time is shut down: it can carry no
 * other statement. */
static PGresult *get_result(struct pg_answer *a, double end)
{
    PGresult *res;

    if (!await_result(a->conn, end)) {
        a->late = true;
        shutdown(PQsocket(a->conn), SHUT_RDWR);
    }
    res = PQgetResult(a->conn);
    end_copy(a->conn, PQresultStatus(res));
    return res;
}

/* The first failure, or the result: what was done may still fail when it is
 * committed, and a connection that is lost tells its reason first. */
PGresult *pg_answer_next(struct pg_answer *a)
{
    double end = a->timeout_ms > 0 ? clock_s() + a->timeout_ms / 1e3 : 0;
    PGresult *kept = NULL;

    while (a->open) {
        PGresult *res = get_result(a, end);
        ExecStatusType s = PQresultStatus(res);

        if (s == PGRES_SINGLE_TUPLE && a->before == 0 && !kept)
            return res;
        if (s == PGRES_PIPELINE_SYNC) {
            PQclear(res);
            PQexitPipelineMode(a->conn);
            a->open = false;
        } else if (!res) { /* behind each statement of a pipeline */
            a->open = PQpipelineStatus(a->conn) != PQ_PIPELINE_OFF &&
                      PQstatus(a->conn) != CONNECTION_BAD;
            a->before--;
            begin_rows(a);
        } else if (!is_failure(kept) && (a->before == 0 || is_failure(res))) {
            PQclear(kept);
            kept = res;
        } else {
            PQclear(res);
        }
    }
    return kept;
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

void pg_answer_start(struct pg_answer *a, PGconn *conn,
                     const struct pg_query *query)
{
    a->conn = conn;
    a->timeout_ms = query->timeout_ms;
    a->before = query->before != NULL;
    a->late = false;
    a->open = send_query(conn, query);
    begin_rows(a);
}

void pg_answer_cancel(struct pg_answer *a)
{
    cancel(a->conn);
}

PGresult *pg_query(PGconn *conn, const struct pg_query *query, bool *late)
{
    struct pg_answer a = {0};
    PGresult *res;

    pg_answer_start(&a, conn, query);
    res = pg_answer_next(&a);
    *late = a.late;
    return res;
}
