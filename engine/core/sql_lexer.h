/*
 * sql_lexer.h - the words, signs and literals of an SQL text.
 *
 * Splits as PostgreSQL 15 does with standard_conforming_strings, or as SQLite.
 * White space and comments are skipped; a literal, however quoted, is one
 * token.  Pure: no memory of its own.
 */
#ifndef ENGINE_CORE_SQL_LEXER_H
#define ENGINE_CORE_SQL_LEXER_H

#include <stdbool.h>
#include <stddef.h>

/* SQLite has no escapes, no dollar quotes and no nested comments, but [name]
 * and `name`. */
enum sql_lexis { SQL_LEXIS_POSTGRES, SQL_LEXIS_SQLITE };

enum sql_token_kind {
    SQL_TOKEN_END,
    SQL_TOKEN_WORD,    /* keyword, name or parameter */
    SQL_TOKEN_QUOTED,  /* "name", without its quotes */
    SQL_TOKEN_UNICODE, /* U&"name" */
    SQL_TOKEN_LITERAL, /* a string; its text is not told */
    SQL_TOKEN_OTHER    /* one sign, or one digit of a number */
};

/* Borrowed from the text. */
struct sql_token {
    enum sql_token_kind kind;
    const char *at;
    size_t len;
};

/* (struct sql_lexer){.at =, .end =} reads [at, end) as PostgreSQL. */
struct sql_lexer {
    const char *at; /* behind the last token */
    const char *end;
    enum sql_lexis lexis;
    bool open; /* the text ended inside quotes or a comment */
};

/* The next token; SQL_TOKEN_END for ever when there is none. */
struct sql_token sql_lexer_next(struct sql_lexer *x);

/* True for that word, in any case, or that sign. */
bool sql_token_is(const struct sql_token *t, const char *text);

/* True when a statement goes on: an open quote, comment or parenthesis, or a
 * comma at its end. */
bool sql_unfinished(const char *sql, size_t len, enum sql_lexis lexis);

#endif
