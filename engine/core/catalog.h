/*
 * catalog.h - what the catalogue says about a table.
 */
#ifndef ENGINE_CORE_CATALOG_H
#define ENGINE_CORE_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

struct db;
struct err;
struct schema;

/* A column as the catalogue shows it; Deeplake tells only the name. */
struct catalog_column {
    char *name;
    char *type;        /* "" when not told */
    char *default_sql; /* or NULL */
    bool not_null;
};

/* (struct catalog_table){0} is a table that is not there. */
struct catalog_table {
    struct catalog_column *cols; /* none: the table is absent */
    size_t ncols;
    char **indexes;
    size_t nindexes;
};

/* Asks the catalogue about n tables, by one query or, where the dialect has it
 * catalog_per_table, by one each.  out[] starts zeroed; the caller frees each
 * with catalog_table_free(), also after a failure. */
bool catalog_read(struct db *db, const struct schema *const s[], size_t n,
                  struct catalog_table out[], struct err *e);
void catalog_table_free(struct catalog_table *t);

/* True when the table has a column of that name, compared without case. */
bool catalog_has_column(const struct catalog_table *t, const char *name);
bool catalog_has_index(const struct catalog_table *t, const char *name);

/* How many of the schema's columns the table lacks.  cols, if it is not NULL,
 * has room for all columns and takes the positions of these. */
size_t catalog_missing(const struct catalog_table *t, const struct schema *s,
                       size_t cols[]);

#endif
