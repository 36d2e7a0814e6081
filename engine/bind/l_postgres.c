#include "bind/bind.h"
#include "bind/options.h"
#include "db/postgres.h"

int luaopen_engine_postgres(lua_State *L);

/* open(url [, {workspace=, connect_timeout=, timeout_ms=, readonly=}]) -> store
 * | nil, err */
static int l_open(lua_State *L)
{
    struct postgres_options o = {0};
    const struct bind_option options[] = {
        {"workspace", .text = &o.workspace},
        {"connect_timeout", .integer = &o.connect_timeout, .least = 1,
         .most = 3600},
        {"timeout_ms", .integer = &o.timeout_ms, .least = 1, .most = 3600000},
        {"readonly", .flag = &o.readonly},
        {0},
    };
    struct bind_store *s;
    struct err e = {0};
    const char *url = bind_checktext(L, 1);

    if (!lua_isnoneornil(L, 2))
        bind_options(L, 2, options);
    if (o.workspace && !*o.workspace)
        bind_raise(L, "option 'workspace' must not be empty");
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
