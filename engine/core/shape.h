/*
 * shape.h - what the catalogue says about a table, and how that differs from
 * its schema.
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

enum drift_kind {
    DRIFT_TYPE,
    DRIFT_NULL,
    DRIFT_DEFAULT,
    DRIFT_CASE,
    DRIFT_UNKNOWN
};

/* One difference that heal must not touch. */
struct drift {
    enum drift_kind kind;
    char *column; /* as the table names it */
    char *have;
    char *want;
    char *sql; /* what a person would run, or a comment why nothing */
};

/* What heal would do to one table, and what it would leave. */
struct plan {
    char **statements;
    size_t nstatements;
    struct drift *drift;
    size_t ndrift;
};

/* Compares; (struct plan){0} in, the caller frees it with plan_free(). */
bool plan_table(struct db *db, const struct schema *s, const struct shape *sh,
                struct plan *out, struct err *e);
void plan_free(struct plan *p);

/* "type", "null", "default", "case", "unknown". */
const char *drift_name(enum drift_kind k);

#endif
