/*
 * tokenizer.h - the words of a text, as the search index keeps them.
 *
 * A word is a run of letters, digits and their marks, in lower case, without
 * diacritics, and without its ending where it is English (stem.h).  Scripts
 * that put no space between words (Han, kana, Hangul, Thai, ...) are cut into
 * pairs of neighbouring characters, a lone one stands for itself: a text holds
 * what is asked for when it holds all pairs of it in a row.
 *
 * What SQLite's unicode61 knows of Unicode is taken from there.
 */
#ifndef ENGINE_SEARCH_TOKENIZER_H
#define ENGINE_SEARCH_TOKENIZER_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

struct err;

/* Longer words are cut to so many bytes: keys, hashes, encoded files. */
#define TOKEN_MAX 64

/* One word: the term as it is indexed and the bytes of the text it stands for;
 * borrowed for the length of a call. */
struct token {
    const char *term;
    size_t len;
    size_t from, to; /* the text from (incl.) to (excl.) */
};

/* Is given each word in order; false ends the reading. */
typedef bool token_fn(void *ctx, const struct token *t);

struct tokenizer;

/* SQLite's full-text search of a connection, or NULL when it has none. */
fts5_api *tokenizer_api(sqlite3 *h);

/* Lets the connection's FTS5 tables say tokenize='propolis'; *count, unless it
 * is NULL, is raised by each word that they read, for as long as the connection
 * is open. */
bool tokenizer_register(sqlite3 *h, size_t *count, struct err *e);

/* A tokenizer of its own; it must not outlive the connection, whose Unicode
 * tables it borrows.  NULL with *e set. */
struct tokenizer *tokenizer_new(sqlite3 *h, struct err *e);
void tokenizer_free(struct tokenizer *t);

/* Gives each word of a text to fn; what is no UTF-8 is no word.  False with *e
 * set when memory ran out. */
bool tokenizer_read(struct tokenizer *t, const char *text, size_t len,
                    token_fn *fn, void *ctx, struct err *e);

#endif
