#include "bind/l_search.h"

#include <string.h>

#include "bind/options.h"
#include "db/sqlite.h"
#include "search/index.h"

#define INDEX_TYPE "engine.search.index"

/* An index that Lua owns; its user value is the store whose connection it
 * borrows. */
struct l_index {
    struct search_index *ix;
};

struct search_index *bind_checkindex(lua_State *L, int idx)
{
    struct l_index *l = luaL_checkudata(L, idx, INDEX_TYPE);

    if (!l->ix)
        bind_raise(L, "the index is closed");
    lua_getiuservalue(L, idx, 1);
    bind_checkstore(L, -1); /* its connection must be open still */
    lua_pop(L, 1);
    return l->ix;
}

static int index_gc(lua_State *L)
{
    struct l_index *l = luaL_checkudata(L, 1, INDEX_TYPE);

    index_free(l->ix);
    l->ix = NULL;
    return 0;
}

/* ---- writing ---- */

/* index:add(document) -> its number; see struct document. */
static int l_add(lua_State *L)
{
    struct search_index *ix = bind_checkindex(L, 1);
    struct document d = {0};
    const char *body = NULL;
    int table = 0, kind = 0;
    uint32_t n;
    struct err e;
    const struct bind_option options[] = {
        {"table", .integer = &table, .most = 3, .needed = true},
        {"kind", .integer = &kind, .least = 1, .most = EVENT_DEAD - 1,
         .needed = true},
        {"path", .text = &d.path, .needed = true},
        {"project", .text = &d.project, .needed = true},
        {"author", .text = &d.author, .needed = true},
        {"agent", .text = &d.agent, .needed = true},
        {"day", .text = &d.day, .needed = true},
        {"body", .text = &body, .len = &d.body_len, .needed = true},
        {0},
    };

    luaL_checktype(L, 2, LUA_TTABLE);
    bind_fields(L, 2, options);
    lua_getfield(L, 2, "rowid");
    d.rowid = luaL_checkinteger(L, -1);
    lua_getfield(L, 2, "ms");
    d.ms = luaL_checkinteger(L, -1);
    d.table = table;
    d.kind = kind;
    d.body = body;
    if (!index_add(ix, &d, &n, &e))
        return bind_fail(L, &e);
    lua_pushinteger(L, n);
    return 1;
}

/* index:kill(n) -> true: event n is no longer there */
static int l_kill(lua_State *L)
{
    struct search_index *ix = bind_checkindex(L, 1);
    lua_Integer n = luaL_checkinteger(L, 2);
    struct err e;

    luaL_argcheck(L, n > 0 && n <= ix->events, 2, "no such event");
    return bind_result(L, index_kill(ix, (uint32_t)n, &e), &e);
}

/* index:flush() -> true */
static int l_flush(lua_State *L)
{
    struct search_index *ix = bind_checkindex(L, 1);
    struct err e;

    return bind_result(L, index_flush(ix, &e), &e);
}

/* index:counts() -> { events=, sessions=, dead=, words= } */
static int l_counts(lua_State *L)
{
    struct search_index *ix = bind_checkindex(L, 1);

    lua_createtable(L, 0, 4);
    bind_setinteger(L, "events", ix->events);
    bind_setinteger(L, "sessions", ix->sessions);
    bind_setinteger(L, "dead", ix->dead);
    bind_setinteger(L, "words", (lua_Integer)ix->words);
    return 1;
}

/* index:origin(n) -> table, rowid, ms of event n */
static int l_origin(lua_State *L)
{
    struct search_index *ix = bind_checkindex(L, 1);
    lua_Integer n = luaL_checkinteger(L, 2);
    const struct event *v;
    const struct origin *o;
    struct err e;

    luaL_argcheck(L, n > 0 && n <= ix->events, 2, "no such event");
    o = index_origin(ix, (uint32_t)n, &e);
    v = o ? index_event(ix, (uint32_t)n, &e) : NULL;
    if (!v)
        return bind_fail(L, &e);
    lua_pushinteger(L, (v->flags & EVENT_TABLE) >> EVENT_TABLE_SHIFT);
    lua_pushinteger(L, o->rowid);
    lua_pushinteger(L, o->ms);
    return 3;
}

/* index(store [, create]) -> the search index in that SQLite store, which stays
 * open for as long; create makes its tables.  One for each store. */
static int l_index(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"add", l_add},       {"kill", l_kill},     {"flush", l_flush},
        {"counts", l_counts}, {"origin", l_origin}, {"rank", bind_rank},
        {"close", index_gc},  {"__gc", index_gc},   {"__close", index_gc},
        {NULL, NULL}};
    struct db *db = bind_checkstore(L, 1);
    bool create = lua_toboolean(L, 2);
    struct l_index *l = lua_newuserdatauv(L, sizeof(*l), 1);
    sqlite3 *h = sqlite_handle(db);
    struct err e;

    l->ix = NULL;
    bind_pushmeta(L, INDEX_TYPE, methods);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    luaL_argcheck(L, h, 1, "no SQLite store");
    l->ix = index_new(h, create, &e);
    return l->ix ? 1 : bind_fail(L, &e);
}

const luaL_Reg search_index_funcs[] = {{"index", l_index}, {NULL, NULL}};
