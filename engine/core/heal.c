#include "core/heal.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"
#include "core/catalog.h"
#include "core/db.h"
#include "core/dialect.h"
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

static bool lacks_index(const struct table_heal *h, size_t i)
{
    return !catalog_has_index(&h->table, h->schema->indexes[i].name);
}

static void add_indexes(struct table_heal *h, bool all)
{
    struct heal *result = h->result;

    for (size_t i = 0; i < h->schema->nindexes; i++) {
        struct buf sql = {0};
        struct err e;

        if (!all && !lacks_index(h, i))
            continue;
        if (sql_create_index(&sql, h->schema, i, &e) &&
            (heal_create_index(h, &sql, &e) || e.code == ERR_EXISTS))
            result->indexed++;
        else
            snprintf(result->index_err, sizeof(result->index_err), "%.159s",
                     e.message);
        buf_free(&sql);
    }
}

/* ---- the ways in ---- */

static bool is_complete(const struct table_heal *h)
{
    return catalog_missing(&h->table, h->schema, NULL) == 0;
}

/* The catalogue query has been sent. */
static bool heal_known(struct table_heal *h, enum heal_how how, struct err *e)
{
    if (!heal_stateless(h->db)) {
        if (!is_complete(h) && !heal_in_session(h, e))
            return false;
        add_indexes(h, false);
        return true;
    }
    if (!heal_create_or_add(h, e))
        return false;
    if (how == HEAL_ENSURE)
        add_indexes(h, !h->db->ops->dialect->catalog_indexes);
    return true;
}

/* A service that lists its tables is asked before the catalogue. */
static bool heal_listed(struct table_heal *h, struct err *e)
{
    bool present = false;

    if (!h->db->ops->listed(h->db, h->schema->table, &present, e) ||
        (!present && !heal_create(h, e)) || !heal_read_catalog(h, e))
        return false;
    if (!(present ? heal_create_or_add : heal_add_columns)(h, e))
        return false;
    add_indexes(h, true);
    return true;
}

static bool use_list(const struct db *db, enum heal_how how)
{
    return how == HEAL_ENSURE && db->ops->listed;
}

/* Takes *table over. */
static bool heal_one(struct db *db, const struct schema *s, enum heal_how how,
                     struct catalog_table *table, struct heal *result,
                     struct err *e)
{
    struct table_heal h = {
        .db = db, .schema = s, .table = *table, .result = result};
    bool ok;

    *table = (struct catalog_table){0};
    ok = use_list(db, how) ? heal_listed(&h, e) : heal_known(&h, how, e);
    catalog_table_free(&h.table);
    return ok;
}

bool heal_tables(struct db *db, const struct schema *const s[], size_t n,
                 enum heal_how how, struct heal out[], struct err *e)
{
    struct catalog_table *tables = calloc(n + 1, sizeof(*tables));
    bool per_table = db->ops->dialect->catalog_per_table;
    bool ask = !use_list(db, how);
    bool ok = tables != NULL;

    if (!ok)
        err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; ok && i < n; i++)
        ok = heal_init(&out[i], s[i], e);
    if (ok && ask && !per_table)
        ok = catalog_read(db, s, n, tables, e);
    for (size_t i = 0; ok && i < n; i++) {
        if (ask && per_table)
            ok = catalog_read(db, s + i, 1, tables + i, e);
        ok = ok && heal_one(db, s[i], how, &tables[i], &out[i], e);
    }
    for (size_t i = 0; tables && i < n; i++)
        catalog_table_free(&tables[i]);
    free(tables);
    return ok;
}

bool heal_after(struct db *db, const struct schema *s, const struct err *why,
                struct heal *out, struct err *e)
{
    struct table_heal h = {.db = db, .schema = s, .result = out};
    bool ok = heal_init(out, s, e);

    if (ok && why->code == ERR_NO_TABLE && heal_stateless(db)) {
        ok = heal_create_and_add(&h, e);
    } else if (ok) {
        ok = heal_read_catalog(&h, e);
        if (ok && heal_stateless(db) && is_complete(&h)) {
            *e = *why;
            ok = false;
        }
        ok = ok && heal_known(&h, HEAL_TABLE, e);
    }
    catalog_table_free(&h.table);
    return ok;
}
