/*
 * row_out.h - where the formats of row_writer.c put their text.
 */
#ifndef ENGINE_ROWS_ROW_OUT_H
#define ENGINE_ROWS_ROW_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

struct err;
struct value;

/* A stream of text.  (struct row_out){0} keeps all of it in ready; with write
 * set, that is called with some 64 KiB each time.  row_out_free() ends it. */
struct row_out {
    struct buf ready;
    struct buf scratch; /* a piece of text before it is added */
    size_t spaces;      /* not yet added: none stands before a line's end */
    bool (*write)(void *arg, const char *bytes, size_t n, struct err *e);
    void *arg;
};

/* Adds bytes behind what is pending. */
bool row_out_add(struct row_out *o, const char *bytes, size_t n, struct err *e);

/* Adds text up to its NUL. */
bool row_out_adds(struct row_out *o, const char *text, struct err *e);

/* Adds one c n times. */
bool row_out_fill(struct row_out *o, char c, size_t n, struct err *e);

/* Ends a line: the spaces before it are dropped. */
bool row_out_end_line(struct row_out *o, struct err *e);

/* Adds text as add() appends it to a buf, which may not look past one
 * character: a long text goes through in pieces. */
bool row_out_as(struct row_out *o, const char *text, size_t len,
                bool (*add)(struct buf *, const char *, size_t, struct err *),
                struct err *e);

/* Adds text as text_printable() makes it. */
bool row_out_shown(struct row_out *o, const char *text, size_t len,
                   struct err *e);

/* How many columns of a terminal text takes when it is made printable. */
bool row_out_measure(struct row_out *o, const char *text, size_t len,
                     size_t *width, struct err *e);

/* Writes what is ready. */
bool row_out_flush(struct row_out *o, struct err *e);

/* Releases the memory. */
void row_out_free(struct row_out *o);

/* Room for a number in any form. */
#define ROW_NUMBER 32

/* What a value says, as len bytes of its own or of number; a number has the
 * fewest digits that mean it.  NULL for VALUE_NULL and lists. */
const char *row_value_text(const struct value *v, char number[ROW_NUMBER],
                           size_t *len);

#endif
