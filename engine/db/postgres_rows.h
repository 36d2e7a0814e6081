/*
 * postgres_rows.h - the rows of one statement: as the server sends them or,
 * from the moment on that the connection is needed for another, read ahead.
 */
#ifndef ENGINE_DB_POSTGRES_ROWS_H
#define ENGINE_DB_POSTGRES_ROWS_H

#include <stdbool.h>

#include "db/pg_query.h"

/* (struct pg_rows){0} is none; pg_rows_free() ends it. */
struct pg_rows {
    struct pg_answer answer; /* what has not been read yet */
    PGresult *first;         /* has the names of the columns */
    PGresult *res;           /* with the current row, row - 1 */
    int row;
    PGresult *rest; /* read ahead */
};

/* Sends a query and waits for its first row, or for its last result when it has
 * none; false when that is a failure, which first then is. */
bool pg_rows_start(struct pg_rows *r, PGconn *conn,
                   const struct pg_query *query);

/* Goes to the next row.  False behind the last one; when that closes the answer
 * *last is its last result, for the caller to clear. */
bool pg_rows_next(struct pg_rows *r, PGresult **last);

/* Reads the rest of the answer into memory, in a compact form; *last is its
 * last result, for the caller to clear.  False when memory ran out. */
bool pg_rows_read_ahead(struct pg_rows *r, PGresult **last);

/* Reads the rest of the answer and drops it.  With cancel the server is asked
 * to end the statement, unless little is left.  Returns its last result, for
 * the caller to clear. */
PGresult *pg_rows_skip(struct pg_rows *r, bool cancel);

void pg_rows_free(struct pg_rows *r);

#endif
