/*
 * sqlite_crowd.h - what many short processes on one file need.
 */
#ifndef ENGINE_DB_SQLITE_CROWD_H
#define ENGINE_DB_SQLITE_CROWD_H

#include <stdint.h>

typedef struct sqlite3 sqlite3;

/* How long a connection waits for others: kept as long as it is open. */
struct sqlite_patience {
    int ms;
    int64_t until; /* of the wait that goes on, on the monotonic clock */
};

/* Waits up to p->ms for other processes; switches to the write-ahead log,
 * which is emptied after a commit that finds it long.  SQLite's code. */
int sqlite_join(sqlite3 *h, struct sqlite_patience *p);

/* Only waits: for a connection that does not write. */
int sqlite_wait(sqlite3 *h, struct sqlite_patience *p);

#endif
