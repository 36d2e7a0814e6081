/*
 * heal.h - create a table, or add the columns it lacks, and nothing else.
 *
 * Heal never drops, retypes, renames or truncates.  Columns it does not know
 * belong to a newer version of ourselves.
 */
#ifndef ENGINE_CORE_HEAL_H
#define ENGINE_CORE_HEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct db;
struct schema;

/* What one heal found and did.  (struct heal){0} is valid; heal_free() it. */
struct heal {
    bool created;    /* this call sent the CREATE */
    bool *missing;   /* by column position: what the table lacked at first */
    bool *altered;   /* by column position: what this call itself added */
    size_t nmissing; /* how many are set */
    size_t naltered; /* how many are set */
    size_t indexed;  /* indexes made */
    char index_err[160]; /* why an index could not be made, or "" */
};

void heal_free(struct heal *h);

enum heal_how {
    HEAL_TABLE, /* ask the catalogue, add what is missing */
    HEAL_ENSURE /* list, create, ask, add, index: before a session */
};

/*
 * Heals the n tables; out[i] says what was done to s[i].  One catalogue
 * query covers all tables on SQLite and PostgreSQL, one each on Deeplake. Stops
 * at the first failure; what was healed before it stays healed.
 */
bool heal_tables(struct db *db, const struct schema *const s[], size_t n,
                 enum heal_how how, struct heal out[], struct err *e);

/*
 * Heals after an INSERT failed with *why (ERR_NO_TABLE or ERR_NO_COLUMN).
 * When the catalogue says that nothing was missing, a store without sessions
 * sets *e to *why; with one it is no failure: another process may have healed
 * between the two statements, and sending the INSERT again tells.
 */
bool heal_after(struct db *db, const struct schema *s, const struct err *why,
                struct heal *out, struct err *e);

#endif
