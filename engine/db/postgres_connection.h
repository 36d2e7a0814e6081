/*
 * postgres_connection.h - a connection to a PostgreSQL server: its address, how
 * it is opened, and what its errors mean.  Shared by postgres*.c only.
 */
#ifndef ENGINE_DB_POSTGRES_CONNECTION_H
#define ENGINE_DB_POSTGRES_CONNECTION_H

#include <libpq-fe.h>
#include <stdbool.h>

struct err;
struct pg_query;
struct postgres_options;
struct stmt;
struct value;

/* libpq's parameters, ours among them, so that a lost connection can be opened
 * again.  (struct pg_address){0} is valid.
 *
 * What statements rely on, search_path before all, is set by the options with
 * which a session starts.  A pooler (PgBouncer) lets no such options through,
 * and gives each transaction another session: there the settings go with each
 * transaction, in the same round trip.  Which it is shows the first connect. */
struct pg_address {
    PQconninfoOption *given; /* what the URL said */
    char *workspace;
    char name[64];    /* application_name */
    char *options;    /* the URL's, then name and what we rely on */
    bool own_options; /* the URL, or PGOPTIONS, has some */
    char *settings;   /* what we rely on, as a statement */
    bool pooled;      /* options do not get through */
    int timeout;      /* seconds for the whole connect */
    int statement_ms; /* for one statement, 0 is for ever */
};

/* Takes a connection string apart; false with *e set (ERR_ARG) when it is
 * none, in words that repeat nothing of it.  pg_address_free() in any case. */
bool pg_address_set(struct pg_address *a, const char *url,
                    const struct postgres_options *o, struct err *e);
void pg_address_free(struct pg_address *a);

/* A connection that is ready, or NULL with *e set. */
PGconn *pg_connect(struct pg_address *a, struct err *e);

/* Adds the settings to a query for st, where that needs them. */
void pg_add_settings(const struct pg_address *a, const PGconn *conn,
                     const struct stmt *st, struct pg_query *query);

/* Sets *e from the failed result of a query by its SQLSTATE. */
void pg_error(const PGresult *res, const PGconn *conn,
              const struct pg_query *query, struct err *e);

/* Reads one field; *v borrows from res.  What does not read as its type
 * promises, or would lose digits, is text. */
void pg_value(const PGresult *res, int row, int col, struct value *v);

#endif
