#include "core/plan.h"

#include <stdlib.h>

#include "core/buf.h"
#include "core/catalog.h"
#include "core/dialect.h"
#include "core/err.h"
#include "core/schema.h"
#include "core/sql.h"

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

bool plan_table(const struct dialect *d, const struct schema *s,
                const struct catalog_table *table, struct plan *out,
                struct err *e)
{
    return plan_statements(d, s, table, out, e) &&
           plan_drift(d, s, table, out, e);
}
