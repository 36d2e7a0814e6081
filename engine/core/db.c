#include "core/db.h"

#include <string.h>

#include "core/dialect.h"
#include "core/err.h"
#include "core/sql_lexer.h"

static const char *const kinds[] = {
    [STMT_QUERY] = "query",           [STMT_READ] = "read",
    [STMT_BEGIN] = "begin",           [STMT_COMMIT] = "commit",
    [STMT_ROLLBACK] = "rollback",     [STMT_CATALOG] = "catalog",
    [STMT_CREATE] = "create",         [STMT_ALTER] = "alter",
    [STMT_INDEX] = "index",           [STMT_INSERT] = "insert",
    [STMT_IDEMPOTENT] = "idempotent",
};

const char *stmt_kind_name(enum stmt_kind k)
{
    return kinds[k];
}

int stmt_kind_from(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i], name) == 0)
            return (int)i;
    return -1;
}

enum stmt_kind stmt_kind_of(const struct stmt *st)
{
    static const struct {
        const char *word;
        enum stmt_kind kind;
    } ends[] = {{"commit", STMT_COMMIT},
                {"end", STMT_COMMIT},
                {"rollback", STMT_ROLLBACK},
                {"abort", STMT_ROLLBACK}};
    struct sql_lexer x = {.at = st->sql, .end = st->sql + st->len};
    struct sql_token word = sql_lexer_next(&x);
    struct sql_token t = sql_lexer_next(&x);

    if (sql_token_is(&t, "work") || sql_token_is(&t, "transaction"))
        t = sql_lexer_next(&x);
    while (sql_token_is(&t, ";"))
        t = sql_lexer_next(&x);
    for (size_t i = 0; st->kind == STMT_QUERY && t.kind == SQL_TOKEN_END &&
                       i < sizeof(ends) / sizeof(ends[0]);
         i++)
        if (sql_token_is(&word, ends[i].word))
            return ends[i].kind;
    return st->kind;
}

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

/* One name serves all depths: it means the innermost savepoint. */
#define SAVEPOINT "propolis_nested"

bool db_begin(struct db *db, bool *nested, struct err *e)
{
    *nested = db->ops->in_transaction(db);
    if (*nested ? db_run(db, STMT_QUERY, "SAVEPOINT " SAVEPOINT, e)
                : db_run(db, STMT_BEGIN, db->ops->dialect->begin, e))
        return true;
    if (e->code == ERR_UNSUPPORTED)
        *(*nested ? &db->savepoints_refused : &db->changes_refused) = true;
    return false;
}

static bool keep(struct db *db, bool nested, struct err *e)
{
    if (!db->ops->in_transaction(db))
        return err_set(e, ERR_SQL,
                       "the transaction had ended before its commit: by a "
                       "statement in it, or with one that failed");
    return nested ? db_run(db, STMT_QUERY, "RELEASE SAVEPOINT " SAVEPOINT, e)
                  : db_run(db, STMT_COMMIT, "COMMIT", e);
}

bool db_end(struct db *db, bool nested, bool ok, struct err *e)
{
    struct err ignored;

    ok = ok && keep(db, nested, e);
    if (ok || !db->ops->in_transaction(db))
        return ok;
    if (!nested)
        db_run(db, STMT_ROLLBACK, "ROLLBACK", &ignored);
    else if (db_run(db, STMT_QUERY, "ROLLBACK TO SAVEPOINT " SAVEPOINT,
                    &ignored))
        db_run(db, STMT_QUERY, "RELEASE SAVEPOINT " SAVEPOINT, &ignored);
    return false;
}
