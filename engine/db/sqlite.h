/*
 * sqlite.h - the embedded store: one file, many processes.
 */
#ifndef ENGINE_DB_SQLITE_H
#define ENGINE_DB_SQLITE_H

#include <stdbool.h>

struct db;
struct err;

struct sqlite_options {
    int busy_ms;   /* how long a lock is waited for; 0 means 5000 */
    bool readonly; /* never make or change the file */
};

/* Opens a database file (WAL, synchronous FULL), made 0600 when it is not
 * there.  NULL with *e set on failure; db->ops->close() ends it. */
struct db *sqlite_open(const char *path, const struct sqlite_options *o,
                       struct err *e);

/* Connections opened from now on end a running statement with the error
 * "interrupted" once asked() is not 0.  For the REPL; nobody else pays. */
bool sqlite_interrupt_when(int (*asked)(void *));

#endif
