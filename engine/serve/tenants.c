#include "serve/tenants.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/buf.h"
#include "core/err.h"
#include "os/clock.h"
#include "serve/token.h"

enum { WORDS = 64, PATIENCE_S = 10 };

struct tenants {
    PQconninfoOption *given; /* the URL's own words */
    char *secret;
    char *database;
};

/* One set of connection words; later ones win. */
struct words {
    const char *key[WORDS];
    const char *value[WORDS];
    int n;
};

static void say(struct words *w, const char *key, const char *value)
{
    for (int i = 0; i < w->n; i++)
        if (strcmp(w->key[i], key) == 0) {
            w->value[i] = value;
            return;
        }
    if (w->n < WORDS - 1) {
        w->key[w->n] = key;
        w->value[w->n++] = value;
    }
}

static void say_given(struct words *w, const struct tenants *l)
{
    for (const PQconninfoOption *o = l->given; o->keyword; o++)
        if (o->val)
            say(w, o->keyword, o->val);
}

bool tenants_failed(PGconn *c, struct err *e)
{
    const char *text = PQerrorMessage(c);
    int n = (int)strcspn(text, "\n");

    return err_set(e, ERR_IO, "database: %.*s", n, text);
}

static void ignore(void *arg, const PGresult *r)
{
    (void)arg;
    (void)r;
}

/* Waits for the answer; a line on which none comes in time is cut, and what
 * reads from it then learns that. */
static void await(PGconn *c)
{
    double end = clock_s() + PATIENCE_S;

    while (PQisBusy(c)) {
        struct pollfd p = {.fd = PQsocket(c), .events = POLLIN};
        double left = end - clock_s();

        if (left <= 0)
            shutdown(p.fd, SHUT_RDWR);
        else if (poll(&p, 1, (int)(left * 1000) + 1) <= 0)
            continue; /* a signal, or too late */
        if (!PQconsumeInput(c))
            return;
    }
}

PGresult *tenants_query(PGconn *c, const char *sql, int n,
                        const char *const args[])
{
    PGresult *kept = NULL;
    PGresult *r;
    int sent = n ? PQsendQueryParams(c, sql, n, NULL, args, NULL, NULL, 0)
                 : PQsendQuery(c, sql);

    while (sent && (await(c), r = PQgetResult(c)) != NULL) {
        PQclear(kept);
        kept = r;
    }
    return kept;
}

PGconn *tenants_admin(const struct tenants *l, struct err *e)
{
    struct words w = {.n = 0};
    PGconn *c;

    say(&w, "connect_timeout", "5");
    say_given(&w, l);
    say(&w, "application_name", "propolis serve (admin)");
    say(&w, "client_encoding", "UTF8");
    c = PQconnectdbParams(w.key, w.value, 0);
    PQsetNoticeReceiver(c, ignore, NULL);
    if (PQstatus(c) == CONNECTION_OK)
        return c;
    tenants_failed(c, e);
    PQfinish(c);
    return NULL;
}

struct tenants *tenants_new(const char *url, const char *secret, struct err *e)
{
    struct tenants *l = calloc(1, sizeof(*l));
    char *why = NULL;
    PGconn *c = NULL;
    const char *encoding;

    if (!l || !(l->secret = strdup(secret)))
        err_set(e, ERR_NOMEM, "out of memory");
    else if (!(l->given = PQconninfoParse(url, &why)))
        err_set(e, ERR_ARG, "%s", "the database's URL cannot be read");
    else
        c = tenants_admin(l, e);
    PQfreemem(why);
    encoding = c ? PQparameterStatus(c, "server_encoding") : NULL;
    if (encoding && strcmp(encoding, "UTF8") == 0)
        l->database = strdup(PQdb(c));
    else if (c)
        err_set(e, ERR_ARG, "the database's encoding is %s; make it UTF8",
                encoding ? encoding : "unknown");
    PQfinish(c);
    if (l && l->database)
        return l;
    tenants_free(l);
    return NULL;
}

void tenants_free(struct tenants *l)
{
    if (!l)
        return;
    if (l->given)
        PQconninfoFree(l->given);
    free(l->secret);
    free(l->database);
    free(l);
}

void tenants_role(const struct tenants *l, const char *workspace, bool write,
                  char role[TENANTS_ROLE])
{
    char digits[TOKEN_HASH + 1];

    token_derive("propolis", l->database, workspace, digits);
    snprintf(role, TENANTS_ROLE, "propolis_%.16s_%c", digits,
             write ? 'w' : 'r');
}

bool tenants_password(const struct tenants *l, const char *role,
                      char password[TOKEN_HASH + 1])
{
    return token_derive(l->secret, l->database, role, password);
}

PGconn *tenants_connect(const struct tenants *l, const char *workspace,
                        bool write, int statement_ms)
{
    struct words w = {.n = 0};
    char role[TENANTS_ROLE];
    char password[TOKEN_HASH + 1];
    char options[320];
    PGconn *c;

    tenants_role(l, workspace, write, role);
    if (!tenants_password(l, role, password))
        return NULL;
    snprintf(options, sizeof(options),
             "-c search_path=\"%s\" -c statement_timeout=%d -c lock_timeout=%d "
             "-c standard_conforming_strings=on -c jit=off "
             "-c idle_in_transaction_session_timeout=%d",
             workspace, statement_ms, statement_ms, statement_ms);
    say_given(&w, l);
    say(&w, "user", role);
    say(&w, "password", password);
    say(&w, "dbname", l->database);
    say(&w, "options", options);
    say(&w, "application_name", "propolis serve");
    say(&w, "client_encoding", "UTF8");
    c = PQconnectStartParams(w.key, w.value, 0);
    PQsetNoticeReceiver(c, ignore, NULL); /* they would go to stderr */
    return c;
}

bool tenants_terminate(const struct tenants *l, int pid, const char *role,
                       struct err *e)
{
    PGconn *c = tenants_admin(l, e);
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
    ok = PQresultStatus(r) == PGRES_TUPLES_OK || tenants_failed(c, e);
    PQclear(r);
    PQfinish(c);
    return ok;
}
