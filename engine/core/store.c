#include "core/store.h"

#include "core/buf.h"
#include "core/db.h"
#include "core/err.h"
#include "core/heal.h"
#include "core/sql.h"

bool store_insert(struct db *db, const struct schema *s,
                  const struct value *rows, size_t nrows, struct heal *healed,
                  struct err *e)
{
    struct buf sql = {0};
    struct err why;
    bool ok = sql_insert(&sql, db->ops->dialect, s, rows, nrows, NULL, e);
    struct stmt st = {.kind = STMT_INSERT,
                      .sql = sql.data,
                      .len = sql.len,
                      .table = s->table};

    if (ok && !db_exec(db, &st, e)) {
        why = *e;
        ok = (why.code == ERR_NO_TABLE || why.code == ERR_NO_COLUMN) &&
             heal_after(db, s, &why, healed, e) && db_exec(db, &st, e);
    }
    buf_free(&sql);
    return ok;
}
