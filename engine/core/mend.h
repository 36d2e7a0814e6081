/*
 * mend.h - one table's heal, step by step; heal.h says in which order.
 */
#ifndef ENGINE_CORE_MEND_H
#define ENGINE_CORE_MEND_H

#include <stdbool.h>

#include "core/db.h"
#include "core/shape.h"

struct err;
struct heal;
struct schema;

/* Everything one table's heal is about; the owner frees shape. */
struct mend {
    struct db *db;
    const struct schema *s;
    struct shape shape; /* the last look */
    struct heal *out;
    bool noted; /* out->missing is settled */
};

/* True for a store whose statements share no session. */
bool mend_stateless(const struct db *db);

/* True inside a PostgreSQL transaction: a failed statement ends it, so that
 * nothing can be looked at before the ROLLBACK. */
bool mend_doomed(const struct mend *j);

/* Looks at the catalogue again. */
bool mend_look(struct mend *j, struct err *e);

/* True when the last look lacked no column. */
bool mend_complete(const struct mend *j);

/* CREATE TABLE IF NOT EXISTS; "already exists" is no failure. */
bool mend_create(struct mend *j, struct err *e);

/* Adds what the last look lacked. */
bool mend_add(struct mend *j, struct err *e);

/* Create, look again, add: the CREATE may have met an older table. */
bool mend_create_and_add(struct mend *j, struct err *e);

/* Makes one index; gives up soon where making it would block writers. */
bool mend_index(struct mend *j, const struct buf *sql, struct err *e);

/* All of it in one transaction, under the store's lock. */
bool mend_session(struct mend *j, struct err *e);

#endif
