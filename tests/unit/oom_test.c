/*
 * Every binding is starved of memory: the scenarios of oom.lua run with 0, 1,
 * 2, ... allocations allowed until they pass.
 *
 * From the n-th allocation on every one fails: after a single failure Lua
 * collects garbage and tries again, so failing once proves nothing.  Shrinking
 * always succeeds, as Lua relies on it.  C's allocations are caught by the
 * linker's --wrap, SQLite's among them, and libcurl's by its own hooks.
 */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"

#define SCENARIOS "tests/unit/oom.lua"
#define LIMIT 200000

/* Who is refused memory. */
enum { STARVE_LUA = 1, STARVE_C = 2 };

static int starving; /* STARVE_ bits, or 0: nobody */
static long left;    /* allocations still allowed */
static long live;    /* blocks that C holds, as far as they are counted */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
void __wrap_free(void *p);

/* The modules that are .so files in the program are linked into the test,
 * those that there are. */
int luaopen_engine_http(lua_State *L) __attribute__((weak));
int luaopen_engine_postgres(lua_State *L) __attribute__((weak));
int luaopen_engine_edit(lua_State *L) __attribute__((weak));
int luaopen_engine_serve(lua_State *L) __attribute__((weak));

/* libcurl's way to be given an allocator; CURL_GLOBAL_DEFAULT is 3. */
int curl_global_init_mem(long flags, void *(*m)(size_t), void (*f)(void *),
                         void *(*r)(void *, size_t), char *(*s)(const char *),
                         void *(*c)(size_t, size_t)) __attribute__((weak));

static bool refused(int who)
{
    return (starving & who) && left-- <= 0;
}

static void *counted(void *p)
{
    live += p != NULL;
    return p;
}

void *__wrap_malloc(size_t n)
{
    return refused(STARVE_C) ? NULL : counted(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return refused(STARVE_C) ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t n)
{
    if (refused(STARVE_C))
        return NULL;
    return p ? __real_realloc(p, n) : counted(__real_realloc(NULL, n));
}

char *__wrap_strdup(const char *s)
{
    return refused(STARVE_C) ? NULL : counted(__real_strdup(s));
}

char *__wrap_strndup(const char *s, size_t n)
{
    return refused(STARVE_C) ? NULL : counted(__real_strndup(s, n));
}

void __wrap_free(void *p)
{
    live -= p != NULL;
    __real_free(p);
}

static void *lua_alloc(void *ud, void *p, size_t osize, size_t nsize)
{
    (void)ud;
    if (nsize == 0) {
        __real_free(p);
        return NULL;
    }
    if ((!p || nsize > osize) && refused(STARVE_LUA))
        return NULL;
    return __real_realloc(p, nsize);
}

static void starve(int who, long n)
{
    left = n;
    starving = who;
}

static void preload(lua_State *L, const char *name, lua_CFunction open)
{
    if (!open)
        return;
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

static int open_all(lua_State *L)
{
    luaL_openlibs(L);
    bind_preload(L);
    preload(L, "engine.http", luaopen_engine_http);
    preload(L, "engine.postgres", luaopen_engine_postgres);
    preload(L, "engine.edit", luaopen_engine_edit);
    preload(L, "engine.serve", luaopen_engine_serve);
    if (luaL_dofile(L, SCENARIOS) != LUA_OK)
        return lua_error(L);
    return 1;
}

/* A state with the list of scenarios on its stack, or NULL. */
static lua_State *new_state(void)
{
    lua_State *L = lua_newstate(lua_alloc, NULL);

    if (!L)
        return NULL;
    lua_pushcfunction(L, open_all);
    if (lua_pcall(L, 0, 1, 0) == LUA_OK)
        return L;
    if (!starving)
        fprintf(stderr, "%s: %s\n", SCENARIOS, lua_tostring(L, -1));
    lua_close(L);
    return NULL;
}

/* What failed for want of memory says so; all else is a fault. */
static bool was_memory(lua_State *L, int status)
{
    const char *text;
    bool is;

    if (status == LUA_ERRMEM)
        return true;
    text = luaL_tolstring(L, -1, NULL);
    is = strstr(text, "memory") != NULL;
    lua_pop(L, 1);
    return is;
}

/* Calls field name of the scenario on top, if it has it. */
static int call(lua_State *L, const char *name)
{
    if (lua_getfield(L, -1, name) != LUA_TFUNCTION) {
        lua_pop(L, 1);
        return LUA_OK;
    }
    return lua_pcall(L, 0, 0, 0);
}

/* Runs the scenario on top with ever more memory; how often, or -1. */
static long starve_scenario(lua_State *L, int who)
{
    for (long n = 0; n < LIMIT; n++) {
        int status;
        bool memory;

        starve(who, n);
        status = call(L, "run");
        starve(0, 0);
        if (status == LUA_OK)
            return n;
        memory = was_memory(L, status);
        if (!memory)
            fprintf(stderr, "at allocation %ld: %s\n", n,
                    luaL_tolstring(L, -1, NULL));
        lua_settop(L, 2);
        if (!memory)
            return -1;
        lua_gc(L, LUA_GCCOLLECT, 0);
    }
    fprintf(stderr, "never passes\n");
    return -1;
}

/* Scenario i for one of the ways to starve; *more is false past the last. */
static bool test(int i, int who, bool *more)
{
    static const char *const ways[] = {"", "Lua", "C", "both"};
    long before = live;
    lua_State *L = new_state();
    const char *name = "opening";
    char said[64] = "";
    long places = -1;

    *more = L && lua_rawgeti(L, 1, i) == LUA_TTABLE;
    if (*more) {
        lua_getfield(L, 2, "name");
        snprintf(said, sizeof(said), "%s", lua_tostring(L, -1));
        name = said;
        lua_settop(L, 2);
        if (call(L, "setup") == LUA_OK)
            places = starve_scenario(L, who);
        if (places >= 0 && call(L, "verify") != LUA_OK)
            places = -1;
        if (places < 0 && lua_gettop(L) > 2)
            fprintf(stderr, "%s\n", luaL_tolstring(L, -1, NULL));
    }
    if (L)
        lua_close(L);
    if (*more && live != before) {
        fprintf(stderr, "%ld blocks of C are left\n", live - before);
        places = -1;
    }
    if (*more)
        printf("%-6s %-24s %-4s %5ld places\n", places < 0 ? "FAILED" : "ok",
               name, ways[who], places);
    return places >= 0;
}

/* Opening everything, each time from nothing. */
static bool test_opening(void)
{
    for (long n = 0; n < LIMIT; n++) {
        lua_State *L;

        starve(STARVE_LUA | STARVE_C, n);
        L = new_state();
        starve(0, 0);
        if (!L)
            continue;
        lua_close(L);
        printf("ok     %-24s both %5ld places\n", "opening", n);
        return true;
    }
    printf("FAILED opening\n");
    return false;
}

int main(void)
{
    int passed = 0;
    int failed = 0;
    bool more = true;

    if (curl_global_init_mem)
        curl_global_init_mem(3, __wrap_malloc, __wrap_free, __wrap_realloc,
                             __wrap_strdup, __wrap_calloc);
    for (int i = 1; more; i++)
        for (int who = 1; who <= 3 && (who == 1 || more); who++) {
            bool ok = test(i, who, &more);

            passed += more && ok;
            failed += more && !ok;
        }
    if (test_opening())
        passed++;
    else
        failed++;
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
