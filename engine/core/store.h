/*
 * store.h - an INSERT that heals its table when it must.
 */
#ifndef ENGINE_CORE_STORE_H
#define ENGINE_CORE_STORE_H

#include <stdbool.h>
#include <stddef.h>

struct db;
struct err;
struct heal;
struct schema;
struct value;

/*
 * Sends one INSERT of nrows rows (rows[r * ncols + c]).  Only when the driver
 * says that the table or a column is missing it heals and sends the same text
 * once more; *healed tells what was done.  A healthy table costs one statement.
 * After an answer that leaves open what became of it (HTTP 502, 503, 504), rows
 * that all have an id go out again where the table refuses a second copy.
 */
bool store_insert(struct db *db, const struct schema *s,
                  const struct value *rows, size_t nrows, struct heal *healed,
                  struct err *e);

#endif
