#include "core/catalog.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/db.h"
#include "core/dialect.h"
#include "core/err.h"
#include "core/schema.h"

static void free_column(struct catalog_column *c)
{
    free(c->name);
    free(c->type);
    free(c->default_sql);
}

void catalog_table_free(struct catalog_table *t)
{
    for (size_t i = 0; i < t->ncols; i++)
        free_column(&t->cols[i]);
    for (size_t i = 0; i < t->nindexes; i++)
        free(t->indexes[i]);
    free(t->cols);
    free(t->indexes);
    *t = (struct catalog_table){0};
}

bool catalog_has_column(const struct catalog_table *t, const char *name)
{
    for (size_t i = 0; i < t->ncols; i++)
        if (strcasecmp(t->cols[i].name, name) == 0)
            return true;
    return false;
}

size_t catalog_missing(const struct catalog_table *t, const struct schema *s,
                       size_t cols[])
{
    size_t n = 0;

    for (size_t i = 0; i < s->ncols; i++) {
        if (catalog_has_column(t, s->cols[i].name))
            continue;
        if (cols)
            cols[n] = i;
        n++;
    }
    return n;
}

bool catalog_has_index(const struct catalog_table *t, const char *name)
{
    for (size_t i = 0; i < t->nindexes; i++)
        if (strcasecmp(t->indexes[i], name) == 0)
            return true;
    return false;
}

/* The columns of the catalogue query. */
enum field { TABLE, COLUMN, TYPE, NOT_NULL, DEFAULT, INDEX };

/* A field of the current row, wherever it stands: a store of Lua functions may
 * hand them back in any order. */
static const struct value *field(const struct cursor *c, enum field f)
{
    static const char *const names[] = {"table_name",     "column_name",
                                        "data_type",      "not_null",
                                        "column_default", "index_name"};
    static const struct value null = {.kind = VALUE_NULL};

    for (size_t i = 0; i < c->ncols; i++)
        if (strcasecmp(c->names[i], names[f]) == 0)
            return &c->values[i];
    return &null;
}

static char *copy(const struct value *v)
{
    return v->kind == VALUE_TEXT ? strndup(v->text, v->len) : NULL;
}

static bool is_true(const struct value *v)
{
    if (v->kind == VALUE_TEXT)
        return v->len > 0 && (v->text[0] == 't' || v->text[0] == '1');
    return (v->kind == VALUE_INT || v->kind == VALUE_BOOL) && v->integer != 0;
}

static bool add_index(struct catalog_table *t, const struct value *name,
                      struct err *e)
{
    char **grown = realloc(t->indexes, (t->nindexes + 1) * sizeof(*t->indexes));

    if (grown) {
        t->indexes = grown;
        t->indexes[t->nindexes] = copy(name);
        if (t->indexes[t->nindexes]) {
            t->nindexes++;
            return true;
        }
    }
    return err_set(e, ERR_NOMEM, "out of memory");
}

static bool add_column(struct catalog_table *t, const struct cursor *c,
                       struct err *e)
{
    const struct value *type = field(c, TYPE);
    const struct value *dflt = field(c, DEFAULT);
    struct catalog_column *grown =
        realloc(t->cols, (t->ncols + 1) * sizeof(*t->cols));
    struct catalog_column col = {
        .name = copy(field(c, COLUMN)),
        .type = type->kind == VALUE_TEXT ? copy(type) : strdup(""),
        .default_sql = copy(dflt),
        .not_null = is_true(field(c, NOT_NULL)),
    };

    if (grown)
        t->cols = grown;
    if (grown && col.name && col.type &&
        (col.default_sql || dflt->kind != VALUE_TEXT)) {
        t->cols[t->ncols++] = col;
        return true;
    }
    free_column(&col);
    return err_set(e, ERR_NOMEM, "out of memory");
}

/* The table a row is about; where none is named it is the only one. */
static struct catalog_table *table_of(const struct value *name,
                                      const struct schema *const s[], size_t n,
                                      struct catalog_table out[])
{
    if (name->kind != VALUE_TEXT)
        return n == 1 ? out : NULL;
    for (size_t i = 0; i < n; i++)
        if (strlen(s[i]->table) == name->len &&
            strncasecmp(s[i]->table, name->text, name->len) == 0)
            return &out[i];
    return NULL;
}

static bool read_row(const struct cursor *c, const struct schema *const s[],
                     size_t n, struct catalog_table out[], struct err *e)
{
    struct catalog_table *t = table_of(field(c, TABLE), s, n, out);

    if (!t)
        return true;
    if (field(c, INDEX)->kind == VALUE_TEXT)
        return add_index(t, field(c, INDEX), e);
    return field(c, COLUMN)->kind != VALUE_TEXT || add_column(t, c, e);
}

static bool read_rows(struct db *db, const struct stmt *st,
                      const struct schema *const s[], size_t n,
                      struct catalog_table out[], struct err *e)
{
    struct cursor *c = NULL;
    enum db_step step;

    if (!db->ops->open(db, st, &c, e))
        return false;
    while ((step = db->ops->step(c, e)) == DB_ROW)
        if (!read_row(c, s, n, out, e)) {
            step = DB_FAIL;
            break;
        }
    db->ops->finish(c);
    return step == DB_DONE;
}

static bool list_tables(struct buf *out, const struct dialect *d,
                        const struct schema *const s[], size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        if (!buf_adds(out, i ? ", " : "", e) ||
            !sql_text(out, d, s[i]->table, strlen(s[i]->table), e))
            return false;
    return true;
}

/* Appends the dialect's catalogue query for n tables. */
static bool write_query(struct buf *out, const struct dialect *d,
                        const char *workspace, const struct schema *const s[],
                        size_t n, struct err *e)
{
    const char *from = d->catalog;
    const char *mark;

    for (; (mark = strchr(from, '%')) != NULL; from = mark + 2)
        if (!buf_add(out, from, (size_t)(mark - from), e) ||
            !(mark[1] == 't'
                  ? list_tables(out, d, s, n, e)
                  : sql_text(out, d, workspace, strlen(workspace), e)))
            return false;
    return buf_adds(out, from, e);
}

static bool ask(struct db *db, const struct schema *const s[], size_t n,
                struct catalog_table out[], struct err *e)
{
    struct buf sql = {0};
    struct stmt st = {.kind = STMT_CATALOG, .table = s[0]->table};
    bool ok = write_query(&sql, db->ops->dialect, db->workspace, s, n, e);

    if (ok) {
        st.sql = sql.data;
        st.len = sql.len;
        ok = read_rows(db, &st, s, n, out, e);
    }
    buf_free(&sql);
    return ok;
}

bool catalog_read(struct db *db, const struct schema *const s[], size_t n,
                  struct catalog_table out[], struct err *e)
{
    if (n == 0)
        return true;
    if (!db->ops->dialect->catalog_per_table)
        return ask(db, s, n, out, e);
    for (size_t i = 0; i < n; i++)
        if (!ask(db, s + i, 1, out + i, e))
            return false;
    return true;
}
