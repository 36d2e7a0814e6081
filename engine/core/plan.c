#include "core/plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/buf.h"
#include "core/catalog.h"
#include "core/dialect.h"
#include "core/err.h"
#include "core/schema.h"
#include "core/sql.h"

static void drift_free(struct drift *d)
{
    free(d->column);
    free(d->have);
    free(d->want);
    free(d->sql);
}

void plan_free(struct plan *p)
{
    for (size_t i = 0; i < p->nstatements; i++)
        free(p->statements[i]);
    for (size_t i = 0; i < p->ndrift; i++)
        drift_free(&p->drift[i]);
    free(p->statements);
    free(p->drift);
    *p = (struct plan){0};
}

/* Takes the text over; the buffer is empty afterwards. */
static bool add_statement(struct plan *p, struct buf *sql, struct err *e)
{
    char **grown =
        realloc(p->statements, (p->nstatements + 1) * sizeof(*p->statements));

    if (!grown)
        return err_set(e, ERR_NOMEM, "out of memory");
    p->statements = grown;
    p->statements[p->nstatements++] = sql->data;
    *sql = (struct buf){0};
    return true;
}

static bool plan_columns(const struct dialect *d, const struct schema *s,
                         const struct catalog_table *table, struct plan *p,
                         struct err *e)
{
    size_t *cols = calloc(s->ncols + 1, sizeof(*cols));
    struct buf sql = {0};
    size_t n = cols ? catalog_missing(table, s, cols) : 0;
    bool ok = cols || err_set(e, ERR_NOMEM, "out of memory");

    for (size_t i = 0; ok && i < n;) {
        size_t take = d->alters_many ? n : 1;

        ok = sql_alter(&sql, d, s, cols + i, take, e) &&
             add_statement(p, &sql, e);
        i += take;
    }
    buf_free(&sql);
    free(cols);
    return ok;
}

static bool plan_statements(const struct dialect *d, const struct schema *s,
                            const struct catalog_table *table, struct plan *p,
                            struct err *e)
{
    struct buf sql = {0};
    bool ok = true;

    if (table->ncols == 0)
        ok = sql_create(&sql, d, s, e) && add_statement(p, &sql, e);
    else
        ok = plan_columns(d, s, table, p, e);
    /* Where the catalogue query shows no indexes, nothing is claimed. */
    for (size_t i = 0; ok && i < s->nindexes; i++)
        if ((d->catalog_indexes || table->ncols == 0) &&
            !catalog_has_index(table, s->indexes[i].name))
            ok = sql_create_index(&sql, s, i, e) && add_statement(p, &sql, e);
    buf_free(&sql);
    return ok;
}

/* ---- drift: what heal must not touch ---- */

const char *drift_name(enum drift_kind k)
{
    static const char *const names[] = {"type", "null", "default", "case",
                                        "unknown"};

    return names[k];
}

struct comparison {
    const struct dialect *dialect;
    const struct schema *schema;
    struct plan *plan;
};

/* A difference; the texts are borrowed. */
struct difference {
    enum drift_kind kind;
    const char *have, *want;
    const char *change[2]; /* ALTER COLUMN's words */
};

/* What a person would run. */
static bool by_hand(const struct comparison *x,
                    const struct catalog_column *col,
                    const struct difference *d, struct buf *sql, struct err *e)
{
    const char *table = x->schema->table;

    if (d->kind == DRIFT_CASE)
        return sql_rename_column(sql, table, col->name, d->want, e);
    if (d->kind == DRIFT_UNKNOWN)
        return buf_adds(sql,
                        "-- keep it: it belongs to a newer version, or append "
                        "it to the schema",
                        e);
    if (!x->dialect->alters_column)
        return buf_adds(sql,
                        "-- SQLite changes no column in place: copy the rows "
                        "into a new table of the wanted shape",
                        e);
    return sql_alter_column(sql, table, col->name, d->change[0], e) &&
           buf_adds(sql, d->change[1], e);
}

