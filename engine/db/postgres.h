/*
 * postgres.h - a shared store on PostgreSQL, by libpq.
 */
#ifndef ENGINE_DB_POSTGRES_H
#define ENGINE_DB_POSTGRES_H

#include <stdbool.h>

struct db;
struct err;

struct postgres_options {
    const char *workspace; /* the schema that all tables live in; heal makes
                            * it when it is absent.  NULL: what the URL says
                            * in ?workspace=, else "public" */
    int connect_timeout;   /* seconds; 0 means what the URL says, else 10 */
    int timeout_ms;        /* for the answer to one statement, 30 times as
                            * long for an index; 0 is for ever */
    bool readonly;         /* every statement runs in a transaction that
                            * PostgreSQL keeps from changing anything */
};

/* Connects to postgres://... (or any libpq connection string).  NULL with *e
 * set on failure; the text never holds the password.  A connection that is
 * found dead before a statement is sent, outside a transaction, is opened
 * again without a word.  Rows are read as they come.  A statement that is sent
 * before the last row of another has them all read into memory first; a cursor
 * that is finished before reads the rest and drops it, or, where that can undo
 * nothing (readonly, or STMT_READ outside a transaction), has it cancelled. */
struct db *postgres_open(const char *url, const struct postgres_options *o,
                         struct err *e);

#endif
