/*
 * sql.h - the one place where names and values become SQL text.
 *
 * Pure C: no Lua, no I/O.  Each function appends to the caller's buf and
 * returns false with *e set when something cannot be written safely; what the
 * buf then holds is unspecified, but freeing it stays the caller's job.
 */
#ifndef ENGINE_CORE_SQL_H
#define ENGINE_CORE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/schema.h"

struct buf;
struct dialect;
struct err;

enum value_kind {
    VALUE_NULL,
    VALUE_INT,
    VALUE_REAL,
    VALUE_BOOL, /* only in rows that come back */
    VALUE_TEXT,
    VALUE_JSON,   /* a JSON text; only in rows that are printed */
    VALUE_FLOATS, /* only for float4[] columns */
    VALUE_LIST    /* only for ?? in a template */
};

/* One value, borrowed from its owner for the length of a call. */
struct value {
    enum value_kind kind;
    int64_t integer; /* VALUE_INT, VALUE_BOOL */
    double real;
    const char *text; /* VALUE_TEXT, VALUE_JSON: len bytes */
    size_t len;       /* bytes of text, or number of floats or items */
    const double *floats;
    const struct value *items; /* VALUE_LIST: len of them */
};

/* Appends "name"; only what name_ok() passes. */
bool sql_ident(struct buf *out, const char *name, struct err *e);

/* Appends any text of 1 to 63 bytes without NUL as a quoted identifier: the
 * PostgreSQL schema of a workspace, whose name is not ours to choose. */
bool sql_quoted(struct buf *out, const char *name, struct err *e);

/* Appends a text literal; refuses NUL and invalid UTF-8 (ERR_ARG). */
bool sql_text(struct buf *out, const struct dialect *d, const char *text,
              size_t len, struct err *e);

/* Appends v as a literal for a column of type t.  Refuses NaN, Inf, NUL,
 * invalid UTF-8 and a kind that the column does not take; an empty vector, or
 * one with a number that is not finite, is NULL. */
bool sql_literal(struct buf *out, const struct dialect *d, enum column_type t,
                 const struct value *v, struct err *e);

/* Appends v as a literal by its own kind, for a comparison in a query. */
bool sql_scalar(struct buf *out, const struct dialect *d, const struct value *v,
                struct err *e);

/* The rows of one INSERT, borrowed: values[r * ncols + c] is for s->cols[c]. */
struct sql_rows {
    const struct value *values;
    size_t n;
    const char *once; /* see sql_insert */
};

/* Appends one INSERT of rows.
 * Columns that are NULL in every row are left out, so that a new column is
 * made when it is first used; in other rows a NULL takes the default.
 *
 * once (NULL: a plain INSERT) makes the statement leave out rows whose id is
 * there, however late it arrives.  It names the column, "id" or a copy of it,
 * over whose values other than '' the table has a unique index.  "" is for
 * tables that have none: of two such statements at the same moment neither
 * sees the other's rows. */
bool sql_insert(struct buf *out, const struct dialect *d,
                const struct schema *s, const struct sql_rows *rows,
                struct err *e);

/* Appends CREATE TABLE IF NOT EXISTS with every column in order. */
bool sql_create(struct buf *out, const struct dialect *d,
                const struct schema *s, struct err *e);

/* Appends one ALTER TABLE that adds the n columns whose positions are in
 * cols; more than one only where the dialect alters_many. */
bool sql_alter(struct buf *out, const struct dialect *d, const struct schema *s,
               const size_t cols[], size_t n, struct err *e);

/* Appends CREATE INDEX IF NOT EXISTS for s->indexes[i]. */
bool sql_create_index(struct buf *out, const struct schema *s, size_t i,
                      struct err *e);

/* Appends a column's default as a literal; nothing when it has none. */
bool sql_default(struct buf *out, const struct dialect *d,
                 const struct column *c, struct err *e);

/* Appends what a person would run against a drift; change is fixed text. */
bool sql_rename_column(struct buf *out, const char *table, const char *from,
                       const char *to, struct err *e);
bool sql_alter_column(struct buf *out, const char *table, const char *column,
                      const char *change, struct err *e);

/* A name for {key} in a template; a key that comes several times in a row
 * stands for the list of its names. */
struct sql_name {
    const char *key;
    const char *name;
    bool used; /* false at first; sql_bind() sets it */
};

/* What fills a template, borrowed for the length of a call. */
struct sql_args {
    const struct value *values;
    size_t n;
    struct sql_name *names; /* ends with a NULL key */
};

/* Appends text with, outside quotes and comments as the dialect has them, each
 * ? replaced by the next of the values, each ?? by the next, a VALUE_LIST, as
 * a, b, c (NULL when it is empty), and each {key} by its names, quoted.  Too
 * few or too many values, an unknown key and a name that is not used are
 * refused. */
bool sql_bind(struct buf *out, const struct dialect *d, const char *text,
              const struct sql_args *args, struct err *e);

#endif
