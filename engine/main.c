/*
 * The program: lua.c's command line, our Lua, our commands.
 *
 * main() does nothing that can raise; everything else runs under lua_pcall in
 * pmain, as in lua.c, so that a script cannot tell the two apart.
 */
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "bind/bind.h"
#include "core/build_info.h"
#include "os/heap.h"
#include "run.h"

#define EXIT_USAGE 64

/* What a hook uses of the heap. */
#define HOOK_HEAP ((size_t)512 << 10)

/* What pmain is given, and the exit code it leaves. */
struct invocation {
    int argc, code;
    char **argv;
};

static void print_version(void)
{
    printf("%s\n", LUA_COPYRIGHT);
    fflush(stdout);
}

/* The script is arg[0], its arguments follow, what came before is negative. */
static void set_arg(lua_State *L, char **argv, int argc, int script)
{
    if (script == argc)
        script = 0;
    lua_createtable(L, argc > script ? argc - script - 1 : 0, script + 1);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i - script);
    }
    lua_setglobal(L, "arg");
}

/* Calls the chunk on the stack unless loading it failed with status; returns
 * an exit code, as all that follow. */
static int run_chunk(lua_State *L, int status)
{
    if (status == LUA_OK)
        status = run_call(L, 0, 0);
    return run_report(L, status, PROGRAM);
}

static int run_string(lua_State *L, const char *text, const char *name)
{
    return run_chunk(L, luaL_loadbuffer(L, text, strlen(text), name));
}

static int run_library(lua_State *L, const char *name)
{
    const char *eq = strchr(name, '=');
    int status;

    if (eq)
        lua_pushlstring(L, name, (size_t)(eq - name));
    else
        lua_pushstring(L, name);
    lua_getglobal(L, "require");
    lua_pushstring(L, eq ? eq + 1 : name);
    status = run_call(L, 1, 1);
    if (status == LUA_OK) {
        lua_pushglobaltable(L);
        lua_insert(L, -3);
        lua_settable(L, -3); /* _G[name] = module */
        lua_pop(L, 1);
        return EXIT_SUCCESS;
    }
    status = run_report(L, status, PROGRAM);
    lua_pop(L, 1);
    return status;
}

/* Runs -e, -l and -W in order, up to the first failure. */
static int run_options(lua_State *L, char **argv, int n)
{
    const char *ignored;
    int code = EXIT_SUCCESS;

    for (int i = 1; i < n && code == EXIT_SUCCESS; i++) {
        char what = argv[i][1];
        const char *value = argv[i] + 2;
        int taken = args_store(argv + i, &ignored);

        if (taken > 0) {
            i += taken - 1;
            continue;
        }
        if (what == 'W')
            lua_warning(L, "@on", 0);
        if (what != 'e' && what != 'l')
            continue;
        if (*value == '\0')
            value = argv[++i];
        code = what == 'e' ? run_string(L, value, "=(command line)")
                           : run_library(L, value);
    }
    return code;
}

static int run_luainit(lua_State *L)
{
    const char *name = "=LUA_INIT_5_4";
    const char *init = getenv(name + 1);

    if (!init) {
        name = "=LUA_INIT";
        init = getenv(name + 1);
    }
    if (!init)
        return EXIT_SUCCESS;
    if (init[0] == '@')
        return run_chunk(L, luaL_loadfile(L, init + 1));
    return run_string(L, init, name);
}

static int run_script(lua_State *L, char **argv)
{
    const char *name = argv[0];
    int status;

    if (strcmp(name, "-") == 0 && strcmp(argv[-1], "--") != 0)
        name = NULL;
    status = luaL_loadfile(L, name);
    if (status == LUA_OK)
        status = run_call(L, run_pushargs(L), 0);
    return run_report(L, status, PROGRAM);
}

/* Runs lua/boot.lua, which sets the paths and pushes the function that runs
 * the command, or nil when word is none. */
static int boot(lua_State *L, const char *word)
{
    int status = bind_loadfile(L, "/lua/boot.lua");

    if (status == LUA_OK) {
        lua_pushstring(L, build_root);
        lua_pushstring(L, build_lib);
        lua_pushstring(L, word);
        status = run_call(L, 3, 1);
    }
    return run_report(L, status, PROGRAM);
}

/* Calls the command on the stack; its exit code is the returned integer.  A
 * file at the limit of `ulimit -f` is an error of the write, not our end. */
