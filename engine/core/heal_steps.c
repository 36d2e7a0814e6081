#include "core/heal_steps.h"

#include <stdlib.h>
#include <string.h>

#include "core/dialect.h"
#include "core/err.h"
#include "core/heal.h"

bool heal_stateless(const struct db *db)
{
    return db->ops->in_transaction == NULL;
}

bool heal_tx_aborted(struct db *db)
{
    return db->ops->dialect->failure_aborts && !heal_stateless(db) &&
           db->ops->in_transaction(db);
}

bool heal_run(struct table_heal *h, enum stmt_kind kind, const struct buf *sql,
              struct err *e)
{
    struct stmt st = {.kind = kind,
                      .sql = sql->data,
                      .len = sql->len,
                      .table = h->schema->table};

    return db_exec(h->db, &st, e);
}

bool heal_read_catalog(struct table_heal *h, struct err *e)
{
    catalog_table_free(&h->table);
    return catalog_read(h->db, &h->schema, 1, &h->table, e);
}

/* ---- what is missing ---- */

static bool lacks(const struct table_heal *h, size_t col)
{
    return !catalog_has_column(&h->table, h->schema->cols[col].name);
}

void heal_note_missing(struct table_heal *h)
{
    if (h->missing_known || h->table.ncols == 0)
        return;
    h->missing_known = true;
    for (size_t i = 0; i < h->schema->ncols; i++) {
        h->result->missing[i] = lacks(h, i);
        h->result->nmissing += h->result->missing[i];
    }
}

/* ---- adding it ---- */

bool heal_create(struct table_heal *h, struct err *e)
{
    struct buf sql = {0};
    bool ok = sql_create(&sql, h->db->ops->dialect, h->schema, e) &&
              heal_run(h, STMT_CREATE, &sql, e);

    /* Two CREATEs at once met in the catalogue, which then tells. */
    if (!ok && e->code == ERR_EXISTS && !heal_tx_aborted(h->db))
        ok = true;
    h->result->created = h->result->created || ok;
    buf_free(&sql);
    return ok;
}

static bool alter(struct table_heal *h, const size_t cols[], size_t n,
                  struct err *e)
{
    struct buf sql = {0};
    bool ok = sql_alter(&sql, h->db->ops->dialect, h->schema, cols, n, e) &&
              heal_run(h, STMT_ALTER, &sql, e);

    buf_free(&sql);
    for (size_t i = 0; ok && i < n; i++) {
        h->result->altered[cols[i]] = true;
        h->result->naltered++;
    }
    return ok;
}

/*
 * "Already exists" to an ALTER that adds n columns: another writer was faster,
 * if the catalogue shows one of them now.  Then cols and *left are what is
 * still missing, none of it counted as ours; otherwise the error stands.
 */
static bool added_by_another(struct table_heal *h, size_t cols[], size_t n,
                             size_t *left, struct err *e)
{
    struct err why = *e;
    bool present = false;

    if (!heal_read_catalog(h, e))
        return false;
    for (size_t i = 0; i < n; i++)
        present = present || !lacks(h, cols[i]);
    if (!present) {
        *e = why;
        return false;
    }
    *left = catalog_missing(&h->table, h->schema, cols);
    return true;
}

static bool add_columns(struct table_heal *h, size_t cols[], size_t n,
                        struct err *e)
{
    while (n > 0) {
        size_t batch = h->db->ops->dialect->alters_many ? n : 1;

        if (alter(h, cols, batch, e)) {
            n -= batch;
            memmove(cols, cols + batch, n * sizeof(*cols));
            continue;
        }
        if (e->code != ERR_EXISTS || heal_tx_aborted(h->db) ||
            !added_by_another(h, cols, batch, &n, e))
            return false;
    }
    return true;
}

bool heal_add_columns(struct table_heal *h, struct err *e)
{
    size_t *cols = calloc(h->schema->ncols + 1, sizeof(*cols));
    bool ok;

    if (!cols)
        return err_set(e, ERR_NOMEM, "out of memory");
    heal_note_missing(h);
    ok = add_columns(h, cols, catalog_missing(&h->table, h->schema, cols), e);
    free(cols);
    return ok;
}

bool heal_create_and_add(struct table_heal *h, struct err *e)
{
    return heal_create(h, e) && heal_read_catalog(h, e) &&
           heal_add_columns(h, e);
}

bool heal_create_or_add(struct table_heal *h, struct err *e)
{
    return h->table.ncols ? heal_add_columns(h, e) : heal_create_and_add(h, e);
}
