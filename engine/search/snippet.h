/*
 * snippet.h - the piece of a text that shows why it was found.
 */
#ifndef ENGINE_SEARCH_SNIPPET_H
#define ENGINE_SEARCH_SNIPPET_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

struct err;
struct tokenizer;

/* How far into a text a piece is looked for, and among how many hits. */
#define SNIPPET_REACH ((size_t)256 << 10)
#define SNIPPET_HITS 4096

/* A word that is looked for, as the tokenizer gives it; borrowed.  A rare one
 * weighs more.  Of a prefix every word that begins so is meant. */
struct snippet_term {
    const char *term;
    size_t len;
    double weight; /* more than 0 */
    bool prefix;   /* in lower case, with its ending */
};

/* What is looked for, and the most bytes of a piece, at least 1. */
struct snippet_wish {
    const struct snippet_term *terms;
    size_t n;
    size_t room;
};

/* The text from (incl.) to (excl.), in bytes. */
struct snippet_mark {
    size_t from, to;
};

/* The piece, and what to mark in it: struct snippet_mark, in order, apart from
 * one another and inside the piece.  (struct snippet){0} is empty; the caller
 * frees marks, also after a failure. */
struct snippet {
    size_t from, to;
    struct buf marks;
};

/* Chooses the piece that holds most of the terms, the first of equals; the
 * text's beginning when it holds none.  It begins and ends between words where
 * one is near, and never inside a character.  False with *e set when memory
 * ran out. */
bool snippet_make(struct tokenizer *t, const char *text, size_t len,
                  const struct snippet_wish *w, struct snippet *out,
                  struct err *e);

#endif