static int run_word(lua_State *L, const char *word)
{
    const char *who = lua_pushfstring(L, "%s %s", PROGRAM, word);
    int code;

    signal(SIGXFSZ, SIG_IGN);
    lua_insert(L, -2);
    code = run_report(L, run_command(L, run_pushargs(L), 1), who);
    if (code != EXIT_SUCCESS)
        return code;
    if (lua_isinteger(L, -1))
        return (int)lua_tointeger(L, -1);
    return lua_isnil(L, -1) || lua_toboolean(L, -1) ? EXIT_SUCCESS
                                                    : EXIT_FAILURE;
}

/* Whether nothing is given to run: then the REPL is, or what is on stdin. */
static bool is_bare(int argc, struct options o)
{
    return o.script == argc && !o.e && !o.v;
}

static bool wants_repl(int argc, struct options o)
{
    return o.i || (is_bare(argc, o) && isatty(STDIN_FILENO));
}

/* The script or what stands for one; returns the exit code. */
static int run_main(lua_State *L, char **argv, int argc, struct options o)
{
    int code = EXIT_SUCCESS;

    if (o.script < argc)
        code = run_script(L, argv + o.script);
    if (code == EXIT_SUCCESS && wants_repl(argc, o))
        return run_repl(L, o.store, !o.i);
    if (code == EXIT_SUCCESS && is_bare(argc, o))
        code = run_chunk(L, luaL_loadfile(L, NULL));
    /* What stdin gets wrong is no failure to lua.c either. */
    return is_bare(argc, o) && code == EXIT_FAILURE ? EXIT_SUCCESS : code;
}

static int run_all(lua_State *L, char **argv, int argc, struct options o,
                   const char *word)
{
    bool command;
    int code;

    lua_gc(L, LUA_GCSTOP); /* nothing is garbage so early */
    luaL_openlibs(L);
    bind_preload(L);
    bind_setloader(L);
    set_arg(L, argv, argc, o.script);
    code = boot(L, word);
    if (code != EXIT_SUCCESS)
        return code;
    command = !lua_isnil(L, -1);
    if (!command) { /* commands do this themselves */
        lua_gc(L, LUA_GCRESTART);
        lua_gc(L, LUA_GCGEN, 0, 0);
    }
    if (args_misplaced(argv, o, command ? word : NULL, wants_repl(argc, o)))
        return EXIT_USAGE;
    if (o.bad) {
        args_complain(argv[o.script]);
        return EXIT_FAILURE;
    }
    if (o.v)
        print_version();
    if (word && !command && access(word, F_OK) != 0) {
        fprintf(stderr, "%s: no command and no file '%s'; try %s help\n",
                PROGRAM, word, PROGRAM);
        return EXIT_USAGE;
    }
    /* What LUA_INIT prints has no place in an answer to an agent. */
    if (!command && !o.E)
        code = run_luainit(L);
    if (code == EXIT_SUCCESS)
        code = run_options(L, argv, o.script);
    if (code != EXIT_SUCCESS)
        return code;
    if (command)
        return run_word(L, word);
    return run_main(L, argv, argc, o);
}

static int pmain(lua_State *L)
{
    struct invocation *in = lua_touserdata(L, 1);
    struct options o;
    const char *word;

    luaL_checkversion(L);
    o = args_read(in->argv);
    if (o.E) {
        lua_pushboolean(L, 1);
        lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
    }
    word = args_word(in->argv, o);
    in->code = run_all(L, in->argv, in->argc, o, word);
    return 0;
}

int main(int argc, char **argv)
{
    static char name[] = PROGRAM;
    static char *nameless[] = {name, NULL};
    struct invocation in = {.argc = argc, .argv = argv, .code = EXIT_FAILURE};
    lua_State *L;

    if (argc > 1 && strcmp(argv[1], "hook") == 0) {
        heap_prefault(HOOK_HEAP);
        L = lua_newstate(heap_allocate, NULL);
    } else {
        L = luaL_newstate();
    }

    if (!L) {
        run_complain(PROGRAM, "cannot create state: not enough memory");
        return EXIT_FAILURE;
    }
    if (argc < 1) {
        in.argc = 1;
        in.argv = nameless;
    }
    if (argc > 1)
        argv[1] = args_command(argv[1]);
    lua_pushcfunction(L, pmain);
    lua_pushlightuserdata(L, &in);
    if (run_report(L, lua_pcall(L, 1, 0, 0), PROGRAM) != EXIT_SUCCESS)
        in.code = EXIT_FAILURE;
    lua_close(L);
    return in.code;
}
