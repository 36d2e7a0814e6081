/*
 * tenants.h - the database roles that keep workspaces apart.
 *
 * A workspace is a PostgreSQL schema of the same name.  Two login roles belong
 * to it: one owns the schema, one may only read it.  Neither can become the
 * other or anybody else, because nothing was granted to them.
 *
 * A struct tenants is made and freed by server.c and never changes, so every
 * thread may read it.  tenants_new, tenants_admin and tenants_terminate block.
 */
#ifndef ENGINE_SERVE_TENANTS_H
#define ENGINE_SERVE_TENANTS_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "serve/token.h"

struct err;
struct tenants;

enum { TENANTS_ROLE = 32 };

/* Connects once by the administrator's URL, to learn whether it is good.
 * Role passwords are derived from secret. */
struct tenants *tenants_new(const char *url, const char *secret, struct err *e);
void tenants_free(struct tenants *tenants); /* NULL is fine */

/* "propolis_<16 digits>_w" or _r. */
void tenants_role(const struct tenants *tenants, const char *workspace,
                  bool write, char role[TENANTS_ROLE]);

/* Starts a connection as a workspace's role; NULL without memory.  Goes on by
 * PQconnectPoll. */
PGconn *tenants_connect(const struct tenants *tenants, const char *workspace,
                        bool write, int statement_ms);

/* A connection as the administrator, which the caller finishes; NULL with *e
 * set on failure. */
PGconn *tenants_admin(const struct tenants *tenants, struct err *e);

/* What a role logs in with; false when there is no HMAC. */
bool tenants_password(const struct tenants *tenants, const char *role,
                      char password[TOKEN_HASH + 1]);

/* Runs one statement with n parameters for at most ten seconds: a database
 * that says nothing must not keep the server from stopping.  The caller clears
 * the result, also one that is an error or NULL; see tenants_error. */
PGresult *tenants_query(PGconn *admin, const char *sql, int n,
                        const char *const params[]);

/* Sets *e to what libpq said last; always false. */
bool tenants_error(PGconn *admin, struct err *e);

/* In tenants_setup.c, above everything else here: makes the workspace's schema
 * and roles, and closes what PostgreSQL leaves open to everybody: session
 * settings, session locks, temporary tables, procedural languages.  May be
 * repeated; blocks.  *locked_down says that all of that is closed, so that no
 * statement can leave anything behind in its session for the next one. */
bool tenants_setup(const struct tenants *tenants, const char *workspace,
                   bool *locked_down, struct err *e);

/* Ends the server process pid if it still is one of role's. */
bool tenants_terminate(const struct tenants *tenants, int pid, const char *role,
                       struct err *e);

#endif
