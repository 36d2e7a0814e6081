#include "serve/tenants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "db/pg_query.h"
#include "serve/token.h"

enum { PARAMETERS = 64, QUERY_MS = 10000 };

struct tenants {
    PQconninfoOption *given; /* what the URL says */
    char *secret;
    char *database;
};

/* Connection parameters; of several with one key libpq takes the last. */
struct parameters {
    const char *key[PARAMETERS];
    const char *value[PARAMETERS];
    int n;
};

static void set(struct parameters *p, const char *key, const char *value)
{
    if (p->n < PARAMETERS - 1) {
        p->key[p->n] = key;
        p->value[p->n++] = value;
    }
}

static void set_given(struct parameters *p, const struct tenants *tenants)
{
    for (const PQconninfoOption *o = tenants->given; o->keyword; o++)
        if (o->val)
            set(p, o->keyword, o->val);
}

bool tenants_error(PGconn *c, struct err *e)
{
    const char *text = PQerrorMessage(c);
    int n = (int)strcspn(text, "\n");

    return err_set(e, ERR_IO, "database: %.*s", n, text);
}

static void ignore_notice(void *arg, const PGresult *r)
{
    (void)arg;
    (void)r;
}

PGresult *tenants_query(PGconn *admin, const char *sql, int n,
                        const char *const params[])
{
    struct pg_query query = {
        .sql = sql, .nparams = n, .params = params, .timeout_ms = QUERY_MS};
    bool late;

    return pg_query(admin, &query, &late);
}

PGconn *tenants_admin(const struct tenants *tenants, struct err *e)
{
    struct parameters p = {.n = 0};
    PGconn *c;

    set(&p, "connect_timeout", "5");
    set_given(&p, tenants);
    set(&p, "application_name", "propolis serve (admin)");
    set(&p, "client_encoding", "UTF8");
    c = PQconnectdbParams(p.key, p.value, 0);
    PQsetNoticeReceiver(c, ignore_notice, NULL);
    PQsetnonblocking(c, 1);
    if (PQstatus(c) == CONNECTION_OK)
        return c;
    tenants_error(c, e);
    PQfinish(c);
    return NULL;
}

struct tenants *tenants_new(const char *url, const char *secret, struct err *e)
{
    struct tenants *tenants = calloc(1, sizeof(*tenants));
    char *why = NULL;
    PGconn *c = NULL;
    const char *encoding;

    if (!tenants || !(tenants->secret = strdup(secret)))
        err_set(e, ERR_NOMEM, "out of memory");
    else if (!(tenants->given = PQconninfoParse(url, &why)))
        err_set(e, ERR_ARG, "%s", "the database's URL cannot be read");
    else
        c = tenants_admin(tenants, e);
    PQfreemem(why);
    encoding = c ? PQparameterStatus(c, "server_encoding") : NULL;
    if (encoding && strcmp(encoding, "UTF8") == 0)
        tenants->database = strdup(PQdb(c));
    else if (c)
        err_set(e, ERR_ARG, "the database's encoding is %s; make it UTF8",
                encoding ? encoding : "unknown");
    PQfinish(c);
    if (tenants && tenants->database)
        return tenants;
    tenants_free(tenants);
    return NULL;
}

void tenants_free(struct tenants *tenants)
{
    if (!tenants)
        return;
    if (tenants->given)
        PQconninfoFree(tenants->given);
    free(tenants->secret);
    free(tenants->database);
    free(tenants);
}

void tenants_role(const struct tenants *tenants, const char *workspace,
                  bool write, char role[TENANTS_ROLE])
{
    char digits[TOKEN_HASH + 1];

    token_derive("propolis", tenants->database, workspace, digits);
    snprintf(role, TENANTS_ROLE, "propolis_%.16s_%c", digits,
             write ? 'w' : 'r');
}

bool tenants_password(const struct tenants *tenants, const char *role,
                      char password[TOKEN_HASH + 1])
{
    return token_derive(tenants->secret, tenants->database, role, password);
}

PGconn *tenants_connect(const struct tenants *tenants, const char *workspace,
                        bool write, int statement_ms)
{
    struct parameters p = {.n = 0};
    char role[TENANTS_ROLE];
    char password[TOKEN_HASH + 1];
    char options[320];
    PGconn *c;

    tenants_role(tenants, workspace, write, role);
    if (!tenants_password(tenants, role, password))
        return NULL;
    snprintf(options, sizeof(options),
             "-c search_path=\"%s\" -c statement_timeout=%d -c lock_timeout=%d "
             "-c standard_conforming_strings=on -c jit=off "
             "-c idle_in_transaction_session_timeout=%d",
             workspace, statement_ms, statement_ms, statement_ms);
    set_given(&p, tenants);
    set(&p, "user", role);
    set(&p, "password", password);
    set(&p, "dbname", tenants->database);
    set(&p, "options", options);
    set(&p, "application_name", "propolis serve");
    set(&p, "client_encoding", "UTF8");
    c = PQconnectStartParams(p.key, p.value, 0);
    PQsetNoticeReceiver(c, ignore_notice, NULL); /* they would go to stderr */
    return c;
}

bool tenants_terminate(const struct tenants *tenants, int pid, const char *role,
                       struct err *e)
{
    PGconn *c = tenants_admin(tenants, e);
    char number[16];
    const char *args[2] = {number, role};
    PGresult *r;
    bool ok;

    if (!c)
        return false;
    snprintf(number, sizeof(number), "%d", pid);
    r = tenants_query(c,
                      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                      "WHERE pid = $1::int AND usename = $2 "
                      "AND state = 'active'",
                      2, args);
    ok = PQresultStatus(r) == PGRES_TUPLES_OK || tenants_error(c, e);
    PQclear(r);
    PQfinish(c);
    return ok;
}
