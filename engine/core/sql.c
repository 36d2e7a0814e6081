#include "core/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/dialect.h"
#include "core/err.h"
#include "core/utf8.h"

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

/* True when a name means the same bare and quoted. */
static bool plain(const char *name, const char *reserved)
{
    char word[NAME_MAX_LEN + 3];

    for (const char *p = name; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            return false;
    snprintf(word, sizeof(word), " %s ", name);
    return strstr(reserved, word) == NULL;
}

static bool column_name(struct buf *out, const struct dialect *d,
                        const char *name, struct err *e)
{
    if (d->reserved && name_ok(name) && plain(name, d->reserved))
        return buf_adds(out, name, e);
    return sql_ident(out, name, e);
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

bool sql_default(struct buf *out, const struct dialect *d,
                 const struct column *c, struct err *e)
{
    struct value v = default_value(c);

    return !c->has_default || sql_scalar(out, d, &v, e);
}

static bool column_def(struct buf *out, const struct dialect *d,
                       const struct column *c, struct err *e)
{
    struct value v = default_value(c);

    return column_name(out, d, c->name, e) && buf_add(out, " ", 1, e) &&
           buf_adds(out, d->types[c->type][0], e) &&
           (!c->not_null || buf_adds(out, " NOT NULL", e)) &&
           (!c->has_default || (buf_adds(out, " DEFAULT ", e) &&
                                sql_literal(out, d, c->type, &v, e)));
}

bool sql_create(struct buf *out, const struct dialect *d,
                const struct schema *s, struct err *e)
{
    if (!buf_adds(out, "CREATE TABLE IF NOT EXISTS ", e) ||
        !sql_ident(out, s->table, e))
        return false;
    for (size_t i = 0; i < s->ncols; i++)
        if (!buf_adds(out, i ? ", " : " (", e) ||
            !column_def(out, d, &s->cols[i], e))
            return false;
    return buf_add(out, ")", 1, e) && buf_adds(out, d->create_suffix, e);
}

bool sql_alter(struct buf *out, const struct dialect *d, const struct schema *s,
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
    const struct index *index = &s->indexes[i];

    if (!buf_adds(out, "CREATE INDEX IF NOT EXISTS ", e) ||
        !sql_ident(out, index->name, e) || !buf_adds(out, " ON ", e) ||
        !sql_ident(out, s->table, e))
        return false;
    for (size_t c = 0; c < index->ncols; c++)
        if (!buf_adds(out, c ? ", " : " (", e) ||
            !sql_ident(out, s->cols[index->cols[c]].name, e))
            return false;
    return buf_add(out, ")", 1, e);
}

/* True when some row has a value for the column. */
static bool is_used(const struct value *rows, size_t nrows, size_t ncols,
                    size_t c)
{
    for (size_t r = 0; r < nrows; r++)
        if (rows[r * ncols + c].kind != VALUE_NULL)
            return true;
    return false;
}

static bool row_value(struct buf *out, const struct dialect *d,
                      const struct schema *s, const struct value *row, size_t c,
                      struct err *e)
{
    struct value v =
        row[c].kind == VALUE_NULL ? default_value(&s->cols[c]) : row[c];
    struct err why;

    if (sql_literal(out, d, s->cols[c].type, &v, &why))
        return true;
    *e = why;
    if (why.code == ERR_ARG)
        err_set(e, ERR_ARG, "%s.%s: %s", s->table, s->cols[c].name,
                why.message);
    return false;
}

/* INSERT INTO "t" (a, b) VALUES, of the n columns at cols. */
static bool insert_into(struct buf *out, const struct dialect *d,
                        const struct schema *s, const size_t cols[], size_t n,
                        struct err *e)
{
    if (!buf_adds(out, "INSERT INTO ", e) || !sql_ident(out, s->table, e))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!buf_adds(out, i ? ", " : " (", e) ||
            !column_name(out, d, s->cols[cols[i]].name, e))
            return false;
    return buf_adds(out, n ? ") VALUES " : " DEFAULT VALUES", e);
}

bool sql_insert(struct buf *out, const struct dialect *d,
                const struct schema *s, const struct value *rows, size_t nrows,
                struct err *e)
{
    size_t *cols = calloc(s->ncols + 1, sizeof(*cols));
    size_t n = 0;
    bool ok = cols != NULL;

    if (!ok)
        err_set(e, ERR_NOMEM, "out of memory");
    if (ok && nrows == 0)
        ok = err_set(e, ERR_ARG, "rows must not be empty");
    for (size_t c = 0; ok && c < s->ncols; c++)
        if (is_used(rows, nrows, s->ncols, c))
            cols[n++] = c;
    if (ok && n == 0 && nrows > 1)
        ok = err_set(e, ERR_ARG, "several rows without any value");
    ok = ok && insert_into(out, d, s, cols, n, e);
    for (size_t r = 0; ok && n > 0 && r < nrows; r++) {
        ok = buf_adds(out, r ? ", (" : "(", e);
        for (size_t i = 0; ok && i < n; i++)
            ok = (i == 0 || buf_adds(out, ", ", e)) &&
                 row_value(out, d, s, rows + r * s->ncols, cols[i], e);
        ok = ok && buf_add(out, ")", 1, e);
    }
    free(cols);
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
