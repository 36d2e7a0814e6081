#include "bind/l_search.h"

#include "bind/options.h"
#include "search/feedback.h"
#include "search/rank.h"

#define RANKING_TYPE "engine.search.ranking"

/* A ranking that Lua owns; its user values are the index and the filter. */
struct l_ranking {
    struct ranking *r;
    struct search_index *ix;
};

static int ranking_gc(lua_State *L)
{
    struct l_ranking *l = luaL_checkudata(L, 1, RANKING_TYPE);

    ranking_free(l->r);
    l->r = NULL;
    return 0;
}

static struct l_ranking *check_ranking(lua_State *L)
{
    struct l_ranking *l = luaL_checkudata(L, 1, RANKING_TYPE);

    if (!l->r)
        bind_raise(L, "the ranking is closed");
    lua_getiuservalue(L, 1, 1);
    bind_checkindex(L, -1);
    lua_pop(L, 1);
    return l;
}

/* ---- feedback ---- */

#define FEEDBACK_TYPE "engine.search.feedback"

static int feedback_gc(lua_State *L)
{
    struct feedback **f = lua_touserdata(L, 1);

    feedback_free(*f);
    *f = NULL;
    return 0;
}

static struct feedback *new_feedback(lua_State *L, struct search_index *ix)
{
    struct feedback **f = lua_newuserdatauv(L, sizeof(*f), 0);
    struct err e;

    *f = NULL;
    bind_own(L, FEEDBACK_TYPE, feedback_gc);
    *f = feedback_new(ix, &e);
    if (!*f)
        bind_throw(L, &e);
    return *f;
}

/* Gives the texts of the list at idx, which holds them, and their scores. */
static bool add_answers(lua_State *L, int idx, struct feedback *f,
                        struct err *e)
{
    bool ok = true;

    for (lua_Integer i = 1; ok && lua_rawgeti(L, idx, i) == LUA_TTABLE; i++) {
        size_t len;
        const char *text;

        lua_getfield(L, -1, "text");
        lua_getfield(L, -2, "score");
        text = luaL_checklstring(L, -2, &len);
        ok = feedback_add(f, text, len, luaL_checknumber(L, -1), e);
        lua_pop(L, 3);
    }
    return ok;
}

/* ranking:feedback(answers, skip, most) -> how many words were mixed in: those
 * that the answers, a list of { text=, score= }, share and that are none of
 * the text skip's */
static int l_feedback(lua_State *L)
{
    struct l_ranking *l = check_ranking(L);
    size_t len, n = 0;
    const char *skip = luaL_checklstring(L, 3, &len);
    lua_Integer most = luaL_checkinteger(L, 4);
    struct postings words[RANK_TERMS] = {0};
    struct feedback *f;
    bool ok;
    struct err e;

    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_argcheck(L, most >= 0 && most <= RANK_TERMS, 4, "too many words");
    f = new_feedback(L, l->ix);
    ok = feedback_skip(f, skip, len, &e) && add_answers(L, 2, f, &e);
    /* From here on nothing raises: the postings are ours. */
    ok = ok && feedback_pick(f, words, (size_t)most, &n, &e) &&
         ranking_feedback(l->r, words, n, &e);
    for (size_t i = 0; i < n; i++)
        postings_free(&words[i]);
    if (!ok)
        return bind_fail(L, &e);
    lua_pushinteger(L, (lua_Integer)n);
    return 1;
}

/* ---- hits ---- */

static void set_number(lua_State *L, const char *key, double v)
{
    lua_pushnumber(L, v);
    lua_setfield(L, -2, key);
}

/* Pushes a candidate; false with *e set. */
static bool push_hit(lua_State *L, struct search_index *ix,
                     const struct candidate *c, struct err *e)
{
    const struct event *v = index_event(ix, c->event, e);
    const struct origin *o = v ? index_origin(ix, c->event, e) : NULL;

    if (!o)
        return false;
    lua_createtable(L, 0, 12);
    bind_setinteger(L, "event", c->event);
    bind_setinteger(L, "kind", v->flags & EVENT_KIND);
    bind_setinteger(L, "table", (v->flags & EVENT_TABLE) >> EVENT_TABLE_SHIFT);
    bind_setinteger(L, "rowid", (lua_Integer)o->rowid);
    bind_setinteger(L, "ms", (lua_Integer)o->ms);
    set_number(L, "score", c->score);
    set_number(L, "words", c->words);
    set_number(L, "pairs", c->pairs);
    set_number(L, "neighbours", c->neighbours);
    set_number(L, "session", c->whole);
    set_number(L, "feedback", c->feedback);
    return true;
}

/* ranking:best(limit [, by_session]) -> list of hits, the best first */
static int l_best(lua_State *L)
{
    struct l_ranking *l = check_ranking(L);
    lua_Integer limit = luaL_checkinteger(L, 2);
    const struct candidate *best;
    struct err e;
    size_t n;

    luaL_argcheck(L, limit >= 0, 2, "less than none");
    best = ranking_best(l->r, (size_t)limit, lua_toboolean(L, 3), &n);
    if (!best)
        return luaL_error(L, "out of memory");
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        if (!push_hit(L, l->ix, &best[i], &e))
            return bind_fail(L, &e);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* ranking:whole() -> whether all events with words of the question were looked
 * at */
static int l_whole(lua_State *L)
{
    lua_pushboolean(L, ranking_whole(check_ranking(L)->r));
    return 1;
}

/* ---- the question ---- */

static void push_ranking(lua_State *L, struct search_index *ix)
{
    static const luaL_Reg methods[] = {
        {"best", l_best},      {"whole", l_whole},   {"feedback", l_feedback},
        {"close", ranking_gc}, {"__gc", ranking_gc}, {"__close", ranking_gc},
        {NULL, NULL}};
    struct l_ranking *l = lua_newuserdatauv(L, sizeof(*l), 2);

    *l = (struct l_ranking){.ix = ix};
    bind_pushmeta(L, RANKING_TYPE, methods);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    lua_pushvalue(L, 3); /* the filter's text is borrowed */
    lua_setiuservalue(L, -2, 2);
}

int bind_rank(lua_State *L)
{
    struct search_index *ix = bind_checkindex(L, 1);
    struct term terms[RANK_TERMS] = {0};
    struct filter f = {0};
    struct weights w;
    struct l_ranking *l;
    struct err e;
    size_t n;

    lua_settop(L, 4);
    if (!lua_isnil(L, 3))
        f = bind_checkfilter(L, ix, 3);
    w = bind_checkweights(L, lua_isnil(L, 4) ? 0 : 4);
    n = bind_checkterms(L, 2, terms);
    push_ranking(L, ix);
    l = lua_touserdata(L, -1);
    l->r = ranking_new(ix, &w, &f, &e);
    if (!l->r || !ranking_run(l->r, terms, n, &e))
        return bind_fail(L, &e);
    return 1;
}
