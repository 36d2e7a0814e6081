#include "core/sql_lexer.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool starts(unsigned char c)
{
    return isalpha(c) || c == '_' || c >= 0x80;
}

static bool continues(unsigned char c)
{
    return starts(c) || isdigit(c) || c == '$';
}

/* Behind a comment that nests, as PostgreSQL's do. */
static char *skip_block(char *p, const char *end)
{
    int depth = 0;

    while (end - p >= 2) {
        if (p[0] == '/' && p[1] == '*') {
            depth++;
            p += 2;
        } else if (p[0] == '*' && p[1] == '/') {
            p += 2;
            if (--depth == 0)
                return p;
        } else {
            p++;
        }
    }
    return (char *)end;
}

static char *skip_line(char *p, const char *end)
{
    while (p < end && *p != '\n' && *p != '\r')
        p++;
    return p;
}

static char *skip_space(char *p, const char *end)
{
    for (;;) {
        if (p < end && (isspace((unsigned char)*p)))
            p++;
        else if (end - p >= 2 && p[0] == '-' && p[1] == '-')
            p = skip_line(p, end);
        else if (end - p >= 2 && p[0] == '/' && p[1] == '*')
            p = skip_block(p, end);
        else
            return p;
    }
}

/* Behind the closing quote; p is behind the opening one. */
static char *skip_quoted(char *p, const char *end, char quote, bool escapes)
{
    while (p < end) {
        if (escapes && *p == '\\')
            p += 1 + (end - p > 1);
        else if (*p != quote)
            p++;
        else if (end - p > 1 && p[1] == quote)
            p += 2;
        else
            return p + 1;
    }
    return p;
}

/* A literal goes on in the next line's literal, in the same mode. */
static char *skip_string(char *p, const char *end, bool escapes)
{
    for (;;) {
        char *next;
        bool newline = false;

        p = skip_quoted(p, end, '\'', escapes);
        for (next = p; next < end; next++)
            if (*next == '\n' || *next == '\r')
                newline = true;
            else if (end - next >= 2 && memcmp(next, "--", 2) == 0)
                next = skip_line(next, end) - 1;
            else if (!isspace((unsigned char)*next))
                break;
        if (!newline || next >= end || *next != '\'')
            return p;
        p = next + 1;
    }
}

/* Behind $tag$...$tag$, or NULL when p starts none. */
static char *skip_dollar(char *p, const char *end)
{
    char *tag = p + 1;
    size_t n;

    if (tag < end && starts((unsigned char)*tag))
        while (tag < end && *tag != '$' && continues((unsigned char)*tag))
            tag++;
    if (tag >= end || *tag != '$')
        return NULL;
    n = (size_t)(tag + 1 - p);
    for (char *q = tag + 1; (size_t)(end - q) >= n; q++)
        if (memcmp(q, p, n) == 0)
            return q + n;
    return (char *)end;
}

static struct sql_token word(struct sql_lexer *x)
{
    struct sql_token t = {SQL_TOKEN_WORD, x->at, 0};
    char *p = x->at;
    bool more = x->end - p > 2;

    if (more && (*p == 'u' || *p == 'U') && p[1] == '&' && p[2] == '"') {
        x->at = skip_quoted(p + 3, x->end, '"', false);
        t.kind = SQL_TOKEN_UNICODE;
        return t;
    }
    while (p < x->end && continues((unsigned char)*p))
        p++;
    t.len = (size_t)(p - t.at);
    if (p < x->end && *p == '\'' && t.len == 1) {
        p = skip_string(p + 1, x->end, *t.at == 'e' || *t.at == 'E');
        t.kind = SQL_TOKEN_OTHER;
    }
    x->at = p;
    return t;
}

struct sql_token sql_lexer_next(struct sql_lexer *x)
{
    char *p = x->at = skip_space(x->at, x->end);
    struct sql_token t = {SQL_TOKEN_OTHER, p, 1};
    char *q;

    if (p >= x->end)
        return (struct sql_token){SQL_TOKEN_END, p, 0};
    if (starts((unsigned char)*p))
        return word(x);
    if (*p == '"') {
        x->at = skip_quoted(p + 1, x->end, '"', false);
        t = (struct sql_token){SQL_TOKEN_QUOTED, p + 1,
                               (size_t)(x->at - p) - 1};
        if (t.len > 0 && t.at[t.len - 1] == '"')
            t.len--;
        return t;
    }
    if (*p == '\'') {
        x->at = skip_string(p + 1, x->end, false);
    } else if (*p == '$' && (q = skip_dollar(p, x->end))) {
        x->at = q;
        t.at = q - 1; /* no bracket, whatever the text holds */
    } else {
        x->at = p + 1;
    }
    return t;
}
