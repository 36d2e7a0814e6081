/* engine.sys: other programs.  See meta/sys.lua. */
#include <limits.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/options.h"
#include "os/proc.h"

#define KEEP_DEFAULT (16 << 20)

extern char **environ;

/* Whether the table at idx says something about the variable "NAME=...". */
static bool overridden(lua_State *L, int idx, const char *var)
{
    const char *eq = strchr(var, '=');
    bool there;

    lua_pushlstring(L, var, eq ? (size_t)(eq - var) : strlen(var));
    lua_rawget(L, idx);
    there = !lua_isnil(L, -1);
    lua_pop(L, 1);
    return there;
}

/* Our environment changed as the table at idx says: a string sets, false
 * removes.  Pushes the list and a table that keeps its strings. */
static char *const *push_env(lua_State *L, int idx)
{
    size_t most = 1;
    size_t n = 0;
    const char **env;

    for (char **v = environ; *v; v++)
        most++;
    for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1))
        most++;
    env = bind_newscratch(L, most * sizeof(*env));
    for (char **v = environ; *v; v++)
        if (!overridden(L, idx, *v))
            env[n++] = *v;
    lua_newtable(L); /* keep */
    for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING ||
            (lua_type(L, -1) != LUA_TSTRING && lua_toboolean(L, -1)))
            luaL_error(L, "option 'env' maps names to strings or false");
        if (!lua_toboolean(L, -1))
            continue;
        env[n] = lua_pushfstring(L, "%s=%s", lua_tostring(L, -2),
                                 lua_tostring(L, -1));
        lua_rawseti(L, -4, (lua_Integer)++n);
    }
    return (char *const *)env;
}

/* Arguments 1 and 2 of both functions; what p borrows stays on the stack. */
static struct proc check_proc(lua_State *L)
{
    struct proc p = {.envp = environ};
    const struct bind_option options[] = {{"cwd", .text = &p.cwd}, {0}};
    size_t n;

    if (lua_isnoneornil(L, 2)) {
        lua_settop(L, 1);
        lua_newtable(L);
    }
    lua_settop(L, 2);
    p.argv = (char *const *)bind_words(L, 1, "a word", &n);
    luaL_argcheck(L, n >= 1 && n < 100000, 1, "a list of words");
    bind_options(L, 2, options);
    if (lua_getfield(L, 2, "env") != LUA_TNIL) {
        if (!lua_istable(L, -1))
            luaL_error(L, "option 'env' must be a table");
        p.envp = push_env(L, lua_gettop(L));
    }
    return p;
}

static int l_spawn(lua_State *L)
{
    struct proc p = check_proc(L);
    const struct bind_option options[] = {{"stdout", .text = &p.output}, {0}};
    struct err e;

    bind_options(L, 2, options);
    return bind_result(L, proc_spawn(&p, &e), &e);
}

static int l_run(lua_State *L)
{
    struct proc p = check_proc(L);
    struct proc_end end;
    struct buf *out;
    struct buf *errs;
    struct err e;
    double max = KEEP_DEFAULT;
    const struct bind_option options[] = {
        {"stdin", .text = &p.input, .len = &p.ninput},
        {"timeout", .number = &p.timeout},
        {"max", .number = &max},
        {0},
    };

    bind_options(L, 2, options);
    p.max = max < BUF_MAX ? (size_t)max : BUF_MAX - 1;
    out = bind_newbuf(L);
    errs = bind_newbuf(L);
    if (!proc_run(&p, out, errs, &end, &e))
        return bind_fail(L, &e);
    lua_createtable(L, 0, 6);
    if (end.signal) {
        bind_setinteger(L, "signal", end.signal);
    } else {
        bind_setinteger(L, "code", end.code);
    }
    bind_setbytes(L, "stdout", out);
    bind_setbytes(L, "stderr", errs);
    bind_setbool(L, "timed_out", end.timed_out);
    bind_setbool(L, "truncated", end.truncated);
    return 1;
}

static int l_which(lua_State *L)
{
    const char *name = bind_checktext(L, 1);
    char path[PATH_MAX];
    struct err e;

    if (!proc_which(name, path, sizeof(path), &e))
        return bind_fail(L, &e);
    lua_pushstring(L, path);
    return 1;
}

const luaL_Reg sys_proc_funcs[] = {
    {"spawn", l_spawn},
    {"run", l_run},
    {"which", l_which},
    {NULL, NULL},
};
