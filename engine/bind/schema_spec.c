#include "bind/schema_spec.h"

#include <string.h>

#include "bind/bind.h"
#include "bind/options.h"

/* The string on top of the stack, borrowed; C would cut it at a NUL. */
static char *text(lua_State *L)
{
    size_t n;
    const char *s = lua_tolstring(L, -1, &n);

    if (strlen(s) != n)
        bind_raise(L, "a schema holds a NUL byte, behind '%s'", s);
    return (char *)s;
}

/* t[i] or t[key], whichever is there; pushes it and returns its type. */
static int pick(lua_State *L, int t, lua_Integer i, const char *key)
{
    int type = lua_rawgeti(L, t, i);

    if (type != LUA_TNIL)
        return type;
    lua_pop(L, 1);
    return lua_getfield(L, t, key);
}

static void refuse_unknown(lua_State *L, int t, const char *const known[],
                           const char *what)
{
    lua_pushnil(L);
    while (lua_next(L, t)) {
        const char *const *k = known;

        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            continue;
        while (*k && strcmp(*k, lua_tostring(L, -1)) != 0)
            k++;
        if (!*k)
            bind_raise(L, "%s has the key '%s', which means nothing", what,
                       lua_tostring(L, -1));
    }
}

/* The constant default on top of the stack. */
static void set_default(lua_State *L, struct column *c)
{
    int type = lua_type(L, -1);

    c->has_default = type != LUA_TNIL;
    if (type == LUA_TSTRING)
        c->default_text = text(L);
    else if (lua_isinteger(L, -1))
        c->default_int = lua_tointeger(L, -1);
    else if (type != LUA_TNIL)
        bind_raise(L,
                   "column '%s': a default must be a constant text or "
                   "integer, not a %s",
                   c->name, luaL_typename(L, -1));
}

/* { name, type [, default=] [, not_null=] [, since=] } on top of the stack.
 * A column with a default is NOT NULL unless it says not_null = false. */
static void to_column(lua_State *L, int at, struct column *c)
{
    static const char *const known[] = {"name",     "type",  "default",
                                        "not_null", "since", NULL};
    int t = lua_gettop(L);
    int type;

    if (!lua_istable(L, t))
        bind_raise(L, "column %d is no table", at);
    if (pick(L, t, 1, "name") != LUA_TSTRING)
        bind_raise(L, "column %d has no name", at);
    c->name = text(L);
    refuse_unknown(L, t, known, c->name);
    if (pick(L, t, 2, "type") != LUA_TSTRING)
        bind_raise(L, "column '%s' has no type", c->name);
    type = column_type_from(lua_tostring(L, -1));
    if (type < 0)
        bind_raise(L,
                   "column '%s': no type '%s'; say text, bigint, jsonb or "
                   "float4[]",
                   c->name, lua_tostring(L, -1));
    c->type = (enum column_type)type;
    lua_getfield(L, t, "default");
    set_default(L, c);
    c->not_null = c->has_default;
    if (lua_getfield(L, t, "not_null") != LUA_TNIL)
        c->not_null = lua_toboolean(L, -1);
}

static void add_columns(lua_State *L, int spec, struct schema *s)
{
    struct err e;
    lua_Integer n;

    if (lua_getfield(L, spec, "columns") != LUA_TTABLE)
        bind_raise(L, "there is no list of columns");
    n = (lua_Integer)lua_rawlen(L, -1);
    if (n == 0)
        bind_raise(L, "the list of columns is empty");
    for (lua_Integer i = 1; i <= n; i++) {
        struct column c = {0};
        int top = lua_gettop(L);

        lua_rawgeti(L, top, i);
        to_column(L, (int)i, &c);
        if (!schema_add(s, &c, &e))
            bind_raise(L, "%s", e.message);
        lua_settop(L, top);
    }
    lua_pop(L, 1);
}

static void add_index(lua_State *L, struct schema *s)
{
    int t = lua_gettop(L);
    size_t n;
    const char **cols = bind_words(L, t, "an indexed column", &n);
    struct err e;

    if (!schema_add_index(s, cols, n, &e))
        bind_raise(L, "%s", e.message);
    lua_settop(L, t);
}

static void add_indexes(lua_State *L, int spec, struct schema *s)
{
    lua_Integer n;

    if (lua_getfield(L, spec, "indexes") != LUA_TNIL)
        luaL_checktype(L, -1, LUA_TTABLE);
    n = (lua_Integer)lua_rawlen(L, -1);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        add_index(L, s);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* The columns that a shipped table cannot do without. */
static void check_required(lua_State *L, int spec, const struct schema *s)
{
    int top = lua_gettop(L);
    const char **names;
    size_t n;

    if (lua_getfield(L, spec, "required") == LUA_TTABLE) {
        names = bind_words(L, top + 1, "a required column", &n);
        for (size_t i = 0; i < n; i++)
            if (schema_find(s, names[i], strlen(names[i])) < 0)
                bind_raise(L, "the required column '%s' is missing", names[i]);
    }
    lua_settop(L, top);
}

void schema_spec_read(lua_State *L, int spec, struct schema **out)
{
    static const char *const known[] = {"table",   "version",  "columns",
                                        "indexes", "required", "name",
                                        "sync",    NULL};
    struct err e;
    const char *table;

    if (lua_getfield(L, spec, "table") != LUA_TSTRING)
        bind_raise(L, "a schema names its table");
    table = text(L);
    refuse_unknown(L, spec, known, table);
    *out = schema_new(table, &e);
    if (!*out)
        bind_raise(L, "%s", e.message);
    lua_pop(L, 1);
    add_columns(L, spec, *out);
    add_indexes(L, spec, *out);
    check_required(L, spec, *out);
}
