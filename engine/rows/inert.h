/*
 * inert.h - text of a row as it may stand before a model.
 *
 * What is recalled was written by others: people, agents, web pages.  Inert
 * text is one line of bounded length that can close or open no frame, and that
 * shows all that it says: see text_inert().
 */
#ifndef ENGINE_ROWS_INERT_H
#define ENGINE_ROWS_INERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

/* What a character may do to who reads it. */
enum inert_class {
    INERT_PLAIN,  /* only shows itself */
    INERT_SPACE,  /* ends a word or a line, or steers a terminal */
    INERT_HIDDEN, /* shows nothing: zero width, tags, variations */
    INERT_BIDI,   /* shows nothing and turns the order of others around */
    INERT_ANGLE,  /* reads as "<" */
    INERT_QUOTE   /* reads as the double quote */
};

enum inert_class inert_class(uint32_t code);

/* Appends a text as one line of at most max bytes (at least 16), cut at the
 * border of a character, "…" at the end when something was cut:
 * - runs of white space, line ends and control characters are one space, none
 *   at the start and end; a colour or cursor sequence of a terminal is left out
 * - characters that show nothing are left out
 * - "<" and what looks like it is &lt;, so that no tag begins
 * - double quotes and what looks like them are ', so that "…" around the text
 *   stays closed
 * - a byte that is no UTF-8 is U+FFFD */
bool text_inert(struct buf *out, const char *text, size_t len, size_t max,
                struct err *e);

#endif
