#include <string.h>

#include "bind/bind.h"
#include "core/sql_lexer.h"

static int push_text(lua_State *L, bool ok, const struct buf *sql,
                     const struct err *e)
{
    if (!ok)
        return bind_fail(L, e);
    lua_pushlstring(L, sql->len ? sql->data : "", sql->len);
    return 1;
}

/* sql.ident(name) -> "name" in quotes, or nil and an error */
static int l_ident(lua_State *L)
{
    const char *name = bind_checktext(L, 1);
    struct buf *sql = bind_newbuf(L);
    struct err e;
    bool ok = sql_ident(sql, name, &e);

    return push_text(L, ok, sql, &e);
}

/* sql.literal(value, type [, dialect]) -> the literal for a column of that
 * type ("text", "bigint", "jsonb", "float4[]"), or nil and an error */
static int l_literal(lua_State *L)
{
    static const char *const types[] = {"text", "bigint", "jsonb", "float4[]",
                                        NULL};
    enum column_type t = luaL_checkoption(L, 2, "text", types);
    const struct dialect *d = bind_checkdialect(L, 3, "postgres");
    struct value v = {0};
    struct buf *sql;
    struct err e;
    bool ok;

    lua_settop(L, 3);
    lua_newtable(L);
    bind_tovalue(L, 1, 4, &v, "value");
    sql = bind_newbuf(L);
    ok = sql_literal(sql, d, t, &v, &e);
    return push_text(L, ok, sql, &e);
}

/* sql.insert(schema, row or list of rows [, dialect [, once]]) -> statement, or
 * nil and an error; raises on a key that is no column.  once: see sql.h */
static int l_insert(lua_State *L)
{
    const struct schema *s = bind_checkschema(L, 1);
    const struct dialect *d = bind_checkdialect(L, 3, "postgres");
    const char *once = lua_isnoneornil(L, 4) ? NULL : bind_checktext(L, 4);
    const struct value *rows;
    struct buf *sql;
    struct err e;
    size_t n;
    bool ok;
    bool many;

    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 4);
    many = lua_rawgeti(L, 2, 1) == LUA_TTABLE;
    lua_settop(L, 4);
    rows = bind_newrows(L, 2, s, many, &n);
    sql = bind_newbuf(L);
    ok = sql_insert(sql, d, s, &(struct sql_rows){rows, n, once}, &e);
    return push_text(L, ok, sql, &e);
}

/* sql.create(schema [, dialect]) -> CREATE TABLE IF NOT EXISTS ... */
static int l_create(lua_State *L)
{
    const struct schema *s = bind_checkschema(L, 1);
    const struct dialect *d = bind_checkdialect(L, 2, "postgres");
    struct buf *sql = bind_newbuf(L);
    struct err e;
    bool ok = sql_create(sql, d, s, &e);

    return push_text(L, ok, sql, &e);
}

/* How many names the string-keyed entries of the table at 2 hold. */
static size_t count_names(lua_State *L)
{
    size_t n = 0;

    lua_pushnil(L);
    for (; lua_next(L, 2); lua_pop(L, 1))
        n += lua_istable(L, -1) ? lua_rawlen(L, -1) : 1;
    return n;
}

static void add_name(lua_State *L, const char *key, struct sql_name *out)
{
    if (lua_type(L, -1) != LUA_TSTRING)
        bind_raise(L, "the name for '%s' is no text", key);
    out->key = key;
    out->name = lua_tostring(L, -1); /* its table keeps it alive */
    if (strlen(out->name) != lua_rawlen(L, -1))
        bind_raise(L, "the name for '%s' holds a NUL byte", key);
}

/* The string-keyed entries of the table at 2, as names for a template. */
static struct sql_name *names(lua_State *L)
{
    struct sql_name *out =
        bind_newscratch(L, (count_names(L) + 1) * sizeof(*out));
    size_t n = 0;

    lua_pushnil(L);
    for (; lua_next(L, 2); lua_pop(L, 1)) {
        const char *key;

        if (lua_type(L, -2) != LUA_TSTRING)
            continue;
        key = lua_tostring(L, -2);
        if (strcmp(key, "n") == 0)
            continue;
        if (!lua_istable(L, -1)) {
            add_name(L, key, &out[n++]);
            continue;
        }
        for (size_t i = 1; i <= lua_rawlen(L, -1); i++, lua_pop(L, 1)) {
            lua_rawgeti(L, -1, (lua_Integer)i);
            add_name(L, key, &out[n++]);
        }
    }
    return out;
}

