/*
 * pg_query.h - one statement on a connection of libpq, with a deadline.
 *
 * Both the driver in db/ and the server in serve/ ask PostgreSQL through it;
 * it knows nothing of either.
 */
#ifndef ENGINE_DB_PG_QUERY_H
#define ENGINE_DB_PG_QUERY_H

#include <libpq-fe.h>
#include <stdbool.h>

/* What is sent; borrowed for the length of the call. */
struct pg_query {
    const char *sql; /* one statement: more are refused by the server */
    int nparams;
    const char *const *params;
    int timeout_ms; /* 0: none */

    /* Fixed statements, or NULL, that go out in one round trip with sql; the
     * three make one transaction, unless sql begins or ends one.  Only their
     * failures are results. */
    const char *before;
    const char *after;
};

/*
 * Sends a statement and waits for its result: the first failure, or the last
 * result.  NULL when it cannot be sent; else the caller clears it.  conn is
 * non-blocking (PQsetnonblocking), so that a large statement waits here, too.
 * After timeout_ms the connection is shut down, *late is true, and the result
 * is the error that comes of it.  Ctrl-C (os/interrupt.h) cancels the
 * statement, and the server's word on that is the result.
 */
PGresult *pg_query(PGconn *conn, const struct pg_query *query, bool *late);

/* The same with rows that come one by one: what a connection has yet to say on
 * a statement.  Nothing else is sent on it before that has ended. */
struct pg_answer {
    PGconn *conn;
    int timeout_ms; /* for each row */
    int before;     /* so many statements end before the one that is meant */
    bool by_row;
    bool late;
    bool open; /* more is to come */
};

/* Sends a statement; when that fails, the answer is not open. */
void pg_answer_start(struct pg_answer *a, PGconn *conn,
                     const struct pg_query *query);

/* The next row as a result of its own (PGRES_SINGLE_TUPLE), or the last result
 * as pg_query() gives it, and then the answer is no longer open. */
PGresult *pg_answer_next(struct pg_answer *a);

/* Asks the server to end the statement now; its answer is still to be read. */
void pg_answer_cancel(struct pg_answer *a);

/* Whether the connection still stands, as far as this side can know: what the
 * server said, or that it hung up, is read without waiting. */
bool pg_alive(PGconn *conn);

#endif
