#include "core/heal.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"
#include "core/catalog.h"
#include "core/db.h"
#include "core/heal_steps.h"
#include "core/schema.h"

void heal_free(struct heal *h)
{
    free(h->missing);
    free(h->altered);
    *h = (struct heal){0};
}

static bool heal_init(struct heal *h, const struct schema *s, struct err *e)
{
    heal_free(h);
    h->missing = calloc(s->ncols + 1, sizeof(*h->missing));
    h->altered = calloc(s->ncols + 1, sizeof(*h->altered));
    return (h->missing && h->altered) || err_set(e, ERR_NOMEM, "out of memory");
}

/* ---- indexes ---- */

static void add_indexes(struct table_heal *j, bool all)
{
    for (size_t i = 0; i < j->s->nindexes; i++) {
        struct buf sql = {0};
        struct err e;

        if (!all && catalog_has_index(&j->shape, j->s->indexes[i].name))
            continue;
        if (sql_create_index(&sql, j->s, i, &e) &&
            (heal_step_index(j, &sql, &e) || e.code == ERR_EXISTS))
            j->out->indexed++;
        else
            snprintf(j->out->index_err, sizeof(j->out->index_err), "%.159s",
                     e.message);
        buf_free(&sql);
    }
}

/* ---- the ways in ---- */

static bool lacks_index(const struct table_heal *j)
{
    for (size_t i = 0; i < j->s->nindexes; i++)
        if (!catalog_has_index(&j->shape, j->s->indexes[i].name))
            return true;
    return false;
}

/* The table's shape has been looked at. */
static bool heal_looked(struct table_heal *j, enum heal_how how, struct err *e)
{
    bool ok = true;

    if (heal_step_stateless(j->db))
        ok = j->shape.ncols ? heal_step_add(j, e)
                            : heal_step_create_and_add(j, e);
    else if (!heal_step_complete(j))
        ok = heal_step_session(j, e);
    if (ok && heal_step_stateless(j->db) && how == HEAL_ENSURE)
        add_indexes(j, j->db->ops->dialect == SQL_DEEPLAKE);
    else if (ok && !heal_step_stateless(j->db) && lacks_index(j))
        add_indexes(j, false);
    return ok;
}

/* A service that lists its tables: list, create if absent, always look. */
static bool heal_listed(struct table_heal *j, struct err *e)
{
    bool present = false;

    if (!j->db->ops->listed(j->db, j->s->table, &present, e))
        return false;
    if (!present && !heal_step_create(j, e))
        return false;
    if (!heal_step_look(j, e))
        return false;
    if (!present || j->shape.ncols) {
        if (!heal_step_add(j, e))
            return false;
    } else if (!heal_step_create_and_add(j, e)) {
        return false;
    }
    add_indexes(j, true);
    return true;
}

static bool each(struct db *db, const struct schema *s, enum heal_how how,
                 struct catalog_table *shape, struct heal *out, struct err *e)
{
    struct table_heal j = {.db = db, .s = s, .out = out};
    bool ok;

    j.shape = *shape;
    *shape = (struct catalog_table){0};
    ok = how == HEAL_ENSURE && db->ops->listed ? heal_listed(&j, e)
                                               : heal_looked(&j, how, e);
    catalog_table_free(&j.shape);
    return ok;
}

bool heal_tables(struct db *db, const struct schema *const s[], size_t n,
                 enum heal_how how, struct heal out[], struct err *e)
{
    struct catalog_table *shapes = calloc(n + 1, sizeof(*shapes));
    bool one_look = db->ops->dialect != SQL_DEEPLAKE;
    bool lists = how == HEAL_ENSURE && db->ops->listed;
    bool ok = shapes != NULL;

    if (!ok)
        err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; ok && i < n; i++)
        ok = heal_init(&out[i], s[i], e);
    if (ok && one_look && !lists)
        ok = catalog_read(db, s, n, shapes, e);
    for (size_t i = 0; ok && i < n; i++) {
        if (!one_look && !lists)
            ok = catalog_read(db, s + i, 1, shapes + i, e);
        ok = ok && each(db, s[i], how, &shapes[i], &out[i], e);
    }
    for (size_t i = 0; shapes && i < n; i++)
        catalog_table_free(&shapes[i]);
    free(shapes);
    return ok;
}

bool heal_after(struct db *db, const struct schema *s, const struct err *why,
                struct heal *out, struct err *e)
{
    struct table_heal j = {.db = db, .s = s, .out = out};
    bool ok = heal_init(out, s, e);

    if (ok && heal_tx_aborted(&j)) {
        *e = *why; /* only a ROLLBACK would be heard */
        ok = false;
    } else if (ok && why->code == ERR_NO_TABLE && heal_step_stateless(db)) {
        ok = heal_step_create_and_add(&j, e);
    } else if (ok) {
        ok = heal_step_look(&j, e);
        if (ok && heal_step_stateless(db) && heal_step_complete(&j)) {
            *e = *why;
            ok = false;
        }
        ok = ok && heal_looked(&j, HEAL_TABLE, e);
    }
    catalog_table_free(&j.shape);
    return ok;
}
