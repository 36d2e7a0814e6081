/* What is raised: a caller's mistakes, and Ctrl-C. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "core/build_info.h"
#include "os/interrupt.h"

bool bind_isinterrupt(lua_State *L, int idx)
{
    bool yes = false;

    idx = lua_absindex(L, idx);
    if (lua_istable(L, idx) && luaL_getmetafield(L, idx, "__name")) {
        lua_pushliteral(L, "code");
        lua_rawget(L, idx);
        yes = lua_type(L, -2) == LUA_TSTRING &&
              strcmp(lua_tostring(L, -2), ERROR_TYPE) == 0 &&
              lua_type(L, -1) == LUA_TSTRING &&
              strcmp(lua_tostring(L, -1), err_name(ERR_INTERRUPTED)) == 0;
        lua_pop(L, 2);
    }
    return yes;
}

static bool is_ours(const lua_Debug *ar)
{
    size_t n = strlen(build_root);

    return ar->currentline < 0 ||
           (*ar->source == '@' && strncmp(ar->source + 1, build_root, n) == 0 &&
            strncmp(ar->source + 1 + n, "/lua/", 5) == 0);
}

/* Pushes "file:line: " of the innermost Lua function that is not ours, from
 * that level on, or "" when a command of ours called. */
static void push_where(lua_State *L, int level)
{
    lua_Debug ar;

    while (lua_getstack(L, level, &ar) && lua_getinfo(L, "Sl", &ar) &&
           is_ours(&ar))
        level++;
    luaL_where(L, level);
}

void bind_interrupt(lua_State *L)
{
    struct err e;

    interrupt_hear();
    push_where(L, 0);
    err_set(&e, ERR_INTERRUPTED, "%sinterrupted!", lua_tostring(L, -1));
    bind_pusherror(L, &e);
    lua_error(L);
    abort(); /* lua_error() does not return */
}

int bind_raise(lua_State *L, const char *fmt, ...)
{
    lua_Debug ar;
    va_list args;

    /* Called by C, as by pcall, it stands nowhere, as in luaL_error(). */
    if (lua_getstack(L, 1, &ar) && lua_getinfo(L, "l", &ar) &&
        ar.currentline < 0)
        luaL_where(L, 1);
    else
        push_where(L, 1);
    va_start(args, fmt);
    lua_pushvfstring(L, fmt, args);
    va_end(args);
    lua_concat(L, 2);
    lua_error(L);
    abort(); /* lua_error() does not return */
}
