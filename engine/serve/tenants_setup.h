/*
 * tenants_setup.h - makes what a workspace is in the database.
 */
#ifndef ENGINE_SERVE_TENANTS_SETUP_H
#define ENGINE_SERVE_TENANTS_SETUP_H

#include <stdbool.h>

struct err;
struct tenants;

/* Makes the workspace's schema and roles, and closes what PostgreSQL leaves
 * open to everybody: session settings, session locks, temporary tables,
 * procedural languages.  May be repeated; blocks.  *locked_down says that all
 * of that is closed, so that no statement can leave anything behind in its
 * session for the next one. */
bool tenants_setup(const struct tenants *tenants, const char *workspace,
                   bool *locked_down, struct err *e);

#endif
