#include "core/db.h"

#include <string.h>

const char *const stmt_kind_names[] = {[STMT_QUERY] = "query",
                                       [STMT_READ] = "read",
                                       [STMT_CATALOG] = "catalog",
                                       [STMT_CREATE] = "create",
                                       [STMT_ALTER] = "alter",
                                       [STMT_INDEX] = "index",
                                       [STMT_INSERT] = "insert",
                                       [STMT_IDEMPOTENT] = "idempotent",
                                       NULL};

bool db_exec(struct db *db, const struct stmt *st, struct err *e)
{
    struct cursor *c = NULL;
    enum db_step step;

    if (!db->ops->open(db, st, &c, e))
        return false;
    do
        step = db->ops->step(c, e);
    while (step == DB_ROW);
    db->ops->finish(c);
    return step == DB_DONE;
}

bool db_run(struct db *db, enum stmt_kind kind, const char *sql, struct err *e)
{
    struct stmt st = {.kind = kind, .sql = sql, .len = strlen(sql)};

    return db_exec(db, &st, e);
}
