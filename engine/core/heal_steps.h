/*
 * heal_steps.h - one table's heal, step by step; heal.h says in which order.
 */
#ifndef ENGINE_CORE_HEAL_STEPS_H
#define ENGINE_CORE_HEAL_STEPS_H

#include <stdbool.h>

#include "core/catalog.h"
#include "core/db.h"

struct err;
struct heal;
struct schema;

/* Everything one table's heal is about; the owner frees shape. */
struct table_heal {
    struct db *db;
    const struct schema *s;
    struct catalog_table shape; /* the last look */
    struct heal *out;
    bool noted; /* out->missing is settled */
};

/* True for a store whose statements share no session. */
bool heal_step_stateless(const struct db *db);

/* True inside a PostgreSQL transaction: a failed statement ends it, so that
 * nothing can be looked at before the ROLLBACK. */
bool heal_tx_aborted(const struct table_heal *j);

/* Looks at the catalogue again. */
bool heal_step_look(struct table_heal *j, struct err *e);

/* True when the last look lacked no column. */
bool heal_step_complete(const struct table_heal *j);

/* CREATE TABLE IF NOT EXISTS; "already exists" is no failure. */
bool heal_step_create(struct table_heal *j, struct err *e);

/* Adds what the last look lacked. */
bool heal_step_add(struct table_heal *j, struct err *e);

/* Create, look again, add: the CREATE may have met an older table. */
bool heal_step_create_and_add(struct table_heal *j, struct err *e);

/* Makes one index; gives up soon where making it would block writers. */
bool heal_step_index(struct table_heal *j, const struct buf *sql,
                     struct err *e);

/* All of it in one transaction, under the store's lock. */
bool heal_step_session(struct table_heal *j, struct err *e);

#endif
