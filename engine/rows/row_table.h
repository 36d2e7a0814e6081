/*
 * row_table.h - rows as an aligned table.
 */
#ifndef ENGINE_ROWS_ROW_TABLE_H
#define ENGINE_ROWS_ROW_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct row_out;
struct value;

/* The widths come from the first rows, which are held until there are enough;
 * what follows is printed as it comes.  (struct row_table){0} with names and
 * ncols set is ready; row_table_free() ends it. */
struct row_table {
    const char *const *names; /* borrowed until the end */
    size_t ncols;
    size_t room; /* columns of the terminal, or 0: no line is ever cut */
    bool bold;   /* the head, for a terminal */

    struct row_column *columns; /* NULL before the first row */
    struct value *held;         /* nheld rows; owned, also their texts */
    size_t nheld;
    size_t bytes; /* of the held texts */
    size_t slack; /* of the room, what the columns do not take */
    bool started; /* the head has been written, nothing is held any more */
};

bool row_table_add(struct row_table *t, struct row_out *o,
                   const struct value *row, struct err *e);

/* Writes what is held; the head also when there was no row. */
bool row_table_end(struct row_table *t, struct row_out *o, struct err *e);

void row_table_free(struct row_table *t);

#endif
