#include "db/postgres.h"

#include <stdlib.h>
#include <string.h>

#include "core/db.h"
#include "core/dialect.h"
#include "core/err.h"
#include "db/pg_query.h"
#include "db/postgres_connection.h"
#include "db/postgres_rows.h"

struct pg_db {
    struct db base;
    struct pg_address address;
    PGconn *conn;
    bool readonly;
    bool tx_aborted; /* the connection was lost inside a transaction */
    struct pg_cursor *reading; /* the one whose rows are still to come */
};

/* Any number may be open: before another statement is sent, the rows that are
 * still to come are read ahead. */
struct pg_cursor {
    struct cursor base;
    struct pg_rows rows;
    struct pg_query query;
    enum stmt_kind kind;
    bool inside; /* a transaction, when it was sent */
    bool failed; /* behind its last row */
    struct err failure;
    const char **names;
    struct value *values;
};

static bool in_transaction(struct db *db)
{
    struct pg_db *p = (struct pg_db *)db;
    PGTransactionStatusType s = PQtransactionStatus(p->conn);

    if (p->reading)
        return p->reading->inside;
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

/* An index of a large table takes its time. */
static int statement_timeout(const struct pg_db *p, const struct stmt *st)
{
    return p->address.statement_ms * (st->kind == STMT_INDEX ? 30 : 1);
}

/* Sets *e from the result with which a statement has failed. */
static void set_failure(struct pg_db *p, const struct pg_cursor *c,
                        const PGresult *res, struct err *e)
{
    if (c->rows.answer.late)
        err_set(e, ERR_IO, "PostgreSQL did not answer within %d ms",
                c->query.timeout_ms);
    else
        pg_error(res, p->conn, &c->query, e);
    if (PQstatus(p->conn) == CONNECTION_BAD) {
        bool commit = c->kind == STMT_COMMIT;

        p->tx_aborted =
            !p->readonly && c->inside && !commit && c->kind != STMT_ROLLBACK;
        /* inside a transaction only its COMMIT can have had an effect */
        e->unclear = c->inside ? commit : c->kind != STMT_CATALOG;
    }
}

/* Sends a statement and waits for its first row, or its end. */
static bool start(struct pg_db *p, const struct stmt *st, struct pg_cursor *c,
                  struct err *e)
{
    pg_rows_free(&c->rows);
    c->kind = stmt_kind_of(st);
    c->inside = in_transaction(&p->base);
    c->query = (struct pg_query){.sql = st->sql,
                                 .timeout_ms = statement_timeout(p, st)};
    pg_add_settings(&p->address, p->conn, st, &c->query);
    if (!pg_rows_start(&c->rows, p->conn, &c->query)) {
        set_failure(p, c, c->rows.first, e);
        return false;
    }
    if (pg_was_undone(st, c->rows.first))
        return err_set(e, ERR_SQL,
                       "nothing of the transaction was kept: a statement "
                       "in it had failed");
    p->reading = c->rows.answer.open ? c : NULL;
    return true;
}

/* The server has said its last on a statement; what was done may still have
 * failed when it was committed. */
static void settle(struct pg_db *p, struct pg_cursor *c, PGresult *last)
{
    p->reading = NULL;
    c->failed = PQresultStatus(last) != PGRES_TUPLES_OK;
    if (c->failed)
        set_failure(p, c, last, &c->failure);
    PQclear(last);
}

/* The connection is needed for another statement. */
static void read_ahead(struct pg_db *p, struct pg_cursor *c)
{
    PGresult *last;
    bool whole = pg_rows_read_ahead(&c->rows, &last);

    settle(p, c, last);
    if (!whole && !c->failed)
        c->failed = !err_set(&c->failure, ERR_NOMEM, "out of memory");
}

/* What nobody reads is dropped.  The server is asked to stop only where that
 * undoes nothing: a read of which that is known, and no transaction. */
static void release(struct pg_db *p, struct pg_cursor *c)
{
    bool harmless = p->readonly || (c->kind == STMT_READ && !c->inside);

    if (p->reading == c)
        settle(p, c, pg_rows_skip(&c->rows, harmless));
    pg_rows_free(&c->rows);
    free(c->names);
    free(c->values);
}

static void pg_finish(struct cursor *cur)
{
    release((struct pg_db *)cur->db, (struct pg_cursor *)cur);
    free(cur);
}

static bool name_columns(struct pg_cursor *c, struct err *e)
{
    PGresult *res = c->rows.first;
    size_t n = (size_t)PQnfields(res);

    c->names = calloc(n + 1, sizeof(*c->names));
    c->values = calloc(n + 1, sizeof(*c->values));
    if (!c->names || !c->values)
        return err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        c->names[i] = PQfname(res, (int)i);
    c->base.ncols = n;
    c->base.names = c->names;
    c->base.values = c->values;
    return true;
}

/* Before each statement of a store that is read only: the transaction of the
 * one before ends, and another begins.  A statement has been seen in it, so
 * that none can make it writable again. */
static bool begin_read_only(struct pg_db *p, struct err *e)
{
    static const char *const steps[] = {"ROLLBACK", "BEGIN READ ONLY",
                                        "SELECT 1"};

    for (size_t i = PQtransactionStatus(p->conn) == PQTRANS_IDLE; i < 3; i++) {
        struct stmt st = {
            .kind = STMT_READ, .sql = steps[i], .len = strlen(steps[i])};
        struct pg_cursor c = {0};
        bool ok = start(p, &st, &c, e);

        release(p, &c);
        if (!ok)
            return false;
    }
    return true;
}

static bool send(struct pg_db *p, const struct stmt *st, struct pg_cursor *c,
                 struct err *e)
{
    if (p->reading)
        read_ahead(p, p->reading);
    if (!p->readonly && !p->tx_aborted && in_transaction(&p->base))
        p->tx_aborted = !pg_alive(p->conn);
    if (p->tx_aborted)
        return end_aborted_tx(p, st, e);
    if (!reconnect_if_lost(p, e) || (p->readonly && !begin_read_only(p, e)))
        return false;
    /* only a catalogue query is surely harmless when it is sent twice */
    return start(p, st, c, e) ||
           (st->kind == STMT_CATALOG && !p->tx_aborted &&
            PQstatus(p->conn) == CONNECTION_BAD && reconnect_if_lost(p, e) &&
            start(p, st, c, e));
}

static bool pg_open(struct db *db, const struct stmt *st, struct cursor **out,
                    struct err *e)
{
    struct pg_cursor *c;

    if (strlen(st->sql) != st->len)
        return err_set(e, ERR_ARG, "a statement cannot hold a NUL byte");
    c = calloc(1, sizeof(*c));
    if (!c)
        return err_set(e, ERR_NOMEM, "out of memory");
    c->base.db = db;
    if (!send((struct pg_db *)db, st, c, e) || !name_columns(c, e)) {
        pg_finish(&c->base);
        return false;
    }
    *out = &c->base;
    return true;
}

static enum db_step pg_step(struct cursor *cur, struct err *e)
{
    struct pg_cursor *c = (struct pg_cursor *)cur;
    struct pg_db *p = (struct pg_db *)cur->db;
    PGresult *last = NULL;

    if (pg_rows_next(&c->rows, &last)) {
        for (size_t i = 0; i < c->base.ncols; i++)
            pg_value(c->rows.res, c->rows.row - 1, (int)i, &c->values[i]);
        return DB_ROW;
    }
    if (p->reading == c)
        settle(p, c, last);
    if (!c->failed)
        return DB_DONE;
    *e = c->failure;
    return DB_FAIL;
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
