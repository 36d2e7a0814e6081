#include "db/postgres_connection.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/db.h"
#include "core/err.h"
#include "core/sql_lexer.h"
#include "db/pg_query.h"
#include "os/clock.h"

#define MAX_PARAMS 80 /* libpq 15 knows 44 */

/* Where an address leads, for people: "localhost:5432". */
static void name_server(const PGconn *conn, char *out, size_t cap)
{
    const char *host = PQhost(conn);
    const char *port = PQport(conn);

    snprintf(out, cap, "%s:%s", host && *host ? host : "the local socket",
             port && *port ? port : "5432");
}

/* The SQLSTATE that a verbose connection error holds as ":  28P01: text", or
 * "": a failed connect has no result to ask.  *text is what follows it. */
static void find_sqlstate(const char *message, char state[6], const char **text)
{
    const char *at = message;

    state[0] = '\0';
    *text = message;
    while ((at = strstr(at, ":  ")) != NULL) {
        at += 3;
        if (strspn(at, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 &&
            at[5] == ':') {
            memcpy(state, at, 5);
            state[5] = '\0';
            *text = at + 5 + strspn(at + 5, ": ");
            return;
        }
    }
}

/* libpq's "connection to server at ..., port ... failed: reason": the reason,
 * one line of it.  Nothing when the password should be in it. */
static void copy_reason(const PGconn *conn, const char *text, char *out,
                        size_t cap)
{
    const char *after = strstr(text, " failed: ");
    const char *pass = PQpass(conn);
    size_t n;

    if (after && after < text + strcspn(text, "\n"))
        text = after + sizeof(" failed: ") - 1;
    n = strcspn(text, "\n");
    snprintf(out, cap, "%.*s", (int)(n < cap ? n : cap - 1), text);
    if (pass && *pass && strstr(out, pass))
        snprintf(out, cap, "no reason that could be shown");
}

static bool connect_error(const PGconn *conn, struct err *e)
{
    char server[160];
    char reason[200];
    char state[6];
    const char *text;

    name_server(conn, server, sizeof(server));
    find_sqlstate(PQerrorMessage(conn), state, &text);
    copy_reason(conn, text, reason, sizeof(reason));
    if (PQconnectionNeedsPassword(conn))
        return err_set(e, ERR_AUTH,
                       "PostgreSQL at %s wants a password: put it in the "
                       "store's address, PGPASSWORD or ~/.pgpass",
                       server);
    if (strncmp(state, "28", 2) == 0)
        return err_set(e, ERR_AUTH,
                       "PostgreSQL at %s refused the login (%s): check user "
                       "and password in the store's address",
                       server, reason);
    if (strcmp(state, "3D000") == 0)
        return err_set(e, ERR_SQL,
                       "there is no database '%.80s' on PostgreSQL at %s: "
                       "create it (createdb), or name another in the store's "
                       "address",
                       PQdb(conn), server);
    if (state[0])
        return err_set(e, strncmp(state, "42", 2) == 0 ? ERR_DENIED : ERR_IO,
                       "PostgreSQL at %s takes no connection: %s", server,
                       reason);
    return err_set(e, ERR_IO,
                   "cannot reach PostgreSQL at %s (%s): check that the server "
                   "runs and that host and port in the store's address are "
                   "right",
                   server, reason);
}

/* Drives the connect to its end; false when it is not ready in time. */
static bool wait_connected(PGconn *conn, int seconds)
{
    double end = clock_s() + seconds;
    PostgresPollingStatusType s = PGRES_POLLING_WRITING;

    while (s == PGRES_POLLING_READING || s == PGRES_POLLING_WRITING) {
        struct pollfd p = {.fd = PQsocket(conn)};
        double left = end - clock_s();
        int n;

        if (left <= 0)
            return false;
        p.events = s == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        n = poll(&p, 1, (int)(left * 1000) + 1);
        if (n == 0)
            return false;
        if (n > 0)
            s = PQconnectPoll(conn);
        else if (errno != EINTR)
            return true; /* the status says that it failed */
    }
    return true;
}

static void ignore_notice(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

static PGconn *start_connect(const struct pg_address *a)
{
    const char *keys[MAX_PARAMS + 1] = {0};
    const char *vals[MAX_PARAMS + 1] = {0};
    size_t n = 0;
    const char *const ours[][2] = {
        /* defaults stand before what the URL says: the last one counts.  The
         * first is a way to name parameters that the environment may not
         * set: PGAPPNAME would win over the name in options. */
        {"dbname", "application_name='' options=''"},
        {"keepalives_idle", "30"},
        {"keepalives_interval", "10"},
        {"keepalives_count", "3"},
    };

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++, n++) {
        keys[n] = ours[i][0];
        vals[n] = ours[i][1];
    }
    for (const PQconninfoOption *o = a->given; o->keyword; o++) {
        if (!o->val || n >= MAX_PARAMS - 2 ||
            strcmp(o->keyword, "application_name") == 0 ||
            strcmp(o->keyword, "options") == 0)
            continue;
        keys[n] = o->keyword;
        vals[n++] = o->val;
    }
    keys[n] = "client_encoding";
    vals[n++] = "UTF8";
    keys[n] = a->pooled ? "application_name" : "options";
    vals[n] = a->pooled ? a->name : a->options;
    return PQconnectStartParams(keys, vals, 1);
}

/* True when the options did not reach a session: refused, or dropped without a
 * word, and the name in them with the others. */
static bool lost_options(const struct pg_address *a, const PGconn *conn)
{
    const char *name = PQparameterStatus(conn, "application_name");
    char state[6];
    const char *text;

    if (a->pooled)
        return false;
    if (PQstatus(conn) == CONNECTION_OK)
        return !name || strcmp(name, a->name) != 0;
    find_sqlstate(PQerrorMessage(conn), state, &text);
    return state[0] && strstr(text, "options");
}

/* False when conn, which this frees then, is not ready: with *e set, or *lost,
 * because it has no options. */
static bool finish_connect(const struct pg_address *a, PGconn *conn, bool *lost,
                           struct err *e)
{
    char server[160];

    *lost = false;
    PQsetNoticeProcessor(conn, ignore_notice, NULL);
    PQsetErrorVerbosity(conn, PQERRORS_VERBOSE); /* for find_sqlstate() */
    if (PQstatus(conn) != CONNECTION_BAD && !wait_connected(conn, a->timeout)) {
        name_server(conn, server, sizeof(server));
        err_set(e, ERR_IO,
                "PostgreSQL at %s did not answer within %d s: check host and "
                "port in the store's address, and the network",
                server, a->timeout);
    } else if ((*lost = lost_options(a, conn)) && a->own_options) {
        *lost = false;
        name_server(conn, server, sizeof(server));
        err_set(e, ERR_ARG,
                "the pooler at %s lets no options through: take them out of "
                "the store's address and PGOPTIONS, or connect to PostgreSQL "
                "itself",
                server);
    } else if (PQstatus(conn) != CONNECTION_OK) {
        connect_error(conn, e);
    } else if (!*lost) {
        PQsetnonblocking(conn, 1); /* a large statement must not block us */
        return true;
    }
    PQfinish(conn);
    return false;
}

PGconn *pg_connect(struct pg_address *a, struct err *e)
{
    bool lost = false;

    do {
        PGconn *conn = start_connect(a);

        if (!conn)
            err_set(e, ERR_NOMEM, "out of memory");
        else if (finish_connect(a, conn, &lost, e))
            return conn;
        a->pooled = a->pooled || lost;
    } while (lost);
    return NULL;
}

/* Whether one of the first words of a statement is that. */
static bool begins_with(const struct stmt *st, int nwords, const char *word)
{
    struct sql_lexer x = {.at = st->sql, .end = st->sql + st->len};

    for (int i = 0; i < nwords; i++) {
        struct sql_token t = sql_lexer_next(&x);

        if (sql_token_is(&t, word))
            return true;
    }
    return false;
}

void pg_add_settings(const struct pg_address *a, const PGconn *conn,
                     const struct stmt *st, struct pg_query *query)
{
    bool idle = PQtransactionStatus(conn) == PQTRANS_IDLE;

    if (!a->pooled)
        return;
    if (idle ? begins_with(st, 1, "begin") || begins_with(st, 1, "start")
             : begins_with(st, 4, "chain")) /* COMMIT WORK AND CHAIN */
        query->after = a->settings;
    else if (idle)
        query->before = a->settings;
}
