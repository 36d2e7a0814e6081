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

static double field_number(lua_State *L, int idx, const char *key, double def)
{
    double v = def;

    if (idx && lua_getfield(L, idx, key) != LUA_TNIL)
        v = luaL_checknumber(L, -1);
    if (idx)
        lua_pop(L, 1);
    return v;
}

/* The weights that differ from the defaults, by name. */
static struct weights read_weights(lua_State *L, int idx)
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

static struct filter read_filter(lua_State *L, struct search_index *ix, int idx)
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

/* The list of terms at idx, at most RANK_TERMS. */
static size_t read_terms(lua_State *L, int idx, struct term terms[])
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
        f = read_filter(L, ix, 3);
    w = read_weights(L, lua_isnil(L, 4) ? 0 : 4);
    n = read_terms(L, 2, terms);
    push_ranking(L, ix);
    l = lua_touserdata(L, -1);
    l->r = ranking_new(ix, &w, &f, &e);
    if (!l->r || !ranking_run(l->r, terms, n, &e))
        return bind_fail(L, &e);
    return 1;
}
