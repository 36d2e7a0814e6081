/*
 * lex.h - the words of one SQL statement, as PostgreSQL 15 splits it.
 *
 * Comments are skipped; a literal, however quoted, is one token of no text.
 * Assumes standard_conforming_strings.  Pure: no memory of its own.
 */
#ifndef ENGINE_NET_LEX_H
#define ENGINE_NET_LEX_H

#include <stddef.h>

enum lex_kind {
    LEX_END,
    LEX_WORD,    /* keyword or name */
    LEX_QUOTED,  /* "name", without its quotes */
    LEX_UNICODE, /* U&"name" */
    LEX_OTHER    /* one sign, or a literal */
};

/* Borrowed from the statement. */
struct token {
    enum lex_kind kind;
    char *at;
    size_t len;
};

struct lexer {
    char *at;
    char *end;
};

/* The next token; LEX_END for ever when there is none. */
struct token lex_next(struct lexer *x);

#endif