static bool add(const struct comparison *x, const struct catalog_column *col,
                const struct difference *d, struct err *e)
{
    struct plan *p = x->plan;
    struct drift *grown = realloc(p->drift, (p->ndrift + 1) * sizeof(*grown));
    struct drift copy = {.kind = d->kind};
    struct buf sql = {0};

    if (grown)
        p->drift = grown;
    if (!by_hand(x, col, d, &sql, e)) {
        buf_free(&sql);
        return false;
    }
    copy.sql = sql.data;
    copy.column = strdup(col->name);
    copy.have = strdup(d->have);
    copy.want = strdup(d->want);
    if (grown && copy.column && copy.have && copy.want) {
        p->drift[p->ndrift++] = copy;
        return true;
    }
    drift_free(&copy);
    return err_set(e, ERR_NOMEM, "out of memory");
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

static bool compare_type(const struct comparison *x, const struct column *c,
                         const struct catalog_column *col, struct err *e)
{
    const char *want = x->dialect->types[c->type][0];
    const struct difference d = {DRIFT_TYPE, col->type, want, {"TYPE ", want}};

    return serves(x->dialect, c->type, col->type) || add(x, col, &d, e);
}

static bool compare_null(const struct comparison *x, const struct column *c,
                         const struct catalog_column *col, struct err *e)
{
    static const char *const words[2] = {"NULL allowed", "NOT NULL"};
    const struct difference d = {
        DRIFT_NULL,
        words[col->not_null],
        words[c->not_null],
        {c->not_null ? "SET NOT NULL" : "DROP NOT NULL", ""}};

    return c->not_null == col->not_null || add(x, col, &d, e);
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

static bool compare_default(const struct comparison *x, const struct column *c,
                            const struct catalog_column *col, struct err *e)
{
    const char *have = col->default_sql ? col->default_sql : "";
    struct buf want = {0};
    struct buf plain = {0};
    bool ok = buf_adds(&want, "", e) && buf_adds(&plain, "", e) &&
              sql_default(&want, x->dialect, c, e) &&
              sql_default(&plain, &dialect_sqlite, c, e);

    if (ok && (c->has_default ? !same_default(col->default_sql, plain.data)
                              : col->default_sql != NULL)) {
        const struct difference d = {
            DRIFT_DEFAULT,
            have,
            want.data,
            {c->has_default ? "SET DEFAULT " : "DROP DEFAULT", want.data}};

        ok = add(x, col, &d, e);
    }
    buf_free(&plain);
    buf_free(&want);
    return ok;
}

static bool compare_column(const struct comparison *x,
                           const struct catalog_column *col, struct err *e)
{
    int at = schema_find(x->schema, col->name, strlen(col->name));
    const struct column *c = at < 0 ? NULL : &x->schema->cols[at];
    struct difference d = {.kind = DRIFT_CASE, .have = col->name};

    if (!c) {
        d.kind = DRIFT_UNKNOWN;
        d.have = col->type[0] ? col->type : col->name;
        d.want = "";
        return add(x, col, &d, e);
    }
    d.want = c->name;
    if (strcmp(c->name, col->name) != 0 && !add(x, col, &d, e))
        return false;
    if (col->type[0] == '\0')
        return true; /* a catalogue that tells names only */
    return compare_type(x, c, col, e) && compare_null(x, c, col, e) &&
           compare_default(x, c, col, e);
}

static bool plan_drift(const struct dialect *d, const struct schema *s,
                       const struct catalog_table *table, struct plan *out,
                       struct err *e)
{
    const struct comparison x = {.dialect = d, .schema = s, .plan = out};

    for (size_t i = 0; i < table->ncols; i++)
        if (!compare_column(&x, &table->cols[i], e))
            return false;
    return true;
}

bool plan_table(const struct dialect *d, const struct schema *s,
                const struct catalog_table *table, struct plan *out,
                struct err *e)
{
    return plan_statements(d, s, table, out, e) &&
           plan_drift(d, s, table, out, e);
}
