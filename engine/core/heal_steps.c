#include "core/heal_steps.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/db.h"
#include "core/err.h"
#include "core/heal.h"
#include "core/schema.h"

/*
 * An ALTER that waits for a lock makes every later statement on that table
 * wait behind it.  So each try waits briefly, and between tries, with nothing
 * held, the others get through.
 */
#define LOCK_TRIES 12
#define LOCK_WAIT "SET LOCAL lock_timeout = '250ms'"
#define LOCK_PAUSE "SELECT pg_sleep(0.1 + random() * 0.2)"

bool heal_step_stateless(const struct db *db)
{
    return db->ops->in_transaction == NULL;
}

/* ---- statements ---- */

bool heal_tx_aborted(const struct table_heal *j)
{
    return j->db->ops->dialect == SQL_POSTGRES && !heal_step_stateless(j->db) &&
           j->db->ops->in_transaction(j->db);
}

static bool run(struct table_heal *j, enum stmt_kind kind,
                const struct buf *sql, struct err *e)
{
    struct stmt st = {
        .kind = kind, .sql = sql->data, .len = sql->len, .table = j->s->table};

    return db_exec(j->db, &st, e);
}

bool heal_step_look(struct table_heal *j, struct err *e)
{
    catalog_table_free(&j->shape);
    return catalog_read(j->db, &j->s, 1, &j->shape, e);
}

/* A workspace that nobody wrote to has no schema in PostgreSQL yet. */
static bool make_workspace(struct table_heal *j, struct err *e)
{
    struct buf sql = {0};
    bool ok = buf_adds(&sql, "CREATE SCHEMA IF NOT EXISTS ", e) &&
              sql_quoted(&sql, j->db->workspace, e) &&
              run(j, STMT_CREATE, &sql, e);

    buf_free(&sql);
    return ok || e->code == ERR_EXISTS;
}

bool heal_step_create(struct table_heal *j, struct err *e)
{
    struct buf sql = {0};
    bool ok = sql_create(&sql, j->db->ops->dialect, j->s, e) &&
              run(j, STMT_CREATE, &sql, e);

    if (!ok && e->code == ERR_EXISTS && !heal_tx_aborted(j))
        ok = true; /* two CREATEs met in the catalogue; the look will tell */
    j->out->created = j->out->created || ok;
    buf_free(&sql);
    return ok;
}

static bool alter(struct table_heal *j, const size_t cols[], size_t n,
                  struct err *e)
{
    struct buf sql = {0};
    bool ok = sql_alter(&sql, j->db->ops->dialect, j->s, cols, n, e) &&
              run(j, STMT_ALTER, &sql, e);

    buf_free(&sql);
    for (size_t i = 0; ok && i < n; i++) {
        j->out->altered[cols[i]] = true;
        j->out->naltered++;
    }
    return ok;
}

/* ---- adding what is missing ---- */

/* Positions of the columns that the shape lacks; how many they are. */
static size_t lacking(const struct table_heal *j, size_t cols[])
{
    size_t n = 0;

    for (size_t i = 0; i < j->s->ncols; i++)
        if (!catalog_has_column(&j->shape, j->s->cols[i].name))
            cols[n++] = i;
    return n;
}

bool heal_step_complete(const struct table_heal *j)
{
    size_t here = 0;

    for (size_t i = 0; i < j->s->ncols; i++)
        here += catalog_has_column(&j->shape, j->s->cols[i].name);
    return here == j->s->ncols;
}

/* Only the first look after which the table was there counts. */
static void note_missing(struct table_heal *j)
{
    if (j->noted || j->shape.ncols == 0)
        return;
    j->noted = true;
    for (size_t i = 0; i < j->s->ncols; i++) {
        j->out->missing[i] = !catalog_has_column(&j->shape, j->s->cols[i].name);
        j->out->nmissing += j->out->missing[i];
    }
}

/*
 * "Already exists" to an ALTER of the first take columns: another writer was
 * faster, if a second look shows one of them.  Then cols and *left are what
 * still lacks, none of it ours to count; otherwise the error stands.
 */
static bool settle(struct table_heal *j, size_t cols[], size_t take,
                   size_t *left, struct err *e)
{
    struct err why = *e;
    bool there = false;

    if (!heal_step_look(j, e))
        return false;
    for (size_t i = 0; i < take; i++)
        there =
            there || catalog_has_column(&j->shape, j->s->cols[cols[i]].name);
    if (!there) {
        *e = why;
        return false;
    }
    *left = lacking(j, cols);
    return true;
}

/* One ALTER for all columns on PostgreSQL, one each elsewhere. */
static bool add_columns(struct table_heal *j, size_t cols[], size_t n,
                        struct err *e)
{
    size_t batch = j->db->ops->dialect == SQL_POSTGRES ? n : 1;

    while (n > 0) {
        size_t take = batch < n ? batch : n;

        if (alter(j, cols, take, e)) {
            n -= take;
            memmove(cols, cols + take, n * sizeof(*cols));
            continue;
        }
        if (e->code != ERR_EXISTS || heal_tx_aborted(j) ||
            !settle(j, cols, take, &n, e))
            return false;
    }
    return true;
}

