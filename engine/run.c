#include "run.h"

#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "core/build_info.h"
#include "db/sqlite.h"

/* A signal handler has no other way to its state. */
static lua_State *volatile interruptible;
static volatile sig_atomic_t interrupts;
static volatile sig_atomic_t delivered;

/* So many instructions may pass between SIGINT and the REPL's stop. */
#define CHECK_EVERY 1000

#define EVERYTHING (LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT)

static void stop(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    lua_sethook(L, NULL, 0, 0);
    bind_interrupt(L);
}

/* As in lua.c: the hook is all that may be touched here, and a second signal
 * kills, for what hangs in C. */
static void on_sigint(int sig)
{
    signal(sig, SIG_DFL);
    lua_sethook(interruptible, stop, EVERYTHING, 1);
}

static void on_repl_sigint(int sig)
{
    (void)sig;
    if (interrupts < 2)
        interrupts++;
}

/* Coroutines inherit a hook from the thread that makes them, so this one,
 * set beforehand, also stops a loop inside of one. */
static void stop_if_asked(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    if (interrupts == 0 || (interrupts == 1 && delivered))
        return;
    delivered = 1;
    if (interrupts > 1)
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
        return describe(L, 1) && !bind_isinterrupt(L, 1);
    lua_pushvalue(L, 1);
    return false;
}

static int with_traceback(lua_State *L)
{
    if (!push_message(L))
        luaL_traceback(L, L, lua_tostring(L, -1), 1);
    return 1;
}

/* The REPL shows no traceback of Ctrl-C. */
static int repl_traceback(lua_State *L)
{
    return bind_isinterrupt(L, 1) ? 1 : with_traceback(L);
}

static int one_line(lua_State *L)
{
    const char *debug = getenv("HIVEMIND_DEBUG");

    if (debug && strcmp(debug, "1") == 0)
        return with_traceback(L);
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

int run_report(lua_State *L, int status)
{
    if (status != LUA_OK) {
        const char *message = lua_tostring(L, -1);

        run_complain(PROGRAM, message ? message : "(error without message)");
        lua_pop(L, 1);
    }
    return status;
}

/* call(f, ...) -> true, results... or false and a message, or what Ctrl-C
 * raises: what the REPL runs its statements with.  A first SIGINT stops f as in
 * run_call; from the second on no pcall in f can swallow the stop. */
static int l_call(lua_State *L)
{
    int status;

    luaL_checkany(L, 1);
    interrupts = 0;
    delivered = 0;
    lua_sethook(L, stop_if_asked, LUA_MASKCOUNT, CHECK_EVERY);
    status =
        call(L, lua_gettop(L) - 1, LUA_MULTRET, repl_traceback, on_repl_sigint);
    lua_sethook(L, NULL, 0, 0);
    lua_pushboolean(L, status == LUA_OK);
    lua_insert(L, 1);
    return lua_gettop(L);
}

static int stop_asked(void *unused)
{
    (void)unused;
    return interrupts > 0;
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

    sqlite_interrupt_when(stop_asked);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "propolis.repl");
    status = run_call(L, 1, 1);
    if (status == LUA_OK) {
        lua_getfield(L, -1, "run");
        lua_remove(L, -2);
        push_host(L, store, banner);
        status = call(L, 1, 0, with_traceback, on_nothing);
    }
    return run_report(L, status);
}
