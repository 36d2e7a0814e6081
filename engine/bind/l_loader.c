/* Our own Lua files, compiled by make: they load several times faster than
 * their sources.  A source that was changed since, or that another Lua
 * compiled, is read instead. */
#include <string.h>
#include <sys/stat.h>

#include "bind/bind.h"
#include "core/build_info.h"
#include "os/file.h"

static bool is_later(struct timespec a, struct timespec b)
{
    return a.tv_sec > b.tv_sec ||
           (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

/* Pushes file ("/lua/NAME.lua") as make compiled it; false, with nothing
 * pushed, when that is not there or is older than its source. */
static bool load_compiled(lua_State *L, const char *file, const char *source)
{
    int top = lua_gettop(L);
    const char *made = lua_pushfstring(L, "%s%sc", build_lib, file);
    struct stat compiled, changed;
    struct buf *bytes;
    struct err e;
    bool ok;

    if (stat(made, &compiled) != 0 || stat(source, &changed) != 0 ||
        is_later(changed.st_mtim, compiled.st_mtim)) {
        lua_pop(L, 1);
        return false;
    }
    bytes = bind_newbuf(L);
    ok = file_read(made, (size_t)compiled.st_size, false, bytes, &e) &&
         luaL_loadbufferx(L, bytes->data, bytes->len, source, "b") == LUA_OK;
    if (ok)
        lua_copy(L, -1, top + 1);
    /* Lua 5.4.4's lua_settop() goes wrong when closing moves the stack. */
    lua_closeslot(L, top + 2);
    lua_settop(L, ok ? top + 1 : top);
    return ok;
}

int bind_loadfile(lua_State *L, const char *file)
{
    const char *source = lua_pushfstring(L, "%s%s", build_root, file);
    int status = LUA_OK;

    if (!load_compiled(L, file, source))
        status = luaL_loadfile(L, source);
    lua_remove(L, -2);
    return status;
}

/* A searcher of package.searchers: the compiled module and its source's path,
 * or nothing. */
static int search(lua_State *L)
{
    const char *name = luaL_gsub(L, luaL_checkstring(L, 1), ".", "/");
    static const char *const forms[] = {"/lua/%s.lua", "/lua/%s/init.lua"};

    for (size_t i = 0; i < 2; i++) {
        const char *file = lua_pushfstring(L, forms[i], name);
        const char *source = lua_pushfstring(L, "%s%s", build_root, file);

        if (load_compiled(L, file, source)) {
            lua_pushvalue(L, -2);
            return 2;
        }
    }
    return 0;
}

void bind_setloader(lua_State *L)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchers");
    for (lua_Integer i = luaL_len(L, -1); i >= 2; i--) {
        lua_rawgeti(L, -1, i);
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushcfunction(L, search);
    lua_rawseti(L, -2, 2);
    lua_pop(L, 2);
}
