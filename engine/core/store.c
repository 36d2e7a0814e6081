#include "core/store.h"

#include <string.h>

#include "core/buf.h"
#include "core/db.h"
#include "core/err.h"
#include "core/heal.h"
#include "core/heal_steps.h"
#include "core/sql.h"

/* Where a failure aborts the transaction, the statement stands behind a
 * savepoint: a heal and the second try can follow, if there are savepoints. */
static bool send(struct db *db, const struct stmt *st, struct err *e)
{
    bool nested;

    if (!heal_tx_aborted(db) || db->savepoints_refused)
        return db_exec(db, st, e);
    return db_begin(db, &nested, e) &&
           db_end(db, nested, db_exec(db, st, e), e);
}

static bool all_have_ids(const struct schema *s, const struct sql_rows *rows)
{
    size_t id = 0;

    while (id < s->ncols && strcmp(s->cols[id].name, "id") != 0)
        id++;
    for (size_t r = 0; id < s->ncols && r < rows->n; r++)
        if (rows->values[r * s->ncols + id].len == 0)
            return false;
    return id < s->ncols;
}

/* After an answer that does not tell whether the rows arrived, as a 503: sends
 * them so that those which are there stay out, however late the first INSERT
 * arrives.  A table without a unique index over the ids refuses that whole, and
 * nothing has happened. */
static bool send_again(struct db *db, const struct schema *s,
                       struct sql_rows rows)
{
    struct buf sql = {0};
    struct err e;
    bool ok;

    rows.once = "id";
    ok = all_have_ids(s, &rows) &&
         sql_insert(&sql, db->ops->dialect, s, &rows, &e) &&
         db_exec(db,
                 &(struct stmt){STMT_IDEMPOTENT, sql.data, sql.len, s->table},
                 &e);
    buf_free(&sql);
    return ok;
}

bool store_insert(struct db *db, const struct schema *s,
                  const struct value *rows, size_t nrows, struct heal *healed,
                  struct err *e)
{
    struct buf sql = {0};
    struct err why;
    struct sql_rows all = {rows, nrows, NULL};
    bool ok = sql_insert(&sql, db->ops->dialect, s, &all, e);
    struct stmt st = {.kind = STMT_INSERT,
                      .sql = sql.data,
                      .len = sql.len,
                      .table = s->table};

    if (ok && !send(db, &st, e)) {
        why = *e;
        ok = (why.code == ERR_NO_TABLE || why.code == ERR_NO_COLUMN) &&
             !(heal_tx_aborted(db) && db->savepoints_refused) &&
             heal_after(db, s, &why, healed, e) && send(db, &st, e);
    }
    buf_free(&sql);
    return ok || (e->unclear && e->code == ERR_IO && e->status &&
                  send_again(db, s, all));
}
