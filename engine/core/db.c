#include "core/db.h"

#include <string.h>
#include <strings.h>

#include "core/err.h"
#include "core/sql_lexer.h"

static const char *const kinds[] = {
    [STMT_QUERY] = "query",     [STMT_BEGIN] = "begin",
    [STMT_COMMIT] = "commit",   [STMT_ROLLBACK] = "rollback",
    [STMT_CATALOG] = "catalog", [STMT_CREATE] = "create",
    [STMT_ALTER] = "alter",     [STMT_INDEX] = "index",
    [STMT_INSERT] = "insert",
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

/* Where word stands in text without regard to case, or NULL.  The text is
 * NUL-terminated somewhere at or after its len. */
static const char *find_word(const char *text, size_t len, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n <= len; i++)
        if (strncasecmp(text + i, word, n) == 0)
            return text + i;
    return NULL;
}

/* "word ... does not exist", the second after the first. */
static bool does_not_exist(const char *text, size_t len, const char *word)
{
    const char *at = find_word(text, len, word);

    return at && find_word(at, len - (size_t)(at - text), "does not exist");
}

int classify_text(const char *text, size_t len)
{
    if (find_word(text, len, "permission denied") ||
        find_word(text, len, "must be owner"))
        return ERR_DENIED;
    if (find_word(text, len, "already exists") ||
        find_word(text, len, "duplicate column name") ||
        find_word(text, len, "pg_class_relname_nsp_index") ||
        find_word(text, len, "duplicate key value violates unique constraint"))
        return ERR_EXISTS;
    if (does_not_exist(text, len, "column ") ||
        find_word(text, len, "unknown column") ||
        find_word(text, len, "no such column") ||
        find_word(text, len, "has no column named"))
        return ERR_NO_COLUMN;
    if (find_word(text, len, "column"))
        return ERR_SQL;
    if (find_word(text, len, "table does not exist") ||
        does_not_exist(text, len, "relation ") ||
        find_word(text, len, "no such table"))
        return ERR_NO_TABLE;
    return ERR_SQL;
}
