/*
 * sql_lexer.h - the words of one SQL statement, as PostgreSQL 15 splits it.
 *
 * Comments are skipped; a literal, however quoted, is one token of no text.
 * Assumes standard_conforming_strings.  Pure: no memory of its own.
 */
#ifndef ENGINE_CORE_SQL_LEXER_H
#define ENGINE_CORE_SQL_LEXER_H

#include <stddef.h>

enum sql_token_kind {
    SQL_TOKEN_END,
    SQL_TOKEN_WORD,    /* keyword or name */
    SQL_TOKEN_QUOTED,  /* "name", without its quotes */
    SQL_TOKEN_UNICODE, /* U&"name" */
    SQL_TOKEN_OTHER    /* one sign, or a literal */
};

/* Borrowed from the statement. */
struct sql_token {
    enum sql_token_kind kind;
    char *at;
    size_t len;
};

struct sql_lexer {
    char *at;
    char *end;
};

/* The next token; SQL_TOKEN_END for ever when there is none. */
struct sql_token sql_lexer_next(struct sql_lexer *x);

#endif
