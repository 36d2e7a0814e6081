/*
 * terminal_text.h - text as a terminal shows it: its width, and what of it is
 * safe to show.  Text is bytes that are mostly UTF-8.
 */
#ifndef ENGINE_ROWS_TERMINAL_TEXT_H
#define ENGINE_ROWS_TERMINAL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct err;

/* How many columns the text takes; a byte that is no UTF-8 takes one. */
size_t terminal_width(const char *text, size_t len);

/* How many bytes at the start of the text take at most width columns. */
size_t terminal_fit(const char *text, size_t len, size_t width);

/* Appends the text as one line that cannot steer a terminal: controls and
 * bytes that are no UTF-8 stand as \n, \t, \x1b, \u0085. */
bool terminal_printable(struct buf *out, const char *text, size_t len,
                        struct err *e);

/* Appends the text with U+FFFD for each byte that is no UTF-8. */
bool terminal_utf8(struct buf *out, const char *text, size_t len,
                   struct err *e);

#endif
