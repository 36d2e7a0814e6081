#include "db/postgres.h"

#include <stdlib.h>
#include <string.h>

#include "core/db.h"
#include "core/dialect.h"
#include "core/err.h"
#include "core/sql_lexer.h"
#include "db/pg_query.h"
#include "db/postgres_connection.h"

struct pg_db {
    struct db base;
    struct pg_address address;
    PGconn *conn;
    bool readonly;
    bool tx_aborted; /* the connection was lost inside a transaction */
};

/* A cursor owns its whole result, so any number may be open. */
struct pg_cursor {
    struct cursor base;
    PGresult *res;
    int row;
    const char **names;
    struct value *values;
};

static bool in_transaction(struct db *db)
{
    struct pg_db *p = (struct pg_db *)db;
    PGTransactionStatusType s = PQtransactionStatus(p->conn);

    return p->tx_aborted ||
           (!p->readonly && s != PQTRANS_IDLE && s != PQTRANS_UNKNOWN);
}

/* A connection found dead before anything was sent is opened again. */
static bool reconnect_if_lost(struct pg_db *p, struct err *e)
{
    PGconn *conn;

    if (pg_alive(p->conn))
        return true;
    conn = pg_connect(&p->address, e);
    if (!conn)
        return false;
    PQfinish(p->conn);
    p->conn = conn;
    return true;
}

/* After a loss inside a transaction nothing runs before its end has been
 * said: what follows would be committed without its first half. */
static bool end_aborted_tx(struct pg_db *p, const struct stmt *st,
                           struct err *e)
{
    enum stmt_kind kind = stmt_kind_of(st);
    bool rollback = kind == STMT_ROLLBACK;

    p->tx_aborted = !rollback && kind != STMT_COMMIT;
    return rollback || err_set(e, ERR_IO,
                               "the connection to PostgreSQL was lost inside a "
                               "transaction, nothing of which was kept");
}

/* True for the answer ROLLBACK to a statement that asked for none: a COMMIT of
 * a transaction in which a statement had failed. */
static bool was_undone(const struct stmt *st, PGresult *res)
{
    struct sql_lexer x = {.at = st->sql, .end = st->sql + st->len};
    struct sql_token word = sql_lexer_next(&x);

    return strcmp(PQcmdStatus(res), "ROLLBACK") == 0 &&
           !sql_token_is(&word, "rollback") && !sql_token_is(&word, "abort");
}

/* An index of a large table takes its time. */
static int statement_timeout(const struct pg_db *p, const struct stmt *st)
{
    return p->address.statement_ms * (st->kind == STMT_INDEX ? 30 : 1);
}

static PGresult *run_statement(struct pg_db *p, const struct stmt *st,
                               struct err *e)
{
    bool inside = in_transaction(&p->base);
    bool late;
    struct pg_query query = {.sql = st->sql,
                             .timeout_ms = statement_timeout(p, st)};
    PGresult *res;
    ExecStatusType s;
    bool undone;

    pg_add_settings(&p->address, p->conn, st, &query);
    res = pg_query(p->conn, &query, &late);
    s = PQresultStatus(res);
    undone = s == PGRES_COMMAND_OK && was_undone(st, res);
    if (!undone && (s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK))
        return res;
    if (undone) {
        err_set(e, ERR_SQL,
                "nothing of the transaction was kept: a statement "
                "in it had failed");
    } else if (s == PGRES_EMPTY_QUERY) {
        err_set(e, ERR_SQL, "the statement is empty");
    } else if (s == PGRES_COPY_IN || s == PGRES_COPY_OUT) {
        err_set(e, ERR_SQL, "COPY is not for a store: send INSERT or SELECT");
    } else if (late) {
        err_set(e, ERR_IO, "PostgreSQL did not answer within %d ms",
                query.timeout_ms);
    } else {
        pg_error(res, p->conn, &query, e);
    }
    PQclear(res);
    if (PQstatus(p->conn) == CONNECTION_BAD) {
        enum stmt_kind kind = stmt_kind_of(st);

        p->tx_aborted = !p->readonly && inside && kind != STMT_COMMIT &&
                        kind != STMT_ROLLBACK;
        /* inside a transaction only its COMMIT can have had an effect */
        e->unclear = inside ? kind == STMT_COMMIT : kind != STMT_CATALOG;
    }
    return NULL;
}

