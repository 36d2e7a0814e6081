#include "core/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/utf8.h"

static const char *const dialects[] = {"sqlite", "postgres", "deeplake"};

const char *sql_dialect_name(enum sql_dialect d)
{
    return dialects[d];
}

int sql_dialect_from(const char *word)
{
    for (int i = 0; i < 3; i++)
        if (strcmp(dialects[i], word) == 0)
            return i;
    return -1;
}

bool sql_ident(struct buf *out, const char *name, struct err *e)
{
    if (!name_ok(name))
        return err_set(e, ERR_ARG, "'%.80s' is not a valid SQL name", name);
    return buf_add(out, "\"", 1, e) && buf_adds(out, name, e) &&
           buf_add(out, "\"", 1, e);
}

bool sql_quoted(struct buf *out, const char *name, struct err *e)
{
    size_t n = strlen(name);

    if (n == 0 || n > NAME_MAX_LEN || utf8_check(name, n) < n)
        return err_set(e, ERR_ARG,
                       "a workspace name has 1 to %d bytes of UTF-8",
                       NAME_MAX_LEN);
    if (!buf_add(out, "\"", 1, e))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!buf_add(out, name[i] == '"' ? "\"\"" : name + i,
                     name[i] == '"' ? 2 : 1, e))
            return false;
    return buf_add(out, "\"", 1, e);
}

/* Words that PostgreSQL keeps for itself, so that a column of such a name
 * must be quoted also where Deeplake's other clients write names bare. */
static const char reserved[] =
    " all analyse analyze and any array as asc asymmetric both case "
    "cast check collate column constraint create current_catalog "
    "current_date current_role current_time current_user "
    "current_timestamp default deferrable desc distinct do else end "
    "except false fetch for foreign from grant group having in "
    "initially intersect into lateral leading limit localtime "
    "localtimestamp not null offset on only or order placing primary "
    "references returning select session_user some symmetric table then "
    "to trailing true union unique user using variadic when where "
    "window with ";

/* True when a name means the same bare and quoted. */
static bool plain(const char *name)
{
    char word[NAME_MAX_LEN + 3];

    for (const char *p = name; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            return false;
    snprintf(word, sizeof(word), " %s ", name);
    return strstr(reserved, word) == NULL;
}

/* A column's name: quoted, but bare on Deeplake where that means the same. */
static bool column_name(struct buf *out, enum sql_dialect d, const char *name,
                        struct err *e)
{
    if (d == SQL_DEEPLAKE && name_ok(name) && plain(name))
        return buf_adds(out, name, e);
    return sql_ident(out, name, e);
}

const char *sql_type(enum sql_dialect d, enum column_type t)
{
    /* SQLite would turn JSON text of digits into a number, were the column
     * declared by a name that it takes for numeric. */
    if (d == SQL_SQLITE)
        return t == COL_BIGINT ? "BIGINT" : "TEXT";
    switch (t) {
    case COL_BIGINT:
        return "BIGINT";
    case COL_JSONB:
        return "JSONB";
    case COL_FLOAT4_ARRAY:
        return "FLOAT4[]";
    case COL_TEXT:
        break;
    }
    return "TEXT";
}

bool sql_type_serves(enum sql_dialect d, enum column_type t,
                     const char *declared)
{
    static const char *const served[][4] = {
        [COL_TEXT] = {"text", "character varying", NULL},
        [COL_BIGINT] = {"bigint", NULL},
        [COL_JSONB] = {"jsonb", NULL},
        [COL_FLOAT4_ARRAY] = {"real[]", "float4[]", NULL},
    };

    if (d == SQL_SQLITE)
        return strcasecmp(declared, sql_type(d, t)) == 0 ||
               (t == COL_BIGINT && strcasecmp(declared, "INTEGER") == 0);
    for (size_t i = 0; served[t][i]; i++)
        if (strcasecmp(declared, served[t][i]) == 0)
            return true;
    return false;
}

static struct value default_value(const struct column *c)
{
    struct value v = {.kind = VALUE_NULL};

    if (c->has_default && c->default_text) {
        v.kind = VALUE_TEXT;
        v.text = c->default_text;
        v.len = strlen(c->default_text);
    } else if (c->has_default) {
        v.kind = VALUE_INT;
        v.integer = c->default_int;
    }
    return v;
}

bool sql_column_type(struct buf *out, enum sql_dialect d,
                     const struct column *c, struct err *e)
{
    struct value v = default_value(c);

    return buf_adds(out, sql_type(d, c->type), e) &&
           (!c->not_null || buf_adds(out, " NOT NULL", e)) &&
           (!c->has_default || (buf_adds(out, " DEFAULT ", e) &&
                                sql_literal(out, d, c->type, &v, e)));
}

static bool column_def(struct buf *out, enum sql_dialect d,
                       const struct column *c, struct err *e)
{
    return column_name(out, d, c->name, e) && buf_add(out, " ", 1, e) &&
           sql_column_type(out, d, c, e);
}

bool sql_create(struct buf *out, enum sql_dialect d, const struct schema *s,
                struct err *e)
{
    if (!buf_adds(out, "CREATE TABLE IF NOT EXISTS ", e) ||
        !sql_ident(out, s->table, e))
        return false;
    for (size_t i = 0; i < s->ncols; i++)
        if (!buf_adds(out, i ? ", " : " (", e) ||
            !column_def(out, d, &s->cols[i], e))
            return false;
    return buf_adds(out, d == SQL_DEEPLAKE ? ") USING deeplake" : ")", e);
}

bool sql_alter(struct buf *out, enum sql_dialect d, const struct schema *s,
               const size_t cols[], size_t n, struct err *e)
{
    if (!buf_adds(out, "ALTER TABLE ", e) || !sql_ident(out, s->table, e))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!buf_adds(out, i ? ", ADD COLUMN " : " ADD COLUMN ", e) ||
            !column_def(out, d, &s->cols[cols[i]], e))
            return false;
    return true;
}

