/* How Lua checks what it is given: part of engine.store. */
#include <string.h>

#include "bind/bind.h"
#include "bind/options.h"

/* store.raise(message): a caller's mistake, at the caller's line: our own Lua
 * files are passed over. */
static int l_raise(lua_State *L)
{
    bind_raise(L, "%s", luaL_checkstring(L, 1));
}

/* store.check(value, type, what) -> value; raises "what, not a TYPE" unless it
 * is of that Lua type, or an open "store" */
static int l_check(lua_State *L)
{
    const char *type = luaL_checkstring(L, 2);

    luaL_checkany(L, 1);
    if (strcmp(type, "store") == 0)
        bind_checkstore(L, 1);
    else if (strcmp(type, luaL_typename(L, 1)) != 0)
        bind_raise(L, "%s, not a %s", luaL_checkstring(L, 3),
                   luaL_typename(L, 1));
    lua_settop(L, 1);
    return 1;
}

/* store.options(options or nil, "key key ...") -> the table, for nil an empty
 * one; raises for what is no table or has another key */
static int l_options(lua_State *L)
{
    const char *words = luaL_checkstring(L, 2);

    lua_settop(L, 2);
    if (lua_isnil(L, 1))
        lua_newtable(L);
    else
        lua_pushvalue(L, 1);
    bind_checkkeys(L, 3, words);
    return 1;
}

void bind_setchecks(lua_State *L)
{
    static const luaL_Reg funcs[] = {{"raise", l_raise},
                                     {"check", l_check},
                                     {"options", l_options},
                                     {NULL, NULL}};

    luaL_setfuncs(L, funcs, 0);
}