static void pg_finish(struct cursor *cur)
{
    struct pg_cursor *c = (struct pg_cursor *)cur;

    PQclear(c->res);
    free(c->names);
    free(c->values);
    free(c);
}

/* Owns res from here on; NULL is a statement without a result. */
static bool new_cursor(struct db *db, PGresult *res, struct cursor **out,
                       struct err *e)
{
    struct pg_cursor *c = calloc(1, sizeof(*c));
    size_t n = (size_t)PQnfields(res);

    if (!c) {
        PQclear(res);
        return err_set(e, ERR_NOMEM, "out of memory");
    }
    c->res = res;
    c->names = calloc(n + 1, sizeof(*c->names));
    c->values = calloc(n + 1, sizeof(*c->values));
    if (!c->names || !c->values) {
        pg_finish(&c->base);
        return err_set(e, ERR_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < n; i++)
        c->names[i] = PQfname(res, (int)i);
    c->base = (struct cursor){
        .db = db, .ncols = n, .names = c->names, .values = c->values};
    *out = &c->base;
    return true;
}

/* Before each statement of a store that is read only: the transaction of the
 * one before ends, and another begins.  A statement has been seen in it, so
 * that none can make it writable again. */
static bool begin_read_only(struct pg_db *p, struct err *e)
{
    static const char *const steps[] = {"ROLLBACK", "BEGIN READ ONLY",
                                        "SELECT 1"};
    PGresult *res;

    for (size_t i = PQtransactionStatus(p->conn) == PQTRANS_IDLE; i < 3; i++) {
        struct stmt st = {
            .kind = STMT_READ, .sql = steps[i], .len = strlen(steps[i])};

        res = run_statement(p, &st, e);
        if (!res)
            return false;
        PQclear(res);
    }
    return true;
}

static bool pg_open(struct db *db, const struct stmt *st, struct cursor **out,
                    struct err *e)
{
    struct pg_db *p = (struct pg_db *)db;
    PGresult *res;

    if (strlen(st->sql) != st->len)
        return err_set(e, ERR_ARG, "a statement cannot hold a NUL byte");
    if (!p->readonly && !p->tx_aborted && in_transaction(db))
        p->tx_aborted = !pg_alive(p->conn);
    if (p->tx_aborted)
        return end_aborted_tx(p, st, e) && new_cursor(db, NULL, out, e);
    if (!reconnect_if_lost(p, e))
        return false;
    if (p->readonly && !begin_read_only(p, e))
        return false;
    res = run_statement(p, st, e);
    /* only a catalogue query is surely harmless when it is sent twice */
    if (!res && st->kind == STMT_CATALOG && !p->tx_aborted &&
        PQstatus(p->conn) == CONNECTION_BAD && reconnect_if_lost(p, e))
        res = run_statement(p, st, e);
    return res && new_cursor(db, res, out, e);
}

static enum db_step pg_step(struct cursor *cur, struct err *e)
{
    struct pg_cursor *c = (struct pg_cursor *)cur;

    (void)e;
    if (c->row >= PQntuples(c->res))
        return DB_DONE;
    for (size_t i = 0; i < c->base.ncols; i++)
        pg_value(c->res, c->row, (int)i, &c->values[i]);
    c->row++;
    return DB_ROW;
}

static void pg_close(struct db *db)
{
    struct pg_db *p = (struct pg_db *)db;

    PQfinish(p->conn);
    pg_address_free(&p->address);
    free(p);
}

static const struct db_ops ops = {
    .dialect = &dialect_postgres,
    .open = pg_open,
    .step = pg_step,
    .finish = pg_finish,
    .in_transaction = in_transaction,
    .close = pg_close,
};

struct db *postgres_open(const char *url, const struct postgres_options *o,
                         struct err *e)
{
    struct pg_db *p = calloc(1, sizeof(*p));

    if (!p) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    p->base.ops = &ops;
    p->readonly = o->readonly;
    if (pg_address_set(&p->address, url, o, e))
        p->conn = pg_connect(&p->address, e);
    if (!p->conn) {
        pg_close(&p->base);
        return NULL;
    }
    p->base.workspace = p->address.workspace;
    return &p->base;
}
