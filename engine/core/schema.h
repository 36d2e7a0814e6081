/*
 * schema.h - what a table is to be: its name, ordered columns, indexes.
 *
 * A schema is built column by column and then linted; every step refuses what
 * heal could not carry out safely on a table that already holds rows.
 */
#ifndef ENGINE_CORE_SCHEMA_H
#define ENGINE_CORE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* Longest table, column or index name in bytes, as in PostgreSQL. */
#define NAME_MAX_LEN 63

enum column_type { COL_TEXT, COL_BIGINT, COL_JSONB, COL_FLOAT4_ARRAY };

#define COLUMN_TYPES 4

struct column {
    char *name;
    enum column_type type;
    bool not_null; /* only ever together with a default */
    bool has_default;
    char *default_text;  /* COL_TEXT, COL_JSONB */
    int64_t default_int; /* COL_BIGINT */
};

/* An index over columns of its table, named idx_TABLE_COL_COL. */
struct index {
    char name[NAME_MAX_LEN + 1];
    size_t *cols; /* positions in schema.cols */
    size_t ncols;
};

struct schema {
    char *table;
    struct column *cols;
    size_t ncols;
    struct index *indexes;
    size_t nindexes;
};

/* A new schema without columns, or NULL; the caller frees it. */
struct schema *schema_new(const char *table, struct err *e);
void schema_free(struct schema *s);

/* Appends a copy of *c.  Refuses a bad or repeated name (compared without
 * case), NOT NULL without a default, and a default of another type or that is
 * no UTF-8. */
bool schema_add(struct schema *s, const struct column *c, struct err *e);

/* Appends an index over the n named columns, all of which must be there. */
bool schema_add_index(struct schema *s, const char *const cols[], size_t n,
                      struct err *e);

/* Position of a column by its name (without case), or -1. */
int schema_find(const struct schema *s, const char *name, size_t len);

/* "text", "bigint", "jsonb", "float4[]" and back; -1 for another word. */
const char *column_type_name(enum column_type t);
int column_type_from(const char *word);

/* True for [A-Za-z_][A-Za-z0-9_]* of at most NAME_MAX_LEN bytes. */
bool name_ok(const char *name);

#endif
