#include "fuzz.h"

#include <lauxlib.h>
#include <lualib.h>

#include "bind/bind.h"
#include "core/build_info.h"

sqlite3 *fuzz_db(void)
{
    static sqlite3 *db;

    if (!db)
        CHECK(sqlite3_open(":memory:", &db) == SQLITE_OK);
    return db;
}

lua_State *fuzz_lua(const char *setup)
{
    static lua_State *L;

    if (L)
        return L;
    L = luaL_newstate();
    CHECK(L != NULL);
    luaL_openlibs(L);
    bind_preload(L);
    lua_getglobal(L, "package");
    lua_pushfstring(L, "%s/lua/?.lua;%s/lua/?/init.lua;%s/tests/support/?.lua",
                    build_root, build_root, build_root);
    lua_setfield(L, -2, "path");
    lua_pop(L, 1);
    if (luaL_dostring(L, setup)) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        abort();
    }
    return L;
}

void fuzz_call(lua_State *L, const uint8_t *data, size_t size)
{
    lua_pushvalue(L, 1);
    lua_pushlstring(L, (const char *)data, size);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        fprintf(stderr, "%s\n", luaL_tolstring(L, -1, NULL));
        abort();
    }
}
