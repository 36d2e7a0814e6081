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
 * is the error that comes of it.  SIGINT, where it has a handler, cancels the
 * statement, and the server's word on that is the result.
 */
PGresult *pg_query(PGconn *conn, const struct pg_query *query, bool *late);

/* Whether the connection still stands, as far as this side can know: what the
 * server said, or that it hung up, is read without waiting. */
bool pg_alive(PGconn *conn);

#endif
