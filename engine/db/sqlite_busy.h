/*
 * sqlite_busy.h - what many short processes on one file need.
 */
#ifndef ENGINE_DB_SQLITE_BUSY_H
#define ENGINE_DB_SQLITE_BUSY_H

#include <stdint.h>

typedef struct sqlite3 sqlite3;

/* How long a connection waits for others: kept as long as it is open. */
struct sqlite_busy {
    int timeout_ms;
    int64_t deadline_us; /* of the current wait, on the monotonic clock */
};

/* Waits up to b->timeout_ms for other processes; switches to the write-ahead
 * log, which is emptied after a commit that finds it long.  SQLite's code. */
int sqlite_busy_open_wal(sqlite3 *h, struct sqlite_busy *b);

/* Only waits: for a connection that does not write. */
int sqlite_busy_install(sqlite3 *h, struct sqlite_busy *b);

#endif