/* A list of values, kept alive by the anchor table at 4. */
static void to_list(lua_State *L, int idx, struct value *v)
{
    size_t n = lua_rawlen(L, idx);
    struct value *items;

    bind_checklist(L, idx, "value");
    items = bind_newscratch(L, (n + 1) * sizeof(*items));
    lua_rawseti(L, 4, (lua_Integer)lua_rawlen(L, 4) + 1);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, idx, (lua_Integer)i + 1);
        bind_tovalue(L, -1, 4, &items[i], "value");
        lua_pop(L, 1); /* the list keeps it alive */
    }
    *v = (struct value){.kind = VALUE_LIST, .items = items, .len = n};
}

/* The array part of the table at 2. */
static struct value *values(lua_State *L, size_t *n)
{
    struct value *v;

    *n = lua_rawlen(L, 2);
    if (lua_getfield(L, 2, "n") != LUA_TNIL) {
        int whole;
        lua_Integer count = lua_tointegerx(L, -1, &whole);

        if (!whole)
            bind_raise(L, "values.n must be how many values there are");
        if (count < 0 || (size_t)count < *n)
            bind_raise(L, "values.n is less than the values that are there");
        *n = (size_t)count;
    }
    luaL_argcheck(L, *n < 100000, 2, "too many values");
    v = bind_newscratch(L, (*n + 1) * sizeof(*v));
    for (size_t i = 0; i < *n; i++) {
        if (lua_rawgeti(L, 2, (lua_Integer)i + 1) == LUA_TTABLE)
            to_list(L, lua_gettop(L), &v[i]);
        else
            bind_tovalue(L, -1, 4, &v[i], "value");
        lua_pop(L, 1); /* the table still holds it */
    }
    return v;
}

/* sql.bind(text, values [, dialect]) -> text with each ? replaced by the
 * literal of values[1], [2], ... (values.n when some are nil; a list of
 * numbers is a vector), each ?? by the next value, a list, as a, b, c, and
 * each {key} by the quoted name or names values.key; or nil and an error */
static int l_bind(lua_State *L)
{
    const char *text = bind_checktext(L, 1);
    const struct dialect *d = bind_checkdialect(L, 3, "postgres");
    struct sql_args args;
    struct buf *sql;
    struct err e;
    bool ok;

    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 3);
    lua_newtable(L); /* anchor */
    args.values = values(L, &args.n);
    args.names = names(L);
    sql = bind_newbuf(L);
    ok = sql_bind(sql, d, text, &args, &e);
    return push_text(L, ok, sql, &e);
}

/* sql.unfinished(text [, dialect]) -> whether the statement goes on: an open
 * quote, comment or parenthesis, or a comma at its end */
static int l_unfinished(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    const struct dialect *d = bind_checkdialect(L, 2, "postgres");

    lua_pushboolean(L, sql_unfinished(text, len, d->lexis));
    return 1;
}

/* sql.reads(text) -> whether the text is one statement that starts like one
 * which only reads, and holds no word that writes.  Only for a service that
 * has no read-only mode: a function that it calls may still write. */
static int l_reads(lua_State *L)
{
    static const char *const first[] = {"SELECT", "VALUES", "SHOW", "WITH"};
    static const char *const writes[] = {"INSERT", "UPDATE", "DELETE",
                                         "MERGE",  "INTO",   ";"};
    size_t len;
    const char *sql = luaL_checklstring(L, 1, &len);
    struct sql_lexer x = {.at = sql, .end = sql + len};
    struct sql_token t = sql_lexer_next(&x);
    bool reads = false;

    for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
        reads |= sql_token_is(&t, first[i]);
    for (; reads && t.kind != SQL_TOKEN_END; t = sql_lexer_next(&x))
        for (size_t i = 0; i < sizeof(writes) / sizeof(*writes); i++)
            reads &= !sql_token_is(&t, writes[i]);
    lua_pushboolean(L, reads);
    return 1;
}

int luaopen_engine_sql(lua_State *L)
{
    static const luaL_Reg funcs[] = {
        {"ident", l_ident},   {"literal", l_literal},
        {"insert", l_insert}, {"create", l_create},
        {"bind", l_bind},     {"unfinished", l_unfinished},
        {"reads", l_reads},   {NULL, NULL}};

    luaL_newlib(L, funcs);
    return 1;
}
