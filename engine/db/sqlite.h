/*
 * sqlite.h - the embedded store: one file, many processes.
 */
#ifndef ENGINE_DB_SQLITE_H
#define ENGINE_DB_SQLITE_H

#include <stdbool.h>

struct db;
struct err;
struct sqlite3;

struct sqlite_options {
    int busy_ms;   /* how long a lock is waited for; 0 means 5000 */
    bool readonly; /* never make or change the file */
};

/* Opens a database file (WAL, synchronous FULL), made 0600 when it is not
 * there.  Ctrl-C (os/interrupt.h) ends its statements.  NULL with *e set on
 * failure; db->ops->close() ends it. */
struct db *sqlite_open(const char *path, const struct sqlite_options *o,
                       struct err *e);

/* The connection of a store that sqlite_open() opened, NULL for another. */
struct sqlite3 *sqlite_handle(struct db *db);

#endif
