/*
 * plan.h - what heal would run on a table, and the drift that it leaves.
 */
#ifndef ENGINE_CORE_PLAN_H
#define ENGINE_CORE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

struct dialect;
struct err;
struct schema;
struct catalog_table;

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

/* Compares what the catalogue showed with the schema, as the dialect says
 * things; (struct plan){0} in, the caller frees it with plan_free(). */
bool plan_table(const struct dialect *d, const struct schema *s,
                const struct catalog_table *table, struct plan *out,
                struct err *e);
void plan_free(struct plan *p);

/* "type", "null", "default", "case", "unknown". */
const char *drift_name(enum drift_kind k);

#endif
