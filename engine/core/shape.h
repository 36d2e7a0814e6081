/*
 * shape.h - what the catalogue says about a table.
 */
#ifndef ENGINE_CORE_SHAPE_H
#define ENGINE_CORE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

struct db;
struct err;
struct schema;

/* A column as the catalogue shows it; Deeplake tells only the name. */
struct shape_col {
    char *name;
    char *type; /* "" when not told */
    char *dflt; /* SQL text, or NULL */
    bool not_null;
};

/* (struct shape){0} is a table that is not there. */
struct shape {
    struct shape_col *cols; /* none: the table is absent */
    size_t ncols;
    char **indexes;
    size_t nindexes;
};

/* One look for n tables (one each on Deeplake).  out[] starts zeroed; the
 * caller frees each with shape_free(), also after a failure. */
bool shape_look(struct db *db, const struct schema *const s[], size_t n,
                struct shape out[], struct err *e);
void shape_free(struct shape *sh);

/* True when the table has a column of that name, compared without case. */
bool shape_has(const struct shape *sh, const char *name);
bool shape_has_index(const struct shape *sh, const char *name);

#endif
