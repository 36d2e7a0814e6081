/*
 * sqlite_busy.h - how long and how a connection waits for others.
 *
 * SQLite's own waiting sleeps longer and longer, so that whoever came last is
 * served first and the first may wait for ever.  Here all sleep the same short
 * time, which gives everybody the same chance.
 */
#ifndef ENGINE_DB_SQLITE_BUSY_H
#define ENGINE_DB_SQLITE_BUSY_H

#include <time.h>

struct sqlite3;

struct sqlite_busy {
    long ms; /* how long to wait in all */
    struct timespec since;
};

/* Makes h wait as b says; b must live as long as h.  An SQLite result. */
int sqlite_busy_set(struct sqlite3 *h, struct sqlite_busy *b, long ms);

#endif
