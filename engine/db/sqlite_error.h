/*
 * sqlite_error.h - what a result code of SQLite means, and what to do about it.
 */
#ifndef ENGINE_DB_SQLITE_ERROR_H
#define ENGINE_DB_SQLITE_ERROR_H

struct err;
typedef struct sqlite3 sqlite3;

/* Sets *e by an extended result code of h (NULL: none was opened); path is for
 * the message. */
void sqlite_error(sqlite3 *h, int rc, const char *path, struct err *e);

/* What a person can do about the code: ": a sentence", or "". */
const char *sqlite_advice(int rc);

#endif
