#include "core/sql_lexer.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool starts(unsigned char c)
{
    return isalpha(c) || c == '_' || c >= 0x80;
}

static bool continues(unsigned char c)
{
    return starts(c) || isdigit(c) || c == '$';
}

/* True when text stands at p. */
static bool follows(const struct sql_lexer *x, const char *p, const char *text)
{
    size_t n = strlen(text);

    return (size_t)(x->end - p) >= n && memcmp(p, text, n) == 0;
}

/* Nothing closed what was opened. */
static const char *at_end(struct sql_lexer *x)
{
    x->open = true;
    return x->end;
}

/* Behind a comment; PostgreSQL's nest. */
static const char *skip_block(struct sql_lexer *x, const char *p)
{
    int depth = 0;

    while (p < x->end) {
        if (follows(x, p, "/*") && (!depth || x->lexis != SQL_LEXIS_SQLITE)) {
            depth++;
            p += 2;
        } else if (follows(x, p, "*/")) {
            p += 2;
            if (--depth == 0)
                return p;
        } else {
            p++;
        }
    }
    return at_end(x);
}

static const char *skip_line(const struct sql_lexer *x, const char *p)
{
    while (p < x->end && *p != '\n' &&
           (*p != '\r' || x->lexis == SQL_LEXIS_SQLITE))
        p++;
    return p;
}

static const char *skip_space(struct sql_lexer *x, const char *p)
{
    for (;;) {
        if (p < x->end && isspace((unsigned char)*p))
            p++;
        else if (follows(x, p, "--"))
            p = skip_line(x, p);
        else if (follows(x, p, "/*"))
            p = skip_block(x, p);
        else
            return p;
    }
}

/* Behind the closing quote; p is behind the opening one. */
static const char *skip_quoted(struct sql_lexer *x, const char *p, char quote,
                               bool escapes)
{
    while (p < x->end) {
        if (escapes && *p == '\\')
            p += 1 + (x->end - p > 1);
        else if (*p != quote)
            p++;
        else if (quote != ']' && x->end - p > 1 && p[1] == quote)
            p += 2;
        else
            return p + 1;
    }
    return at_end(x);
}

/* In PostgreSQL a literal goes on in the next line's literal, in the same
 * mode. */
static const char *skip_string(struct sql_lexer *x, const char *p, bool escapes)
{
    for (;;) {
        const char *next;
        bool newline = false;

        p = skip_quoted(x, p, '\'', escapes);
        for (next = p; next < x->end; next++)
            if (*next == '\n' || *next == '\r')
                newline = true;
            else if (follows(x, next, "--"))
                next = skip_line(x, next) - 1;
            else if (!isspace((unsigned char)*next))
                break;
        if (!newline || next >= x->end || *next != '\'' ||
            x->lexis == SQL_LEXIS_SQLITE)
            return p;
        p = next + 1;
    }
}

/* Behind $tag$...$tag$, or NULL when p starts none. */
static const char *skip_dollar(struct sql_lexer *x, const char *p)
{
    const char *tag = p + 1;
    size_t n;

    if (*p != '$' || x->lexis == SQL_LEXIS_SQLITE)
        return NULL;
    if (tag < x->end && starts((unsigned char)*tag))
        while (tag < x->end && *tag != '$' && continues((unsigned char)*tag))
            tag++;
    if (tag >= x->end || *tag != '$')
        return NULL;
    n = (size_t)(tag + 1 - p);
    for (const char *q = tag + 1; (size_t)(x->end - q) >= n; q++)
        if (memcmp(q, p, n) == 0)
            return q + n;
    return at_end(x);
}

/* A word, or the literal or name that it introduces: E'...', U&"..." */
static struct sql_token word(struct sql_lexer *x)
{
    struct sql_token t = {SQL_TOKEN_WORD, x->at, 0};
    const char *p = x->at;
    bool postgres = x->lexis == SQL_LEXIS_POSTGRES;

    if (postgres && (*p == 'u' || *p == 'U') && follows(x, p + 1, "&\"")) {
        x->at = skip_quoted(x, p + 3, '"', false);
        t.kind = SQL_TOKEN_UNICODE;
        return t;
    }
    while (p < x->end && continues((unsigned char)*p))
        p++;
    t.len = (size_t)(p - t.at);
    if (p < x->end && *p == '\'' && t.len == 1) {
        p = skip_string(x, p + 1, postgres && (*t.at == 'e' || *t.at == 'E'));
        t.kind = SQL_TOKEN_LITERAL;
    }
    x->at = p;
    return t;
}

/* "name"; in SQLite also [name] and `name`. */
static struct sql_token quoted(struct sql_lexer *x)
{
    const char *p = x->at + 1;
    char close = x->at[0];

    if (close == '[')
        close = ']';
    x->at = skip_quoted(x, p, close, false);
    return (struct sql_token){SQL_TOKEN_QUOTED, p,
                              (size_t)(x->at - p) -
                                  (x->at > p && x->at[-1] == close)};
}

struct sql_token sql_lexer_next(struct sql_lexer *x)
{
    const char *p = x->at = skip_space(x, x->at);
    const char *names = x->lexis == SQL_LEXIS_SQLITE ? "\"[`" : "\"";
    struct sql_token t = {SQL_TOKEN_LITERAL, p, 1};

    if (p >= x->end)
        return (struct sql_token){SQL_TOKEN_END, p, 0};
    if (starts((unsigned char)*p))
        return word(x);
    if (*p != '\0' && strchr(names, *p))
        return quoted(x);
    if (*p == '\'') {
        x->at = skip_string(x, p + 1, false);
    } else if ((x->at = skip_dollar(x, p)) == NULL) {
        t.kind = SQL_TOKEN_OTHER;
        x->at = p + 1;
    }
    return t;
}

bool sql_token_is(const struct sql_token *t, const char *text)
{
    return (t->kind == SQL_TOKEN_WORD || t->kind == SQL_TOKEN_OTHER) &&
           t->len == strlen(text) && strncasecmp(t->at, text, t->len) == 0;
}

bool sql_unfinished(const char *sql, size_t len, enum sql_lexis lexis)
{
    struct sql_lexer x = {.at = sql, .end = sql + len, .lexis = lexis};
    struct sql_token t;
    bool comma = false;
    int depth = 0;

    while ((t = sql_lexer_next(&x)).kind != SQL_TOKEN_END) {
        depth += sql_token_is(&t, "(") - sql_token_is(&t, ")");
        comma = sql_token_is(&t, ",");
    }
    return x.open || depth > 0 || comma;
}
