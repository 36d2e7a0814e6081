#include "run.h"

#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "core/build_info.h"
#include "os/interrupt.h"

#define EXIT_INTERRUPTED 130 /* as a shell says it */

/* A signal handler has no other way to its state. */
static lua_State *volatile interruptible;

/* So many instructions may pass between SIGINT and the REPL's stop. */
#define CHECK_EVERY 1000

#define EVERYTHING (LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT)

static void stop(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    lua_sethook(L, NULL, 0, 0);
    if (interrupt_asked())
        bind_interrupt(L);
}

/* As in lua.c: the hook is all of Lua that may be touched here, and a second
 * signal kills, for what hangs in C. */
static void on_sigint(int sig)
{
    signal(sig, SIG_DFL);
    interrupt_ask();
    lua_sethook(interruptible, stop, EVERYTHING, 1);
}

static void on_repl_sigint(int sig)
{
    if (interrupt_asked()) {
        signal(sig, SIG_DFL);
        raise(sig);
    }
    interrupt_ask();
}

/* Coroutines inherit a hook from the thread that makes them, so this one,
 * set beforehand, also stops a loop inside of one. */
static void stop_if_asked(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    if (!interrupt_asked())
        return;
    if (interrupt_insisted())
        lua_sethook(L, stop_if_asked, EVERYTHING, 1);
    bind_interrupt(L);
}

void run_complain(const char *who, const char *message)
{
    fflush(stdout);
    if (who)
        fprintf(stderr, "%s: ", who);
    fprintf(stderr, "%s\n", message);
    fflush(stderr);
}

static int inspect(lua_State *L)
{
    luaL_requiref(L, "_G", NULL, 0);
    lua_getfield(L, -1, "require");
    lua_pushliteral(L, "propolis.repl.inspect");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "line");
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    luaL_checkstring(L, -1);
    return 1;
}

/* Pushes what an error object that is no string says; true when that came
 * from its own __tostring and so stands alone. */
static int describe(lua_State *L, int idx)
{
    if (luaL_callmeta(L, idx, "__tostring") && lua_type(L, -1) == LUA_TSTRING)
        return 1;
    if (lua_istable(L, idx)) {
        lua_pushcfunction(L, inspect);
        lua_pushvalue(L, idx);
        if (lua_pcall(L, 1, 1, 0) == LUA_OK) {
            lua_pushfstring(L, "error object %s", lua_tostring(L, -1));
            return 0;
        }
        lua_pop(L, 1);
    }
    lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, idx));
    return 0;
}

/* Pushes what the error object at 1 says; true when that stands alone. */
static bool push_message(lua_State *L)
{
    if (!lua_tostring(L, 1))
        return describe(L, 1);
    lua_pushvalue(L, 1);
    return false;
}

/* Ctrl-C is left as it is: it is no fault, so no traceback is shown. */
static int with_traceback(lua_State *L)
{
    if (!bind_isinterrupt(L, 1) && !push_message(L))
        luaL_traceback(L, L, lua_tostring(L, -1), 1);
    return 1;
}

static int one_line(lua_State *L)
{
    const char *debug = getenv("HIVEMIND_DEBUG");

    if (debug && strcmp(debug, "1") == 0)
        return with_traceback(L);
    if (!bind_isinterrupt(L, 1))
        push_message(L);
    return 1;
}

static int call(lua_State *L, int nargs, int nresults, lua_CFunction handler,
                void (*action)(int))
{
    struct sigaction now = {.sa_handler = action};
    struct sigaction before;
    int base = lua_gettop(L) - nargs;
    int status;

    lua_pushcfunction(L, handler);
    lua_insert(L, base);
    interruptible = L;
    interrupt_forget();
    sigemptyset(&now.sa_mask);
    sigaction(SIGINT, &now, &before);
    status = lua_pcall(L, nargs, nresults, base);
    sigaction(SIGINT, &before, NULL);
    lua_remove(L, base);
    return status;
}

int run_call(lua_State *L, int nargs, int nresults)
{
    return call(L, nargs, nresults, with_traceback, on_sigint);
}

int run_command(lua_State *L, int nargs, int nresults)
{
    return call(L, nargs, nresults, one_line, on_sigint);
}

int run_report(lua_State *L, int status, const char *who)
{
    const char *message;

    if (status == LUA_OK)
        return EXIT_SUCCESS;
    status = EXIT_FAILURE;
    if (bind_isinterrupt(L, -1)) {
        lua_getfield(L, -1, "message");
        lua_replace(L, -2);
        status = EXIT_INTERRUPTED;
    }
    message = lua_tostring(L, -1);
    run_complain(who, message ? message : "(error without message)");
    lua_pop(L, 1);
    return status;
}

/* call(f, ...) -> true, results... or false and a message, or what Ctrl-C
 * raises: what the REPL runs its statements with.  A first SIGINT stops f as in
 * run_call; from the second on no pcall in f can swallow the stop. */
static int l_call(lua_State *L)
{
    int status;

    luaL_checkany(L, 1);
    lua_sethook(L, stop_if_asked, LUA_MASKCOUNT, CHECK_EVERY);
    status =
        call(L, lua_gettop(L) - 1, LUA_MULTRET, with_traceback, on_repl_sigint);
    lua_sethook(L, NULL, 0, 0);
    lua_pushboolean(L, status == LUA_OK);
    lua_insert(L, 1);
    return lua_gettop(L);
}

static void on_nothing(int sig)
{
    (void)sig;
}

static void push_host(lua_State *L, const char *store, bool banner)
{
    lua_createtable(L, 0, 4);
    lua_pushcfunction(L, l_call);
    lua_setfield(L, -2, "call");
    lua_pushstring(L, store);
    lua_setfield(L, -2, "store");
    lua_pushstring(L, build_version);
    lua_setfield(L, -2, "version");
    lua_pushboolean(L, banner);
    lua_setfield(L, -2, "banner");
}

int run_repl(lua_State *L, const char *store, bool banner)
{
    int status;

    lua_getglobal(L, "require");
    lua_pushliteral(L, "propolis.repl");
    status = run_call(L, 1, 1);
    if (status == LUA_OK) {
        lua_getfield(L, -1, "run");
        lua_remove(L, -2);
        push_host(L, store, banner);
        status = call(L, 1, 0, with_traceback, on_nothing);
    }
    return run_report(L, status, PROGRAM);
}

int run_pushargs(lua_State *L)
{
    int n;

    if (lua_getglobal(L, "arg") != LUA_TTABLE)
        luaL_error(L, "'arg' is not a table");
    n = (int)luaL_len(L, -1);
    luaL_checkstack(L, n + 3, "too many arguments to script");
    for (int i = 1; i <= n; i++)
        lua_rawgeti(L, -i, i);
    lua_remove(L, -n - 1);
    return n;
}
