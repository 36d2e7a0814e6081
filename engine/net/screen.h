/*
 * screen.h - which statements a token may send, decided before they run.
 *
 * Database roles are what keeps workspaces apart; the screen is the second
 * wall in front of them.  It lets the statements of a store through (rows,
 * tables, indexes, views) and nothing that steers the session, the roles or
 * the server, and no name by which the catalogues of others can be read.
 * Text in literals and comments is never looked at.  Pure: no I/O.
 */
#ifndef ENGINE_NET_SCREEN_H
#define ENGINE_NET_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

enum screen_verdict {
    SCREEN_RUN,     /* send it */
    SCREEN_NOTHING, /* a Deeplake index: say yes, do nothing */
    SCREEN_REFUSED  /* why says what for */
};

/* Looks at the statement sql[0..len), NUL-terminated, as PostgreSQL would
 * read it.  A table's USING deeplake is overwritten by spaces, so positions
 * in error messages stay true.  why (room bytes) is set on SCREEN_REFUSED. */
enum screen_verdict screen_statement(char *sql, size_t len, char *why,
                                     size_t room);

/* Whether the statement starts like one that only reads. */
bool screen_reads(char *sql, size_t len);

#endif
