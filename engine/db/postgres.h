/*
 * postgres.h - a shared store on PostgreSQL, by libpq.
 */
#ifndef ENGINE_DB_POSTGRES_H
#define ENGINE_DB_POSTGRES_H

struct db;
struct err;

/* Connects to postgres://... (or any libpq connection string).  workspace is
 * the schema that all tables live in; heal makes it when it is absent.  NULL
 * with *e set on failure; the text never holds the password. */
struct db *postgres_open(const char *url, const char *workspace, struct err *e);

#endif
