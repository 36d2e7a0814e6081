/*
 * lines.h - bytes that come in pieces, taken as lines of a bounded length.
 *
 * (struct lines){.max = n} is ready to use.  What is held is never more than
 * max bytes and one piece: the rest of a longer line is thrown away as it
 * comes.
 */
#ifndef ENGINE_CORE_LINES_H
#define ENGINE_CORE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

struct lines {
    struct buf held;
    size_t start;  /* of the first byte that was not given out */
    size_t looked; /* up to here there is no newline behind start */
    size_t max;    /* bytes of the longest line, without its newline */
    bool skipping; /* the rest of a line that was too long */
};

enum lines_got {
    LINES_MORE, /* no whole line is there */
    LINES_ONE,
    LINES_LONG /* one that was longer than max begins to be skipped */
};

/* Adds what came next. */
bool lines_add(struct lines *l, const char *bytes, size_t n, struct err *e);

/* The next line, without its newline; it is borrowed until the next call. */
enum lines_got lines_next(struct lines *l, const char **line, size_t *len);

/* What stands behind the last newline when no more comes: LINES_MORE when that
 * is nothing. */
enum lines_got lines_rest(struct lines *l, const char **line, size_t *len);

/* Releases the memory. */
void lines_free(struct lines *l);

#endif
