/*
 * sql_filter.h - which statements a token may send, decided before they run.
 *
 * Database roles are what keeps workspaces apart; the filter is a second
 * protection on top of them.  It lets the statements of a store through (rows,
 * tables, indexes, views) and nothing that steers the session, the roles or
 * the server, and no name by which the catalogues of others can be read.
 * Text in literals and comments is never looked at.  Pure: no I/O.
 */
#ifndef ENGINE_SERVE_SQL_FILTER_H
#define ENGINE_SERVE_SQL_FILTER_H

#include <stdbool.h>
#include <stddef.h>

enum sql_filter_verdict {
    SQL_FILTER_RUN,     /* send it */
    SQL_FILTER_NOTHING, /* a Deeplake index: say yes, do nothing */
    SQL_FILTER_REFUSED  /* why says what for */
};

/* Looks at the statement sql[0..len), NUL-terminated, as PostgreSQL would
 * read it.  A table's USING deeplake is overwritten by spaces, so positions
 * in error messages stay true.  why (room bytes) is set on SQL_FILTER_REFUSED.
 */
enum sql_filter_verdict sql_filter_check(char *sql, size_t len, char *why,
                                         size_t room);

/* Whether the statement starts like one that only reads. */
bool sql_filter_only_reads(char *sql, size_t len);

#endif
