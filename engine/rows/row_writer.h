/*
 * row_writer.h - rows as text, one after the other, none of them kept.
 */
#ifndef ENGINE_ROWS_ROW_WRITER_H
#define ENGINE_ROWS_ROW_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "rows/row_out.h"
#include "rows/row_table.h"

enum row_format {
    ROWS_TABLE, /* aligned, for people: NULL, control characters and what is no
                 * UTF-8 visible.  On a terminal cells are cut so that lines
                 * fit; else a cell wider than its column pushes its line */
    ROWS_CSV,   /* RFC 4180; NULL is an empty field, empty text is "" */
    ROWS_JSON,  /* one array of objects, on one line */
    ROWS_LINE   /* name = value, an empty line between two rows; a value stands
                 * as in a table, and whole */
};

/* (struct row_writer){.format = ...}, with out.write set or not, is ready;
 * table.names and table.ncols are set before the first row, and table.room and
 * table.bold for a terminal.  row_writer_free() ends it. */
struct row_writer {
    enum row_format format;
    struct row_table table;
    struct row_out out;
    size_t name_width; /* of the widest name */
    bool begun;
};

/* "table", "csv", ... ending with NULL, for enum row_format. */
extern const char *const row_formats[];

/* Adds a row of table.ncols values. */
bool row_writer_add(struct row_writer *w, const struct value *row,
                    struct err *e);

/* Writes the rows so far, also those that a table holds. */
bool row_writer_flush(struct row_writer *w, struct err *e);

/* Ends the text and writes what is left.  Without columns only JSON has any. */
bool row_writer_end(struct row_writer *w, struct err *e);

void row_writer_free(struct row_writer *w);

#endif
