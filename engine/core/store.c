#include "core/store.h"

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
    return ok;
}
