/*
 * tenants.h - the database roles that keep workspaces apart.
 *
 * A workspace is a PostgreSQL schema of the same name.  Two login roles belong
 * to it: one owns the schema, one may only read it.  Neither can become the
 * other or anybody else, because nothing was granted to them.  Every call here
 * blocks, except tenants_connect.  tenants_setup stands in tenants_setup.c.
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
void tenants_free(struct tenants *l); /* NULL is fine */

/* Makes the workspace's schema and roles, and closes what PostgreSQL leaves
 * open to everybody: session settings, session locks, temporary tables,
 * procedural languages.  May be repeated.  *sealed says that all of that is
 * closed, so that no statement can leave anything behind in its session. */
bool tenants_setup(const struct tenants *l, const char *workspace, bool *sealed,
                   struct err *e);

/* "propolis_<16 digits>_w" or _r. */
void tenants_role(const struct tenants *l, const char *workspace, bool write,
                  char role[TENANTS_ROLE]);

/* Starts a connection as a workspace's role; NULL without memory.  Goes on by
 * PQconnectPoll. */
PGconn *tenants_connect(const struct tenants *l, const char *workspace,
                        bool write, int statement_ms);

/* What tenants_setup is made of: a connection as administrator (the
 * caller finishes it), a role's password, and libpq's last words as an error.
 */
PGconn *tenants_admin(const struct tenants *l, struct err *e);
bool tenants_password(const struct tenants *l, const char *role,
                      char password[TOKEN_HASH + 1]);
bool tenants_failed(PGconn *c, struct err *e);

/* Runs one statement with n arguments; NULL when it cannot be sent.  Takes ten
 * seconds at the most: a database that says nothing must not stop the server
 * from stopping. */
PGresult *tenants_query(PGconn *c, const char *sql, int n,
                        const char *const args[]);

/* Ends the server process pid if it still is one of role's. */
bool tenants_terminate(const struct tenants *l, int pid, const char *role,
                       struct err *e);

#endif
