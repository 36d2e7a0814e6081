#include "serve/sql_filter.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/sql_lexer.h"

static bool token_is(const struct sql_token *t, const char *text)
{
    return (t->kind == SQL_TOKEN_WORD || t->kind == SQL_TOKEN_QUOTED) &&
           t->len == strlen(text) && strncasecmp(t->at, text, t->len) == 0;
}

static bool is_one_of(const struct sql_token *t, const char *const *list)
{
    for (; *list; list++)
        if (token_is(t, *list))
            return true;
    return false;
}

/* query_to_xml runs a text as SQL, has_table_privilege tells whether a guessed
 * name is there; both have many relatives. */
static bool in_forbidden_family(const struct sql_token *t)
{
    for (size_t i = 0; i + 7 <= t->len; i++)
        if (strncasecmp(t->at + i, "_to_xml", 7) == 0)
            return true;
    return t->len > 14 && strncasecmp(t->at, "has_", 4) == 0 &&
           strncasecmp(t->at + t->len - 10, "_privilege", 10) == 0;
}

/* Names by which the catalogues, the session or the server are reached. */
static const char *const forbidden_names[] = {
    "regclass",     "to_regclass",         "col_description",
    "regtype",      "to_regtype",          "obj_description",
    "regproc",      "to_regproc",          "shobj_description",
    "regprocedure", "to_regprocedure",     "oidvectortypes",
    "regoper",      "to_regoper",          "format_type",
    "regoperator",  "to_regoperator",      "set_config",
    "regnamespace", "to_regnamespace",     "ts_rewrite",
    "regrole",      "to_regrole",          "regconfig",
    "regcollation", "to_regcollation",     "currtid2",
    "setval",       "row_security_active", "currval",
    "nextval",      "regdictionary",       "ts_stat",
    NULL,
};

static bool forbidden(const struct sql_token *t)
{
    static const char *const heads[] = {"pg_", "lo_", "dblink", NULL};
    static const char *const harmless[] = {"pg_sleep", "pg_typeof",
                                           "pg_column_size", NULL};

    if (t->kind != SQL_TOKEN_WORD && t->kind != SQL_TOKEN_QUOTED)
        return t->kind == SQL_TOKEN_UNICODE;
    if (is_one_of(t, harmless))
        return false;
    for (const char *const *h = heads; *h; h++)
        if (t->len >= strlen(*h) && strncasecmp(t->at, *h, strlen(*h)) == 0)
            return true;
    return in_forbidden_family(t) || is_one_of(t, forbidden_names);
}

/* Whether a statement that starts with these words is a store's. */
static bool allowed(const struct sql_token w[4])
{
    static const char *const alone[] = {
        "select",   "insert",  "update", "delete",  "with",
        "values",   "table",   "merge",  "explain", "analyze",
        "truncate", "comment", NULL};
    static const char *const verbs[] = {"create", "alter", "drop", NULL};
    static const char *const objects[] = {"table",        "index",    "view",
                                          "materialized", "sequence", NULL};

    if (w[0].kind == SQL_TOKEN_END || is_one_of(&w[0], alone) ||
        *w[0].at == '(')
        return true;
    if (token_is(&w[0], "refresh"))
        return token_is(&w[1], "materialized");
    if (!is_one_of(&w[0], verbs))
        return false;
    if (is_one_of(&w[1], objects))
        return true;
    if (!token_is(&w[0], "create"))
        return false;
    if (token_is(&w[1], "or"))
        return token_is(&w[3], "view");
    return (token_is(&w[1], "unique") && token_is(&w[2], "index")) ||
           (token_is(&w[1], "unlogged") && token_is(&w[2], "table"));
}

struct scan {
    struct sql_token first[4];
    size_t n;
    int depth;
    bool as; /* a table's definition has ended */
};

static bool creates(const struct scan *s, const char *object)
{
    return token_is(&s->first[0], "create") &&
           (token_is(&s->first[1], object) ||
            (s->n > 2 && token_is(&s->first[2], object)));
}

/* USING deeplake behind the scanned part; index says it was an index's. */
static bool using_deeplake(struct scan *s, const struct sql_token *using,
                           const struct sql_lexer *behind, bool *index)
{
    struct sql_lexer ahead = *behind;
    struct sql_token engine = sql_lexer_next(&ahead);

    *index = creates(s, "index") && token_is(&engine, "deeplake_index");
    if (*index)
        return true;
    if (!creates(s, "table") || s->as || !token_is(&engine, "deeplake"))
        return false;
    memset((char *)using->at, ' ', (size_t)(ahead.at - using->at));
    return true;
}

static enum sql_filter_verdict refuse(const struct sql_token *t, char *why,
                                      size_t room)
{
    int n = t->len > 40 ? 40 : (int)t->len;

    snprintf(why, room, "permission denied: %.*s is not for tokens",
             t->kind == SQL_TOKEN_UNICODE ? 2 : n, t->at);
    return SQL_FILTER_REFUSED;
}

enum sql_filter_verdict sql_filter_check(char *sql, size_t len, char *why,
                                         size_t room)
{
    struct sql_lexer x = {.at = sql, .end = sql + len};
    struct scan s = {0};
    bool index = false;
    struct sql_token t;

    for (t = sql_lexer_next(&x); t.kind != SQL_TOKEN_END;
         t = sql_lexer_next(&x)) {
        if (s.n < 4)
            s.first[s.n++] = t;
        if (forbidden(&t))
            return refuse(&t, why, room);
        if (t.kind == SQL_TOKEN_OTHER && *t.at == '(')
            s.depth++;
        else if (t.kind == SQL_TOKEN_OTHER && *t.at == ')')
            s.depth--;
        else if (t.kind != SQL_TOKEN_WORD || s.depth != 0)
            continue;
        else if (token_is(&t, "as"))
            s.as = true;
        else if (token_is(&t, "using") && using_deeplake(&s, &t, &x, &index) &&
                 index)
            break;
    }
    if (!allowed(s.first))
        return refuse(&s.first[0], why, room);
    return index ? SQL_FILTER_NOTHING : SQL_FILTER_RUN;
}

bool sql_filter_only_reads(char *sql, size_t len)
{
    static const char *const words[] = {"select", "table", "values", NULL};
    struct sql_lexer x = {.at = sql, .end = sql + len};
    struct sql_token t = sql_lexer_next(&x);

    return is_one_of(&t, words) || (t.kind == SQL_TOKEN_OTHER && *t.at == '(');
}
