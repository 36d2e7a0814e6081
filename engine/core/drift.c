#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/buf.h"
#include "core/catalog.h"
#include "core/dialect.h"
#include "core/err.h"
#include "core/plan.h"
#include "core/schema.h"
#include "core/sql.h"

const char *drift_name(enum drift_kind k)
{
    static const char *const names[] = {"type", "null", "default", "case",
                                        "unknown"};

    return names[k];
}

struct diff {
    const struct dialect *dialect;
    const struct schema *s;
    struct plan *p;
};

/* Adds one drift; want may be NULL; takes sql's text over. */
static bool add_drift(struct diff *x, enum drift_kind k,
                      const struct catalog_column *col,
                      const char *const text[2], struct buf *sql, struct err *e)
{
    struct drift *grown =
        realloc(x->p->drift, (x->p->ndrift + 1) * sizeof(*x->p->drift));
    struct drift d = {.kind = k,
                      .column = strdup(col->name),
                      .have = strdup(text[0]),
                      .want = strdup(text[1] ? text[1] : ""),
                      .sql = sql->data};

    *sql = (struct buf){0};
    if (grown)
        x->p->drift = grown;
    if (grown && d.column && d.have && d.want) {
        x->p->drift[x->p->ndrift++] = d;
        return true;
    }
    free(d.column);
    free(d.have);
    free(d.want);
    free(d.sql);
    return err_set(e, ERR_NOMEM, "out of memory");
}

static bool by_hand(struct diff *x, const struct catalog_column *col,
                    const char *const change[3], struct buf *sql, struct err *e)
{
    struct buf text = {0};
    bool ok;

    if (!x->dialect->alters_column)
        return buf_adds(sql,
                        "-- SQLite changes no column in place: copy the rows "
                        "into a new table of the wanted shape",
                        e);
    ok = buf_adds(&text, change[0], e) && buf_adds(&text, change[1], e) &&
         buf_adds(&text, change[2], e) &&
         sql_alter_column(sql, x->s->table, col->name, text.data, e);
    buf_free(&text);
    return ok;
}

/* True when a column that the catalogue declares so is as good as ours. */
static bool serves(const struct dialect *d, enum column_type t,
                   const char *declared)
{
    for (size_t i = 0; d->types[t][i]; i++)
        if (strcasecmp(declared, d->types[t][i]) == 0)
            return true;
    return false;
}

static bool diff_type(struct diff *x, const struct column *c,
                      const struct catalog_column *col, struct err *e)
{
    const struct dialect *d = x->dialect;
    const char *want = d->types[c->type][0];
    const char *const text[2] = {col->type, want};
    const char *const change[3] = {"TYPE ", want, ""};
    struct buf sql = {0};
    bool ok;

    if (serves(d, c->type, col->type))
        return true;
    ok = by_hand(x, col, change, &sql, e) &&
         add_drift(x, DRIFT_TYPE, col, text, &sql, e);
    buf_free(&sql);
    return ok;
}

static bool diff_null(struct diff *x, const struct column *c,
                      const struct catalog_column *col, struct err *e)
{
    static const char *const words[2] = {"NULL allowed", "NOT NULL"};
    const char *const text[2] = {words[col->not_null], words[c->not_null]};
    const char *const change[3] = {
        c->not_null ? "SET NOT NULL" : "DROP NOT NULL", "", ""};
    struct buf sql = {0};
    bool ok;

    if (c->not_null == col->not_null)
        return true;
    ok = by_hand(x, col, change, &sql, e) &&
         add_drift(x, DRIFT_NULL, col, text, &sql, e);
    buf_free(&sql);
    return ok;
}

/* 'x'::text and 'x' are one default; so are (0) and 0, '-1'::integer and -1.
 * want has no E'...', as the catalogue shows none: SQLite's literals. */
static bool same_default(const char *have, const char *want)
{
    size_t n = strlen(want);

    if (!have)
        return false;
    if (strncmp(have, want, n) == 0)
        return have[n] == '\0' || strncmp(have + n, "::", 2) == 0;
    if (strncmp(have + (*have != '\0'), want, n) != 0)
        return false;
    return *have == '(' ? have[n + 1] == ')'
                        : *have == '\'' && strncmp(have + n + 1, "'::", 3) == 0;
}

static bool diff_default(struct diff *x, const struct column *c,
                         const struct catalog_column *col, struct err *e)
{
    struct buf want = {0};
    struct buf plain = {0};
    struct buf sql = {0};
    bool ok = buf_adds(&want, "", e) && buf_adds(&plain, "", e) &&
              sql_default(&want, x->dialect, c, e) &&
              sql_default(&plain, &dialect_sqlite, c, e);

    if (ok && (c->has_default ? !same_default(col->dflt, plain.data)
                              : col->dflt != NULL)) {
        const char *const text[2] = {col->dflt ? col->dflt : "", want.data};
        const char *const change[3] = {
            c->has_default ? "SET DEFAULT " : "DROP DEFAULT", want.data, ""};

        ok = by_hand(x, col, change, &sql, e) &&
             add_drift(x, DRIFT_DEFAULT, col, text, &sql, e);
    }
    buf_free(&sql);
    buf_free(&plain);
    buf_free(&want);
    return ok;
}

static bool diff_case(struct diff *x, const struct column *c,
                      const struct catalog_column *col, struct err *e)
{
    const char *const text[2] = {col->name, c->name};
    struct buf sql = {0};
    bool ok;

    if (strcmp(c->name, col->name) == 0)
        return true;
    ok = sql_rename_column(&sql, x->s->table, col->name, c->name, e) &&
         add_drift(x, DRIFT_CASE, col, text, &sql, e);
    buf_free(&sql);
    return ok;
}

static bool diff_unknown(struct diff *x, const struct catalog_column *col,
                         struct err *e)
{
    const char *const text[2] = {col->type[0] ? col->type : col->name, NULL};
    struct buf sql = {0};
    bool ok = buf_adds(&sql,
                       "-- keep it: it belongs to a newer version, or append "
                       "it to the schema",
                       e) &&
              add_drift(x, DRIFT_UNKNOWN, col, text, &sql, e);

    buf_free(&sql);
    return ok;
}

static bool diff_column(struct diff *x, const struct catalog_column *col,
                        struct err *e)
{
    int at = schema_find(x->s, col->name, strlen(col->name));
    const struct column *c;

    if (at < 0)
        return diff_unknown(x, col, e);
    c = &x->s->cols[at];
    if (!diff_case(x, c, col, e))
        return false;
    if (col->type[0] == '\0')
        return true; /* a look that tells names only */
    return diff_type(x, c, col, e) && diff_null(x, c, col, e) &&
           diff_default(x, c, col, e);
}

bool plan_drift(const struct dialect *d, const struct schema *s,
                const struct catalog_table *sh, struct plan *out, struct err *e)
{
    struct diff x = {.dialect = d, .s = s, .p = out};

    for (size_t i = 0; i < sh->ncols; i++)
        if (!diff_column(&x, &sh->cols[i], e))
            return false;
    return true;
}
