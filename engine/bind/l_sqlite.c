#include <limits.h>

#include "bind/bind.h"
#include "bind/options.h"
#include "db/sqlite.h"

/* sqlite.open(path [, { busy_ms=5000, readonly=false }]) -> store, or nil and
 * an error; a file that is not there is made, readable by its owner only */
static int l_open(lua_State *L)
{
    const char *path = bind_checktext(L, 1);
    struct sqlite_options o = {0};
    const struct bind_option options[] = {
        {"busy_ms", .integer = &o.busy_ms, .most = INT_MAX},
        {"readonly", .flag = &o.readonly},
        {0},
    };
    struct bind_store *s;
    struct err e;

    if (!lua_isnoneornil(L, 2))
        bind_options(L, 2, options);
    s = bind_newstore(L);
    s->db = sqlite_open(path, &o, &e);
    return s->db ? 1 : bind_fail(L, &e);
}

int luaopen_engine_sqlite(lua_State *L)
{
    static const luaL_Reg funcs[] = {{"open", l_open}, {NULL, NULL}};

    luaL_requiref(L, "engine.store", luaopen_engine_store, 0);
    luaL_newlib(L, funcs);
    return 1;
}