bool sql_create_index(struct buf *out, const struct schema *s, size_t i,
                      struct err *e)
{
    const struct index *l = &s->indexes[i];

    if (!buf_adds(out, "CREATE INDEX IF NOT EXISTS ", e) ||
        !sql_ident(out, l->name, e) || !buf_adds(out, " ON ", e) ||
        !sql_ident(out, s->table, e))
        return false;
    for (size_t c = 0; c < l->ncols; c++)
        if (!buf_adds(out, c ? ", " : " (", e) ||
            !sql_ident(out, s->cols[l->cols[c]].name, e))
            return false;
    return buf_add(out, ")", 1, e);
}

/* True when some row has a value for the column. */
static bool used(const struct value *rows, size_t nrows, size_t ncols, size_t c)
{
    for (size_t r = 0; r < nrows; r++)
        if (rows[r * ncols + c].kind != VALUE_NULL)
            return true;
    return false;
}

static bool cell(struct buf *out, enum sql_dialect d, const struct schema *s,
                 const struct value *v, size_t c, struct err *e)
{
    struct value v2 = v->kind == VALUE_NULL ? default_value(&s->cols[c]) : *v;
    struct err why;

    if (sql_literal(out, d, s->cols[c].type, &v2, &why))
        return true;
    if (why.code != ERR_ARG) {
        *e = why;
        return false;
    }
    return err_set(e, ERR_ARG, "%s.%s: %s", s->table, s->cols[c].name,
                   why.message);
}

static bool row_values(struct buf *out, enum sql_dialect d,
                       const struct schema *s, const struct value *row,
                       const bool *take, struct err *e)
{
    bool first = true;

    for (size_t c = 0; c < s->ncols; c++) {
        if (!take[c])
            continue;
        if (!buf_adds(out, first ? "(" : ", ", e) ||
            !cell(out, d, s, &row[c], c, e))
            return false;
        first = false;
    }
    return buf_add(out, ")", 1, e);
}

static bool insert_into(struct buf *out, enum sql_dialect d,
                        const struct schema *s, const bool *take, struct err *e)
{
    bool first = true;

    if (!buf_adds(out, "INSERT INTO ", e) || !sql_ident(out, s->table, e))
        return false;
    for (size_t c = 0; c < s->ncols; c++) {
        if (!take[c])
            continue;
        if (!buf_adds(out, first ? " (" : ", ", e) ||
            !column_name(out, d, s->cols[c].name, e))
            return false;
        first = false;
    }
    return buf_adds(out, first ? " DEFAULT VALUES" : ") VALUES ", e);
}

bool sql_insert(struct buf *out, enum sql_dialect d, const struct schema *s,
                const struct value *rows, size_t nrows, struct err *e)
{
    bool *take = calloc(s->ncols ? s->ncols : 1, sizeof(*take));
    size_t taken = 0;
    bool ok = take != NULL;

    if (!ok)
        err_set(e, ERR_NOMEM, "out of memory");
    if (ok && nrows == 0)
        ok = err_set(e, ERR_ARG, "rows must not be empty");
    for (size_t c = 0; ok && c < s->ncols; c++)
        if ((take[c] = used(rows, nrows, s->ncols, c)))
            taken++;
    if (ok && taken == 0 && nrows > 1)
        ok = err_set(e, ERR_ARG, "several rows without any value");
    ok = ok && insert_into(out, d, s, take, e);
    for (size_t r = 0; ok && taken > 0 && r < nrows; r++)
        ok = (r == 0 || buf_adds(out, ", ", e)) &&
             row_values(out, d, s, rows + r * s->ncols, take, e);
    free(take);
    return ok;
}

bool sql_rename_column(struct buf *out, const char *table, const char *from,
                       const char *to, struct err *e)
{
    return buf_adds(out, "ALTER TABLE ", e) && sql_ident(out, table, e) &&
           buf_adds(out, " RENAME COLUMN ", e) && sql_quoted(out, from, e) &&
           buf_adds(out, " TO ", e) && sql_ident(out, to, e);
}

bool sql_alter_column(struct buf *out, const char *table, const char *column,
                      const char *change, struct err *e)
{
    return buf_adds(out, "ALTER TABLE ", e) && sql_ident(out, table, e) &&
           buf_adds(out, " ALTER COLUMN ", e) && sql_quoted(out, column, e) &&
           buf_add(out, " ", 1, e) && buf_adds(out, change, e);
}
