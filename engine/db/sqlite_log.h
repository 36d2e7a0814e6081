/*
 * sqlite_log.h - what the SQLite driver keeps to itself about its log.
 */
#ifndef ENGINE_DB_SQLITE_LOG_H
#define ENGINE_DB_SQLITE_LOG_H

typedef struct sqlite3 sqlite3;

/* Switches to the write-ahead log, which is emptied after a commit that finds
 * it long; busy_ms is the connection's own.  A result code of SQLite's. */
int sqlite_use_log(sqlite3 *h, int busy_ms);

#endif
