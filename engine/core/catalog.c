#include "core/catalog.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/db.h"
#include "core/dialect.h"
#include "core/err.h"
#include "core/schema.h"

void catalog_table_free(struct catalog_table *sh)
{
    for (size_t i = 0; i < sh->ncols; i++) {
        free(sh->cols[i].name);
        free(sh->cols[i].type);
        free(sh->cols[i].dflt);
    }
    for (size_t i = 0; i < sh->nindexes; i++)
        free(sh->indexes[i]);
    free(sh->cols);
    free(sh->indexes);
    *sh = (struct catalog_table){0};
}

bool catalog_has_column(const struct catalog_table *sh, const char *name)
{
    for (size_t i = 0; i < sh->ncols; i++)
        if (strcasecmp(sh->cols[i].name, name) == 0)
            return true;
    return false;
}

bool catalog_has_index(const struct catalog_table *sh, const char *name)
{
    for (size_t i = 0; i < sh->nindexes; i++)
        if (strcasecmp(sh->indexes[i], name) == 0)
            return true;
    return false;
}

/* The look's columns by position, since a store of Lua functions may hand
 * them back in any order. */
struct fields {
    int table, column, type, not_null, dflt, index;
};

static int position(const struct cursor *c, const char *name)
{
    for (size_t i = 0; i < c->ncols; i++)
        if (strcasecmp(c->names[i], name) == 0)
            return (int)i;
    return -1;
}

static const struct value *field(const struct cursor *c, int at)
{
    static const struct value null = {.kind = VALUE_NULL};

    return at < 0 ? &null : &c->values[at];
}

static char *copy(const struct value *v)
{
    return v->kind == VALUE_TEXT ? strndup(v->text, v->len) : NULL;
}

static bool truth(const struct value *v)
{
    if (v->kind == VALUE_TEXT)
        return v->len > 0 && (v->text[0] == 't' || v->text[0] == '1');
    return (v->kind == VALUE_INT || v->kind == VALUE_BOOL) && v->integer != 0;
}

static bool add_index(struct catalog_table *sh, const struct value *name,
                      struct err *e)
{
    char **grown =
        realloc(sh->indexes, (sh->nindexes + 1) * sizeof(*sh->indexes));

    if (grown) {
        sh->indexes = grown;
        sh->indexes[sh->nindexes] = copy(name);
        if (sh->indexes[sh->nindexes]) {
            sh->nindexes++;
            return true;
        }
    }
    return err_set(e, ERR_NOMEM, "out of memory");
}

static bool add_column(struct catalog_table *sh, const struct cursor *c,
                       const struct fields *f, struct err *e)
{
    const struct value *type = field(c, f->type);
    const struct value *dflt = field(c, f->dflt);
    struct catalog_column *grown =
        realloc(sh->cols, (sh->ncols + 1) * sizeof(*sh->cols));
    struct catalog_column col = {
        .name = copy(field(c, f->column)),
        .type = type->kind == VALUE_TEXT ? copy(type) : strdup(""),
        .dflt = copy(dflt),
        .not_null = truth(field(c, f->not_null)),
    };

    if (grown)
        sh->cols = grown;
    if (grown && col.name && col.type &&
        (col.dflt || dflt->kind != VALUE_TEXT)) {
        sh->cols[sh->ncols++] = col;
        return true;
    }
    free(col.name);
    free(col.type);
    free(col.dflt);
    return err_set(e, ERR_NOMEM, "out of memory");
}

/* The table a row of the look is about; without a name it is the only one. */
static struct catalog_table *about(const struct value *table,
                                   const struct schema *const s[], size_t n,
                                   struct catalog_table out[])
{
    if (table->kind != VALUE_TEXT)
        return n == 1 ? out : NULL;
    for (size_t i = 0; i < n; i++)
        if (strlen(s[i]->table) == table->len &&
            strncasecmp(s[i]->table, table->text, table->len) == 0)
            return &out[i];
    return NULL;
}

static bool take_row(const struct cursor *c, const struct fields *f,
                     const struct schema *const s[], size_t n,
                     struct catalog_table out[], struct err *e)
{
    struct catalog_table *sh = about(field(c, f->table), s, n, out);
    const struct value *index = field(c, f->index);

    if (!sh)
        return true;
    if (index->kind == VALUE_TEXT)
        return add_index(sh, index, e);
    if (field(c, f->column)->kind != VALUE_TEXT)
        return true;
    return add_column(sh, c, f, e);
}

static bool read_rows(struct db *db, const struct stmt *st,
                      const struct schema *const s[], size_t n,
                      struct catalog_table out[], struct err *e)
{
    struct cursor *c = NULL;
    enum db_step step;
    struct fields f;

    if (!db->ops->open(db, st, &c, e))
        return false;
    while ((step = db->ops->step(c, e)) == DB_ROW) {
        f = (struct fields){
            position(c, "table_name"),     position(c, "column_name"),
            position(c, "data_type"),      position(c, "not_null"),
            position(c, "column_default"), position(c, "index_name"),
        };
        if (!take_row(c, &f, s, n, out, e)) {
            step = DB_FAIL;
            break;
        }
    }
    db->ops->finish(c);
    return step == DB_DONE;
}

static bool look(struct db *db, const struct schema *const s[], size_t n,
                 struct catalog_table out[], struct err *e)
{
    struct buf sql = {0};
    struct stmt st = {.kind = STMT_CATALOG, .table = s[0]->table};
    bool ok = sql_catalog_query(&sql, db->ops->dialect, db->workspace, s, n, e);

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
        return look(db, s, n, out, e);
    for (size_t i = 0; i < n; i++)
        if (!look(db, s + i, 1, out + i, e))
            return false;
    return true;
}
