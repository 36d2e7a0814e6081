#include "serve/tenants.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"

/* What one set-up needs at hand; names are quoted already. */
struct setup {
    PGconn *admin;
    bool super;
    char *workspace;             /* "quoted" */
    char roles[2][TENANTS_ROLE]; /* read, write: safe without quotes */
};

/* Runs one statement; what goes into fmt is quoted or needs no quotes. */
__attribute__((format(printf, 3, 4))) static bool
run(const struct setup *s, struct err *e, const char *fmt, ...)
{
    char sql[1024];
    PGresult *r;
    ExecStatusType status;
    va_list ap;
    int n;
    bool ok;

    va_start(ap, fmt);
    n = vsnprintf(sql, sizeof(sql), fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof(sql))
        return err_set(e, ERR_ARG, "a statement for a role is too long");
    r = tenants_query(s->admin, sql, 0, NULL);
    status = PQresultStatus(r);
    ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
         tenants_error(s->admin, e);
    PQclear(r);
    return ok;
}

/* Runs every statement that the query gives as its rows. */
static bool run_each(const struct setup *s, const char *query, const char *arg,
                     struct err *e)
{
    const char *args[2] = {arg, s->roles[1]};
    PGresult *r = tenants_query(s->admin, query, 2, args);
    bool ok =
        PQresultStatus(r) == PGRES_TUPLES_OK || tenants_error(s->admin, e);

    for (int i = 0; ok && i < PQntuples(r); i++)
        ok = run(s, e, "%s", PQgetvalue(r, i, 0));
    PQclear(r);
    return ok;
}

static bool make_role(const struct setup *s, const struct tenants *tenants,
                      const char *role, struct err *e)
{
    char password[TOKEN_HASH + 1];
    const char *args[1] = {role};
    PGresult *r = tenants_query(
        s->admin, "SELECT 1 FROM pg_roles WHERE rolname=$1", 1, args);
    const char *verb = PQntuples(r) > 0 ? "ALTER" : "CREATE";
    bool ok =
        PQresultStatus(r) == PGRES_TUPLES_OK || tenants_error(s->admin, e);
    char *hashed;

    PQclear(r);
    if (!ok)
        return false;
    if (!tenants_password(tenants, role, password))
        return err_set(e, ERR_IO, "SHA-256 is not to be had");
    hashed = PQencryptPasswordConn(s->admin, password, role, NULL);
    if (!hashed)
        return tenants_error(s->admin, e);
    ok = run(s, e, "%s ROLE %s LOGIN PASSWORD '%s'", verb, role, hashed);
    PQfreemem(hashed);
    return ok &&
           (s->super ? run(s, e, "ALTER ROLE %s SET lc_messages = 'C'", role)
                     : run(s, e, "GRANT %s TO CURRENT_USER", role));
}

static bool make_schema(const struct setup *s, const char *plain, struct err *e)
{
    static const char tables[] =
        "SELECT format('ALTER TABLE %I.%I OWNER TO %I', $1::text, c.relname, "
        "$2::text) FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner "
        "WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE "
        "nspname = $1) AND c.relkind IN ('r', 'p', 'v', 'm') "
        "AND o.rolname <> $2";
    const char *ws = s->workspace;
    const char *reader = s->roles[0];
    const char *writer = s->roles[1];

    return run(s, e, "CREATE SCHEMA IF NOT EXISTS %s", ws) &&
           run(s, e, "ALTER SCHEMA %s OWNER TO %s", ws, writer) &&
           run(s, e, "REVOKE ALL ON SCHEMA %s FROM PUBLIC", ws) &&
           run(s, e, "GRANT USAGE ON SCHEMA %s TO %s", ws, reader) &&
           run_each(s, tables, plain, e) &&
           run(s, e, "GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %s", ws,
               reader) &&
           run(s, e,
               "ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA %s "
               "GRANT SELECT ON TABLES TO %s",
               writer, ws, reader);
}

/* Functions that would leave something in the session or reach beyond it. */
#define OPEN_FUNCTIONS                                                  \
    "FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND " \
    "proname ~ '^(lo_|lo(read|write|unlink|import|export)|set_config$|" \
    "pg_(try_)?advisory_(lock|unlock)|pg_(terminate|cancel)_backend$|"  \
    "pg_notify$)|_to_xml' "

static bool lock_down(const struct setup *s, struct err *e)
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

    return run_each(s, functions, "", e) && run_each(s, languages, "", e) &&
           run_each(s, database, "", e) &&
           run(s, e, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
}

static bool is_locked_down(const struct setup *s, bool *locked_down,
                           struct err *e)
{
    static const char look[] =
        "SELECT NOT (has_database_privilege($1, current_database(), 'TEMP') "
        "OR EXISTS (SELECT 1 FROM pg_language WHERE lanpltrusted AND "
        "has_language_privilege($1, oid, 'USAGE')) OR EXISTS (SELECT "
        "1 " OPEN_FUNCTIONS "AND has_function_privilege($1, oid, 'EXECUTE')))";
    const char *args[1] = {s->roles[1]};
    PGresult *r = tenants_query(s->admin, look, 1, args);
    bool ok = PQntuples(r) == 1 || tenants_error(s->admin, e);

    *locked_down = ok && *PQgetvalue(r, 0, 0) == 't';
    PQclear(r);
    return ok;
}

/* Everything but the commit.  Two servers may come at once: one waits. */
static bool build(const struct setup *s, const struct tenants *tenants,
                  const char *plain, bool *locked_down, struct err *e)
{
    return run(s, e, "BEGIN") &&
           run(s, e, "SELECT pg_advisory_xact_lock(770617265)") &&
           make_role(s, tenants, s->roles[0], e) &&
           make_role(s, tenants, s->roles[1], e) && make_schema(s, plain, e) &&
           (!s->super || lock_down(s, e)) &&
           is_locked_down(s, locked_down, e) && run(s, e, "COMMIT");
}

bool tenants_setup(const struct tenants *tenants, const char *workspace,
                   bool *locked_down, struct err *e)
{
    struct setup s = {.admin = NULL};
    const char *super;
    bool ok;

    if (!workspace_name_ok(workspace))
        return err_set(e, ERR_ARG, "'%s' cannot be a workspace", workspace);
    s.admin = tenants_admin(tenants, e);
    if (!s.admin)
        return false;
    super = PQparameterStatus(s.admin, "is_superuser");
    s.super = super && strcmp(super, "on") == 0;
    s.workspace = PQescapeIdentifier(s.admin, workspace, strlen(workspace));
    tenants_role(tenants, workspace, false, s.roles[0]);
    tenants_role(tenants, workspace, true, s.roles[1]);
    ok = s.workspace ? build(&s, tenants, workspace, locked_down, e)
                     : tenants_error(s.admin, e);
    PQfreemem(s.workspace);
    PQfinish(s.admin);
    return ok;
}
