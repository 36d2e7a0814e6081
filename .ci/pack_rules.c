/* pack_rules OUT: the shipped redaction rules as bytes, for make.  Reads them
 * below the current folder: the program itself would read those of the place
 * where it is to be installed. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>

#include "bind/bind.h"

static const char script[] =
    "package.path = './lua/?.lua;./lua/?/init.lua'\n"
    "local rules = require('propolis.capture.redact').shipped_rules()\n"
    "local bytes = require('engine.redact').pack(rules)\n"
    "local file <close> = assert(io.open(..., 'wb'))\n"
    "assert(file:write(bytes))\n";

int main(int argc, char **argv)
{
    lua_State *L = argc == 2 ? luaL_newstate() : NULL;

    if (!L)
        return 64;
    luaL_openlibs(L);
    bind_preload(L);
    luaL_loadstring(L, script);
    lua_pushstring(L, argv[1]);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        fprintf(stderr, "pack_rules: %s\n", lua_tostring(L, -1));
        remove(argv[1]);
        return 1;
    }
    lua_close(L);
    return 0;
}