bool heal_step_add(struct table_heal *j, struct err *e)
{
    size_t *cols = calloc(j->s->ncols + 1, sizeof(*cols));
    size_t n;
    bool ok;

    if (!cols)
        return err_set(e, ERR_NOMEM, "out of memory");
    note_missing(j);
    n = lacking(j, cols);
    ok = add_columns(j, cols, n, e);
    free(cols);
    return ok;
}

/* The CREATE may have met a table that an older version made a moment ago, so
 * it is looked at again. */
bool heal_step_create_and_add(struct table_heal *j, struct err *e)
{
    return heal_step_create(j, e) && heal_step_look(j, e) &&
           heal_step_add(j, e);
}

/* ---- sessions: all of it in one transaction ---- */

static bool take_locks(struct table_heal *j, struct err *e)
{
    struct buf sql = {0};
    bool ok =
        buf_adds(&sql,
                 "SELECT pg_advisory_xact_lock(hashtext('propolis'),"
                 " hashtext(",
                 e) &&
        sql_text(&sql, SQL_POSTGRES, j->s->table, strlen(j->s->table), e) &&
        buf_adds(&sql, "))", e) &&
        db_run(j->db, STMT_QUERY, "SET LOCAL lock_timeout = '10s'", e) &&
        run(j, STMT_QUERY, &sql, e) && db_run(j->db, STMT_QUERY, LOCK_WAIT, e);

    buf_free(&sql);
    return ok;
}

static bool in_transaction(struct table_heal *j, struct err *e)
{
    bool postgres = j->db->ops->dialect == SQL_POSTGRES;
    struct err ignored;
    bool ok =
        db_run(j->db, STMT_QUERY, postgres ? "BEGIN" : "BEGIN IMMEDIATE", e);

    if (!ok)
        return false;
    ok = (!postgres || take_locks(j, e)) && heal_step_look(j, e);
    if (ok)
        ok = j->shape.ncols ? heal_step_add(j, e)
                            : heal_step_create_and_add(j, e);
    ok = ok && db_run(j->db, STMT_QUERY, "COMMIT", e);
    if (!ok)
        db_run(j->db, STMT_QUERY, "ROLLBACK", &ignored);
    return ok;
}

static void undo_notes(struct table_heal *j)
{
    memset(j->out->altered, 0, j->s->ncols * sizeof(*j->out->altered));
    j->out->naltered = 0;
    j->out->created = false;
}

static bool busy(struct table_heal *j, struct err *e)
{
    if (j->db->ops->dialect != SQL_POSTGRES)
        return false;
    return err_set(e, ERR_BUSY,
                   "table \"%s\" is held by another transaction: heal gave up "
                   "after %d short tries and changed nothing; try again when "
                   "that transaction has ended",
                   j->s->table, LOCK_TRIES);
}

static bool shut_out(struct table_heal *j, struct err *e)
{
    return err_set(e, ERR_DENIED,
                   "the schema \"%s\" is there, but this login may not use it: "
                   "its owner can GRANT USAGE, CREATE ON SCHEMA",
                   j->db->workspace);
}

bool heal_step_session(struct table_heal *j, struct err *e)
{
    bool postgres = j->db->ops->dialect == SQL_POSTGRES;
    bool made = false;

    note_missing(j);
    if (j->db->ops->in_transaction(j->db))
        return j->shape.ncols ? heal_step_add(j, e)
                              : heal_step_create_and_add(j, e);
    for (int try = 0; try < LOCK_TRIES; try++) {
        if (in_transaction(j, e))
            return true;
        undo_notes(j);
        if (e->code == ERR_NO_SCHEMA && postgres) {
            if (made)
                return shut_out(j, e);
            if (!make_workspace(j, e))
                return false;
            made = true;
            continue;
        }
        if (e->code == ERR_EXISTS && postgres && try < 2)
            continue; /* a writer without our lock: its columns are there now */
        if (e->code != ERR_BUSY || !postgres)
            return false;
        if (!db_run(j->db, STMT_QUERY, LOCK_PAUSE, e))
            return false;
    }
    return busy(j, e);
}

/* CREATE INDEX waits for writers as an ALTER does, and makes as many wait
 * behind it; one short try, and the next heal tries again. */
bool heal_step_index(struct table_heal *j, const struct buf *sql, struct err *e)
{
    bool brief =
        j->db->ops->dialect == SQL_POSTGRES && !heal_step_stateless(j->db);
    struct err ignored;
    bool ok;

    if (!brief)
        return run(j, STMT_INDEX, sql, e);
    if (j->db->ops->in_transaction(j->db))
        return err_set(e, ERR_BUSY, "indexes are not made in a transaction");
    ok = db_run(j->db, STMT_QUERY, "BEGIN", e) && take_locks(j, e) &&
         run(j, STMT_INDEX, sql, e) && db_run(j->db, STMT_QUERY, "COMMIT", e);
    if (!ok)
        db_run(j->db, STMT_QUERY, "ROLLBACK", &ignored);
    return ok;
}
