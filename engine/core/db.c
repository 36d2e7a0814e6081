#include "core/db.h"

#include <string.h>
#include <strings.h>

#include "core/err.h"

static const char *const kinds[] = {
    [STMT_QUERY] = "query",   [STMT_CATALOG] = "catalog",
    [STMT_CREATE] = "create", [STMT_ALTER] = "alter",
    [STMT_INDEX] = "index",   [STMT_INSERT] = "insert",
};

const char *stmt_kind_name(enum stmt_kind k)
{
    return kinds[k];
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

/* Where word stands in text without regard to case, or NULL.  The text is
 * NUL-terminated somewhere at or after its len. */
static const char *find(const char *text, size_t len, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n <= len; i++)
        if (strncasecmp(text + i, word, n) == 0)
            return text + i;
    return NULL;
}

/* "word ... does not exist", the second after the first. */
static bool gone(const char *text, size_t len, const char *word)
{
    const char *at = find(text, len, word);

    return at && find(at, len - (size_t)(at - text), "does not exist");
}

int classify_text(const char *text, size_t len)
{
    if (find(text, len, "permission denied") ||
        find(text, len, "must be owner"))
        return ERR_DENIED;
    if (find(text, len, "already exists") ||
        find(text, len, "duplicate column name") ||
        find(text, len, "pg_class_relname_nsp_index") ||
        find(text, len, "duplicate key value violates unique constraint"))
        return ERR_EXISTS;
    if (gone(text, len, "column ") || find(text, len, "unknown column") ||
        find(text, len, "no such column") ||
        find(text, len, "has no column named"))
        return ERR_NO_COLUMN;
    if (find(text, len, "column"))
        return ERR_SQL;
    if (find(text, len, "table does not exist") ||
        gone(text, len, "relation ") || find(text, len, "no such table"))
        return ERR_NO_TABLE;
    return ERR_SQL;
}
