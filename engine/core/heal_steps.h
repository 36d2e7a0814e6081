/*
 * heal_steps.h - one table's heal, step by step; heal.c says in which order.
 */
#ifndef ENGINE_CORE_HEAL_STEPS_H
#define ENGINE_CORE_HEAL_STEPS_H

#include <stdbool.h>

#include "core/catalog.h"
#include "core/db.h"

struct err;
struct heal;
struct schema;

/* One table's heal while it runs.  The function of heal.c that makes it lends
 * it db, schema and result, and frees table at the end. */
struct table_heal {
    struct db *db;
    const struct schema *schema;
    struct catalog_table table; /* as the last catalogue query showed it */
    struct heal *result;
    bool missing_known; /* result->missing has been filled in */
};

/* True for a store whose statements share no session. */
bool heal_stateless(const struct db *db);

/* True inside a transaction that a failed statement aborts: after one nothing
 * can be asked before a ROLLBACK, at least to a savepoint. */
bool heal_tx_aborted(struct db *db);

/* Sends a statement about the table. */
bool heal_run(struct table_heal *h, enum stmt_kind kind, const struct buf *sql,
              struct err *e);

/* Sends the catalogue query, of which table is the answer. */
bool heal_read_catalog(struct table_heal *h, struct err *e);

/* Only the first catalogue query that shows the table fills in
 * result->missing. */
void heal_note_missing(struct table_heal *h);

/* CREATE TABLE IF NOT EXISTS; "already exists" is no failure. */
bool heal_create(struct table_heal *h, struct err *e);

/* Adds the columns that table lacks. */
bool heal_add_columns(struct table_heal *h, struct err *e);

/* Creates the table and adds what it lacks then: the CREATE may have met a
 * table that an older version made a moment ago. */
bool heal_create_and_add(struct table_heal *h, struct err *e);

/* One of the two, as table is absent or present. */
bool heal_create_or_add(struct table_heal *h, struct err *e);

/* heal_session.c: the same in one transaction, with the locks of the dialect;
 * within a transaction of the caller's, behind a savepoint in that one. */
bool heal_in_session(struct table_heal *h, struct err *e);

/* heal_session.c: sends a CREATE INDEX; gives up soon where that would block
 * writers. */
bool heal_create_index(struct table_heal *h, const struct buf *sql,
                       struct err *e);

#endif
