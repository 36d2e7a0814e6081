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

/* What an INSERT is made of, for the functions below. */
struct insert {
    const struct dialect *d;
    const struct schema *s;
    size_t *cols; /* positions of the columns that have values */
    size_t n;
    size_t id;            /* of "id" among them, or the number of all */
    const char *once;     /* see sql_insert */
    const char *own_mark; /* once, when it is another column than "id" */
    bool select;          /* rows that are there are looked for first */
};

/* INSERT INTO "t" (a, b) VALUES, or as far as what stands before the rows. */
static bool insert_head(struct buf *out, const struct insert *in, struct err *e)
{
    if (!buf_adds(out, "INSERT INTO ", e) || !sql_ident(out, in->s->table, e))
        return false;
    for (size_t i = 0; i < in->n; i++)
        if (!buf_adds(out, i ? ", " : " (", e) ||
            !column_name(out, in->d, in->s->cols[in->cols[i]].name, e))
            return false;
    if (!in->select)
        return buf_adds(out, in->n ? ") VALUES " : " DEFAULT VALUES", e);
    return (!in->own_mark || (buf_adds(out, ", ", e) &&
                              column_name(out, in->d, in->own_mark, e))) &&
           buf_adds(out, ") SELECT v.*", e) &&
           (!in->own_mark || buf_addf(out, e, ", v.column%zu", in->id + 1)) &&
           buf_adds(out, " FROM (VALUES ", e);
}

static bool insert_rows(struct buf *out, const struct insert *in,
                        const struct value *rows, size_t nrows, struct err *e)
{
    bool ok = true;

    for (size_t r = 0; ok && in->n > 0 && r < nrows; r++) {
        ok = buf_adds(out, r ? ", (" : "(", e);
        for (size_t i = 0; ok && i < in->n; i++)
            ok = (i == 0 || buf_adds(out, ", ", e)) &&
                 row_value(out, in->d, in->s, rows + r * in->s->ncols,
                           in->cols[i], e);
        ok = ok && buf_add(out, ")", 1, e);
    }
    return ok;
}

/* t.a = v.column1, of the i-th of the columns with values; both dialects call
 * the columns of VALUES so. */
static bool same_value(struct buf *out, const struct insert *in, size_t i,
                       struct err *e)
{
    return buf_adds(out, "t.", e) &&
           column_name(out, in->d, in->s->cols[in->cols[i]].name, e) &&
           buf_addf(out, e, " = v.column%zu", i + 1);
}

/* NOT EXISTS finds a row by the schema's first index, where there is one. */
static bool insert_absent(struct buf *out, const struct insert *in,
                          struct err *e)
{
    const struct index *lead = in->s->nindexes ? in->s->indexes : NULL;
    bool ok = buf_adds(out, ") AS v WHERE NOT EXISTS (SELECT 1 FROM ", e) &&
              sql_ident(out, in->s->table, e) &&
              buf_adds(out, " AS t WHERE ", e);

    for (size_t i = 0; ok && lead && i < in->n; i++)
        if (in->cols[i] == lead->cols[0] && i != in->id)
            ok = same_value(out, in, i, e) && buf_adds(out, " AND ", e);
    return ok && same_value(out, in, in->id, e) && buf_add(out, ")", 1, e);
}

static bool insert_tail(struct buf *out, const struct insert *in, struct err *e)
{
    if (!in->once)
        return true;
    if (in->select && !insert_absent(out, in, e))
        return false;
    return !*in->once || (buf_adds(out, " ON CONFLICT (", e) &&
                          column_name(out, in->d, in->once, e) &&
                          buf_adds(out, ") WHERE ", e) &&
                          column_name(out, in->d, in->once, e) &&
                          buf_adds(out, " <> '' DO NOTHING", e));
}

/* Which columns have values, and where "id" is among them. */
static bool choose_columns(struct insert *in, const struct value *rows,
                           size_t nrows, struct err *e)
{
    if (nrows == 0)
        return err_set(e, ERR_ARG, "rows must not be empty");
    for (size_t c = 0; c < in->s->ncols; c++) {
        if (!is_used(rows, nrows, in->s->ncols, c))
            continue;
        if (strcmp(in->s->cols[c].name, "id") == 0)
            in->id = in->n;
        in->cols[in->n++] = c;
    }
    if (in->n == 0 && nrows > 1)
        return err_set(e, ERR_ARG, "several rows without any value");
    if (in->once && in->id == in->s->ncols)
        return err_set(e, ERR_ARG, "rows without an id cannot go once only");
    in->select = in->once && strcmp(in->once, "id") != 0;
    in->own_mark = in->select && *in->once ? in->once : NULL;
    return true;
}

bool sql_insert(struct buf *out, const struct dialect *d,
                const struct schema *s, const struct sql_rows *rows,
                struct err *e)
{
    struct insert in = {.d = d, .s = s, .id = s->ncols, .once = rows->once};
    bool ok;

    in.cols = calloc(s->ncols + 1, sizeof(*in.cols));
    if (!in.cols)
        return err_set(e, ERR_NOMEM, "out of memory");
    ok = choose_columns(&in, rows->values, rows->n, e) &&
         insert_head(out, &in, e) &&
         insert_rows(out, &in, rows->values, rows->n, e) &&
         insert_tail(out, &in, e);
    free(in.cols);
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
