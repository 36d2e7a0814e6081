#include "serve/tenants.h"

#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"

/* What one provisioning needs at hand; names are quoted already. */
struct work {
    PGconn *c;
    bool super;
    char *workspace;             /* "quoted" */
    char roles[2][TENANTS_ROLE]; /* read, write: safe without quotes */
};

static bool run(const struct work *w, struct err *e, const char *sql)
{
    PGresult *r = tenants_query(w->c, sql, 0, NULL);
    ExecStatusType s = PQresultStatus(r);
    bool ok = s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK ||
              tenants_failed(w->c, e);

    PQclear(r);
    return ok;
}

/* Runs every statement that the query gives as its rows. */
static bool run_each(const struct work *w, const char *query, const char *arg,
                     struct err *e)
{
    const char *args[2] = {arg, w->roles[1]};
    PGresult *r = tenants_query(w->c, query, 2, args);
    bool ok = PQresultStatus(r) == PGRES_TUPLES_OK || tenants_failed(w->c, e);

    for (int i = 0; ok && i < PQntuples(r); i++)
        ok = run(w, e, PQgetvalue(r, i, 0));
    PQclear(r);
    return ok;
}

static bool make_role(const struct work *w, const struct tenants *l,
                      const char *role, struct err *e)
{
    char password[TOKEN_HASH + 1];
    const char *args[1] = {role};
    PGresult *r =
        tenants_query(w->c, "SELECT 1 FROM pg_roles WHERE rolname=$1", 1, args);
    const char *verb = PQntuples(r) > 0 ? "ALTER" : "CREATE";
    bool ok = PQresultStatus(r) == PGRES_TUPLES_OK || tenants_failed(w->c, e);
    char sql[512];
    char *hidden;

    PQclear(r);
    if (!ok)
        return false;
    if (!tenants_password(l, role, password))
        return err_set(e, ERR_IO, "SHA-256 is not to be had");
    hidden = PQencryptPasswordConn(w->c, password, role, NULL);
    if (!hidden)
        return tenants_failed(w->c, e);
    snprintf(sql, sizeof(sql), "%s ROLE %s LOGIN PASSWORD '%s'", verb, role,
             hidden);
    PQfreemem(hidden);
    if (!run(w, e, sql))
        return false;
    snprintf(sql, sizeof(sql),
             w->super ? "ALTER ROLE %s SET lc_messages = 'C'"
                      : "GRANT %s TO CURRENT_USER",
             role);
    return run(w, e, sql);
}

static bool make_schema(const struct work *w, const char *plain, struct err *e)
{
    static const char tables[] =
        "SELECT format('ALTER TABLE %I.%I OWNER TO %I', $1::text, c.relname, "
        "$2::text) FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner "
        "WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE "
        "nspname = $1) AND c.relkind IN ('r', 'p', 'v', 'm') "
        "AND o.rolname <> $2";
    const char *ws = w->workspace;
    const char *reader = w->roles[0];
    const char *writer = w->roles[1];
    struct buf sql = {0};
    bool ok =
        buf_addf(&sql, e, "CREATE SCHEMA IF NOT EXISTS %s;", ws) &&
        buf_addf(&sql, e, "ALTER SCHEMA %s OWNER TO %s;", ws, writer) &&
        buf_addf(&sql, e, "REVOKE ALL ON SCHEMA %s FROM PUBLIC;", ws) &&
        buf_addf(&sql, e, "GRANT USAGE ON SCHEMA %s TO %s;", ws, reader) &&
        run(w, e, sql.data) && run_each(w, tables, plain, e);

    buf_clear(&sql);
    ok = ok &&
         buf_addf(&sql, e, "GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %s;", ws,
                  reader) &&
         buf_addf(&sql, e,
                  "ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA %s "
                  "GRANT SELECT ON TABLES TO %s;",
                  writer, ws, reader) &&
         run(w, e, sql.data);
    buf_free(&sql);
    return ok;
}

/* Functions that would leave something in the session or reach beyond it. */
#define OPEN_FUNCTIONS                                                  \
    "FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND " \
    "proname ~ '^(lo_|lo(read|write|unlink|import|export)|set_config$|" \
    "pg_(try_)?advisory_(lock|unlock)|pg_(terminate|cancel)_backend$|"  \
    "pg_notify$)|_to_xml' "

static bool seal(const struct work *w, struct err *e)
{
    static const char functions[] =
        "SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', "
        "oid::regprocedure) " OPEN_FUNCTIONS "AND $1 <> $2";
    static const char languages[] =
        "SELECT format('REVOKE USAGE ON LANGUAGE %I FROM PUBLIC', lanname) "
        "FROM pg_language WHERE lanpltrusted AND $1 <> $2";
    static const char database[] =
        "SELECT format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', "
        "current_database()) WHERE $1 <> $2";

    return run_each(w, functions, "", e) && run_each(w, languages, "", e) &&
           run_each(w, database, "", e) &&
           run(w, e, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
}

static bool is_sealed(const struct work *w, bool *sealed, struct err *e)
{
    static const char look[] =
        "SELECT NOT (has_database_privilege($1, current_database(), 'TEMP') "
        "OR EXISTS (SELECT 1 FROM pg_language WHERE lanpltrusted AND "
        "has_language_privilege($1, oid, 'USAGE')) OR EXISTS (SELECT "
        "1 " OPEN_FUNCTIONS "AND has_function_privilege($1, oid, 'EXECUTE')))";
    const char *args[1] = {w->roles[1]};
    PGresult *r = tenants_query(w->c, look, 1, args);
    bool ok = PQntuples(r) == 1 || tenants_failed(w->c, e);

    *sealed = ok && *PQgetvalue(r, 0, 0) == 't';
    PQclear(r);
    return ok;
}

/* Everything but the commit.  Two servers may come at once: one waits. */
static bool build(const struct work *w, const struct tenants *l,
                  const char *plain, bool *sealed, struct err *e)
{
    return run(w, e, "BEGIN") &&
           run(w, e, "SELECT pg_advisory_xact_lock(770617265)") &&
           make_role(w, l, w->roles[0], e) && make_role(w, l, w->roles[1], e) &&
           make_schema(w, plain, e) && (!w->super || seal(w, e)) &&
           is_sealed(w, sealed, e) && run(w, e, "COMMIT");
}

bool tenants_setup(const struct tenants *l, const char *workspace, bool *sealed,
                   struct err *e)
{
    struct work w = {.c = NULL};
    const char *super;
    bool ok;

    if (!workspace_name_ok(workspace))
        return err_set(e, ERR_ARG, "'%s' cannot be a workspace", workspace);
    w.c = tenants_admin(l, e);
    if (!w.c)
        return false;
    super = PQparameterStatus(w.c, "is_superuser");
    w.super = super && strcmp(super, "on") == 0;
    w.workspace = PQescapeIdentifier(w.c, workspace, strlen(workspace));
    tenants_role(l, workspace, false, w.roles[0]);
    tenants_role(l, workspace, true, w.roles[1]);
    ok = w.workspace ? build(&w, l, workspace, sealed, e)
                     : tenants_failed(w.c, e);
    PQfreemem(w.workspace);
    PQfinish(w.c);
    return ok;
}
