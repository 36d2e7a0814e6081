/*
 * sqlite_wal.h - a write-ahead log that stays short.
 *
 * Most processes write one row and leave.  Whoever opens the file first reads
 * the whole log, and in doing so forgets what of it was checkpointed before,
 * so that SQLite's own checkpoints never get to start the log anew.  Here the
 * one who leaves a long log behind empties it, unless somebody else is at it.
 */
#ifndef ENGINE_DB_SQLITE_WAL_H
#define ENGINE_DB_SQLITE_WAL_H

struct sqlite3;

/* Switches to WAL, waiting at most ms, and from then on notes its length in
 * *pages after each commit; an SQLite result. */
int sqlite_wal_begin(struct sqlite3 *h, int ms, int *pages);

/* To be called before h is closed. */
void sqlite_wal_end(struct sqlite3 *h, int pages);

#endif
