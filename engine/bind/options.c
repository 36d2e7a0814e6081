#include "bind/options.h"

#include <string.h>

#include "bind/bind.h"

static void read_text(lua_State *L, const struct bind_option *o)
{
    size_t len;

    if (lua_type(L, -1) != LUA_TSTRING)
        bind_raise(L, "option '%s' must be a string", o->key);
    *o->text = lua_tolstring(L, -1, &len);
    if (o->len)
        *o->len = len;
    else if (strlen(*o->text) != len)
        bind_raise(L, "option '%s' contains a NUL", o->key);
}

static void read_integer(lua_State *L, const struct bind_option *o)
{
    int whole;
    lua_Integer n = lua_tointegerx(L, -1, &whole);

    if (!whole || n < o->least || n > o->most)
        bind_raise(L, "option '%s' must be a whole number from %I to %I",
                   o->key, (LUAI_UACINT)o->least, (LUAI_UACINT)o->most);
    if (o->integer)
        *o->integer = (int)n;
    else
        *o->size = (size_t)n;
}

static void read_number(lua_State *L, const struct bind_option *o)
{
    if (lua_type(L, -1) != LUA_TNUMBER ||
        !(lua_tonumber(L, -1) >= (lua_Number)o->least))
        bind_raise(L, "option '%s' must be a number from %I on", o->key,
                   (LUAI_UACINT)o->least);
    *o->number = lua_tonumber(L, -1);
}

void bind_options(lua_State *L, int t, const struct bind_option list[])
{
    if (!lua_istable(L, t))
        bind_raise(L, "options must be a table, as { key = value }");
    t = lua_absindex(L, t);
    for (const struct bind_option *o = list; o->key; o++) {
        luaL_checkstack(L, 4, NULL);
        if (lua_getfield(L, t, o->key) == LUA_TNIL) {
            if (o->needed)
                bind_raise(L, "option '%s' is missing", o->key);
        } else if (o->text) {
            read_text(L, o);
            continue;
        } else if (o->number) {
            read_number(L, o);
        } else if (o->flag) {
            *o->flag = lua_toboolean(L, -1);
        } else {
            read_integer(L, o);
        }
        lua_pop(L, 1);
    }
}

void *bind_newholder(lua_State *L, size_t size, const char *type, int first)
{
    int n = lua_gettop(L) - first + 1;
    void *p = lua_newuserdatauv(L, size, n);

    memset(p, 0, size);
    lua_insert(L, first);
    for (int i = n; i > 0; i--)
        lua_setiuservalue(L, first, i);
    luaL_setmetatable(L, type);
    return p;
}

const char **bind_words(lua_State *L, int idx, const char *what, size_t *n)
{
    const char **words;
    size_t len;

    if (!lua_istable(L, idx))
        bind_raise(L, "%s must stand in a list", what);
    *n = lua_rawlen(L, idx);
    words = bind_newscratch(L, (*n + 1) * sizeof(*words));
    for (size_t i = 0; i < *n; i++) {
        if (lua_rawgeti(L, idx, (lua_Integer)i + 1) != LUA_TSTRING)
            bind_raise(L, "%s must be a string", what);
        words[i] = lua_tolstring(L, -1, &len);
        if (strlen(words[i]) != len)
            bind_raise(L, "%s contains a NUL", what);
        lua_pop(L, 1);
    }
    return words;
}
