/*
 * row_writer.h - rows as text, one after the other, for people and programs.
 *
 * A writer appends to a buffer that its caller empties when it likes.  It
 * keeps no row but the first ones of a table, whose columns they make as wide.
 */
#ifndef ENGINE_ROWS_ROW_WRITER_H
#define ENGINE_ROWS_ROW_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/sql.h"

/* A table's columns are as wide as its first rows need, so many or so much. */
#define TABLE_FIRST_ROWS 100
#define TABLE_FIRST_BYTES ((size_t)256 << 10)

/* No cell makes its column wider than this where there is no terminal. */
#define TABLE_WIDTH 100

enum row_format {
    ROWS_TABLE, /* a head, a rule, a line per row: numbers to the right */
    ROWS_LINE,  /* "column = value" per line, an empty line between rows */
    ROWS_CSV,   /* RFC 4180: NULL is an empty field, empty text is "" */
    ROWS_JSON   /* one array of objects; what is no UTF-8 becomes U+FFFD */
};

struct row_writer {
    enum row_format format;
    size_t terminal; /* tables: its width, to which cells are cut; 0: none */
    bool bold;       /* tables: the head */
    struct buf *out; /* the caller's */

    /* The writer's own from here on; begin with zeroes. */
    const char *const *names; /* borrowed until the end */
    size_t ncols;
    size_t nrows;
    struct buf cell;      /* one cell, made printable */
    struct buf first;     /* cells of the first rows, each ended by a NUL */
    struct column_shape { /* ncols of them */
        size_t width;
        bool text; /* a cell was neither a number nor NULL */
    } * shapes;
    size_t held; /* rows in first */
};

/* Starts with the columns' names; row_writer_free() in any case. */
bool row_writer_begin(struct row_writer *w, const char *const *names,
                      size_t ncols, struct err *e);

/* One value for each column.  ERR_ARG for what JSON has no form for. */
bool row_writer_row(struct row_writer *w, const struct value *values,
                    struct err *e);

/* Writes what is still held back, and how the format ends. */
bool row_writer_end(struct row_writer *w, struct err *e);

void row_writer_free(struct row_writer *w);

/* row_table.c: the three of a table. */
bool row_table_row(struct row_writer *w, const struct value *values,
                   struct err *e);
bool row_table_end(struct row_writer *w, struct err *e);

/* Appends a value as Lua's tostring() has it; NULL as "NULL". */
bool row_writer_value(struct buf *out, const struct value *v, struct err *e);

#endif
