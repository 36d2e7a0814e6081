/*
 * text.h - text as a terminal shows it, and as JSON has it.
 */
#ifndef ENGINE_ROWS_TEXT_H
#define ENGINE_ROWS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct err;

/* How many columns of a terminal a text takes.  Where a byte is no UTF-8, each
 * byte takes one. */
size_t text_width(const char *text, size_t len);

/* How many bytes at the start of a text take at most width columns; never a
 * part of a character. */
size_t text_fit(const char *text, size_t len, size_t width);

/* True for text of printable ASCII characters only, which is as wide as it is
 * long and which text_printable() leaves as it is. */
bool text_is_plain(const char *text, size_t len);

/* Appends the text as one line that cannot steer a terminal: control
 * characters, marks that turn the direction of text, and bytes that are no
 * UTF-8 stand as \n, \t, \x1b, \u009b, \u202e. */
bool text_printable(struct buf *out, const char *text, size_t len,
                    struct err *e);

/* Appends the text with U+FFFD for each byte that is no UTF-8. */
bool text_utf8(struct buf *out, const char *text, size_t len, struct err *e);

/* The same as the inside of a JSON string. */
bool text_json(struct buf *out, const char *text, size_t len, struct err *e);

/* Appends a JSON string with its quotes; bytes that are no UTF-8 stay. */
bool text_quoted(struct buf *out, const char *text, size_t len, struct err *e);

#endif
