/*
 * landlord.h - the database roles that keep workspaces apart.
 *
 * A workspace is a PostgreSQL schema of the same name.  Two login roles belong
 * to it: one owns the schema, one may only read it.  Neither can become the
 * other or anybody else, because nothing was granted to them.  Every call here
 * blocks, except landlord_open.  landlord_provision stands in provision.c.
 */
#ifndef ENGINE_NET_LANDLORD_H
#define ENGINE_NET_LANDLORD_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "net/grant.h"

struct err;
struct landlord;

enum { LANDLORD_ROLE = 32 };

/* Connects once by the administrator's URL, to learn whether it is good.
 * Role passwords are derived from secret. */
struct landlord *landlord_new(const char *url, const char *secret,
                              struct err *e);
void landlord_free(struct landlord *l); /* NULL is fine */

/* Makes the workspace's schema and roles, and closes what PostgreSQL leaves
 * open to everybody: session settings, session locks, temporary tables,
 * procedural languages.  May be repeated.  *sealed says that all of that is
 * closed, so that no statement can leave anything behind in its session. */
bool landlord_provision(const struct landlord *l, const char *workspace,
                        bool *sealed, struct err *e);

/* "propolis_<16 digits>_w" or _r. */
void landlord_role(const struct landlord *l, const char *workspace, bool write,
                   char role[LANDLORD_ROLE]);

/* Starts a connection as a workspace's role; NULL without memory.  Goes on by
 * PQconnectPoll. */
PGconn *landlord_open(const struct landlord *l, const char *workspace,
                      bool write, int statement_ms);

/* What landlord_provision is made of: a connection as administrator (the
 * caller finishes it), a role's password, and libpq's last words as an error.
 */
PGconn *landlord_admin(const struct landlord *l, struct err *e);
bool landlord_password(const struct landlord *l, const char *role,
                       char password[GRANT_HASH + 1]);
bool landlord_failed(PGconn *c, struct err *e);

/* Runs one statement with n arguments; NULL when it cannot be sent.  Takes ten
 * seconds at the most: a database that says nothing must not stop the server
 * from stopping. */
PGresult *landlord_ask(PGconn *c, const char *sql, int n,
                       const char *const args[]);

/* Ends the server process pid if it still is one of role's. */
bool landlord_end(const struct landlord *l, int pid, const char *role,
                  struct err *e);

#endif
