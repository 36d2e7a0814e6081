#include <string.h>

#include "bind/bind.h"
#include "db/postgres.h"

int luaopen_engine_postgres(lua_State *L);

/* The text of field name of the table at idx, pushed, or NULL. */
static const char *opt_text(lua_State *L, int idx, const char *name)
{
    size_t len;
    const char *text;

    if (lua_getfield(L, idx, name) == LUA_TNIL)
        return NULL;
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "option '%s' must be a string", name);
    text = lua_tolstring(L, -1, &len);
    if (len == 0 || strlen(text) != len)
        luaL_error(L, "option '%s' must be text without NUL", name);
    return text;
}

static int opt_whole(lua_State *L, int idx, const char *name, lua_Integer most)
{
    int isnum;
    lua_Integer n;

    if (lua_getfield(L, idx, name) == LUA_TNIL)
        return 0;
    n = lua_tointegerx(L, -1, &isnum);
    if (!isnum || n < 1 || n > most)
        luaL_error(L, "option '%s' must be a whole number, 1 to %I", name,
                   (LUAI_UACINT)most);
    return (int)n;
}

/* open(url [, {workspace=, connect_timeout=, timeout_ms=}]) -> store
 * | nil, err */
static int l_open(lua_State *L)
{
    struct postgres_options o = {0};
    struct bind_store *s;
    struct err e = {0};
    size_t len;
    const char *url = luaL_checklstring(L, 1, &len);

    luaL_argcheck(L, strlen(url) == len, 1, "a URL has no NUL byte");
    if (!lua_isnoneornil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        o.workspace = opt_text(L, 2, "workspace"); /* stays on the stack */
        o.connect_timeout = opt_whole(L, 2, "connect_timeout", 3600);
        o.timeout_ms = opt_whole(L, 2, "timeout_ms", 3600000);
    }
    s = bind_newstore(L);
    s->db = postgres_open(url, &o, &e);
    return s->db ? 1 : bind_fail(L, &e);
}

int luaopen_engine_postgres(lua_State *L)
{
    static const luaL_Reg funcs[] = {{"open", l_open}, {NULL, NULL}};

    luaL_requiref(L, "engine.store", luaopen_engine_store, 0);
    luaL_newlib(L, funcs);
    return 1;
}
