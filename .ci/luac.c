/* luac NAME SOURCE OUT: compiles one Lua file as make does.  NAME is the path
 * that messages show; line numbers stay. */
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>

static int put(lua_State *L, const void *bytes, size_t n, void *file)
{
    (void)L;
    return fwrite(bytes, 1, n, file) != n;
}

/* The file's text under its own name, as a function on the stack. */
static int load(lua_State *L, const char *name, const char *source)
{
    FILE *f = fopen(source, "rb");
    luaL_Buffer b;
    size_t n;

    if (!f)
        return luaL_error(L, "cannot read %s", source);
    luaL_buffinit(L, &b);
    do {
        n = fread(luaL_prepbuffer(&b), 1, LUAL_BUFFERSIZE, f);
        luaL_addsize(&b, n);
    } while (n > 0);
    fclose(f);
    luaL_pushresult(&b);
    lua_pushfstring(L, "@%s", name);
    if (luaL_loadbuffer(L, lua_tostring(L, -2), lua_rawlen(L, -2),
                        lua_tostring(L, -1)) != LUA_OK)
        return lua_error(L);
    return 1;
}

static int compile(lua_State *L)
{
    char **argv = lua_touserdata(L, 1);
    FILE *f;
    int failed;

    load(L, argv[1], argv[2]);
    f = fopen(argv[3], "wb");
    if (!f)
        return luaL_error(L, "cannot write %s", argv[3]);
    failed = lua_dump(L, put, f, 0);
    failed |= fclose(f);
    if (failed)
        return luaL_error(L, "cannot write %s", argv[3]);
    return 0;
}

int main(int argc, char **argv)
{
    lua_State *L = argc == 4 ? luaL_newstate() : NULL;

    if (!L)
        return 64;
    lua_pushcfunction(L, compile);
    lua_pushlightuserdata(L, argv);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        fprintf(stderr, "luac: %s\n", lua_tostring(L, -1));
        remove(argv[3]);
        return 1;
    }
    lua_close(L);
    return 0;
}
