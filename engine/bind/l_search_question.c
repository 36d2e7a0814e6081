#include "bind/l_search.h"

#include "bind/options.h"
#include "search/index.h"

static double field_number(lua_State *L, int idx, const char *key, double def)
{
    double v = def;

    if (idx && lua_getfield(L, idx, key) != LUA_TNIL)
        v = luaL_checknumber(L, -1);
    if (idx)
        lua_pop(L, 1);
    return v;
}

struct weights bind_checkweights(lua_State *L, int idx)
{
    struct weights w = rank_defaults;

    w.k1 = field_number(L, idx, "k1", w.k1);
    w.b = field_number(L, idx, "b", w.b);
    w.cover = field_number(L, idx, "cover", w.cover);
    w.column[COLUMN_AUTHOR] =
        field_number(L, idx, "author", w.column[COLUMN_AUTHOR]);
    w.column[COLUMN_PARTS] =
        field_number(L, idx, "parts", w.column[COLUMN_PARTS]);
    w.column[COLUMN_DAY] = field_number(L, idx, "day", w.column[COLUMN_DAY]);
    w.pairs = field_number(L, idx, "pairs", w.pairs);
    w.prompt = field_number(L, idx, "prompt", w.prompt);
    w.next = field_number(L, idx, "next", w.next);
    w.after_next = field_number(L, idx, "after_next", w.after_next);
    w.best = field_number(L, idx, "best", w.best);
    w.session = field_number(L, idx, "session", w.session);
    w.feedback = field_number(L, idx, "feedback", w.feedback);
    return w;
}

/* The number of the session at path, 0 where none is asked for; a path that no
 * event has is the session number past all. */
static uint32_t read_session(lua_State *L, struct search_index *ix,
                             const char *path, uint32_t none)
{
    struct err e;
    int64_t n;

    if (!path)
        return 0;
    n = index_find_session(ix, 0, path, &e);
    if (n < 0)
        bind_throw(L, &e);
    return n > 0 ? (uint32_t)n : none;
}

struct filter bind_checkfilter(lua_State *L, struct search_index *ix, int idx)
{
    struct filter f = {.since = INT64_MIN, .before = INT64_MAX};
    const char *session = NULL, *except = NULL;
    const struct bind_option options[] = {
        {"contexts", .text = &f.contexts, .len = &f.ncontexts},
        {"session", .text = &session},
        {"except_session", .text = &except},
        {0},
    };

    bind_fields(L, idx, options);
    f.session = read_session(L, ix, session, UINT32_MAX);
    f.except_session = read_session(L, ix, except, 0);
    if (lua_getfield(L, idx, "kinds") != LUA_TNIL)
        f.kinds = (uint32_t)luaL_checkinteger(L, -1);
    if (lua_getfield(L, idx, "since") != LUA_TNIL)
        f.since = luaL_checkinteger(L, -1);
    if (lua_getfield(L, idx, "before") != LUA_TNIL)
        f.before = luaL_checkinteger(L, -1);
    f.timed = f.since != INT64_MIN || f.before != INT64_MAX;
    return f;
}

static void read_term(lua_State *L, struct term *t)
{
    static const char *const needs[] = {"any", "all", "none", NULL};
    int top = lua_gettop(L);
    const char *need = "any";
    const struct bind_option options[] = {
        {"text", .text = &t->text, .len = &t->len, .needed = true},
        {"start", .flag = &t->start},
        {"follows", .flag = &t->follows},
        {"author", .flag = &t->author},
        {"weight", .number = &t->weight},
        {"need", .text = &need},
        {0},
    };

    t->weight = 1;
    bind_fields(L, top, options);
    lua_settop(L, top); /* the table holds its texts */
    lua_pushstring(L, need);
    t->need = (enum need)luaL_checkoption(L, -1, NULL, needs);
    lua_settop(L, top);
}

size_t bind_checkterms(lua_State *L, int idx, struct term terms[])
{
    size_t n = 0;

    luaL_checktype(L, idx, LUA_TTABLE);
    while (n < RANK_TERMS &&
           lua_rawgeti(L, idx, (lua_Integer)n + 1) == LUA_TTABLE) {
        read_term(L, &terms[n++]);
        lua_pop(L, 1);
    }
    return n;
}
