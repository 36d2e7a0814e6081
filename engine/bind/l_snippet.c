#include "bind/l_snippet.h"

#include "bind/bind.h"
#include "search/snippet.h"
#include "search/tokenizer.h"

/* Pieces of a text, and in it the ends of the words of a search; a term more
 * would cost time with every word of the text. */
#define TERMS_MAX 64

static int marks_gc(lua_State *L)
{
    struct snippet *s = lua_touserdata(L, 1);

    buf_free(&s->marks);
    return 0;
}

/* The terms of the list at idx, which they borrow from. */
static struct snippet_term *check_terms(lua_State *L, int idx, size_t *n)
{
    struct snippet_term *terms;

    luaL_checktype(L, idx, LUA_TTABLE);
    *n = lua_rawlen(L, idx) < TERMS_MAX ? lua_rawlen(L, idx) : TERMS_MAX;
    terms = bind_newscratch(L, *n * sizeof(*terms) + 1);
    for (size_t i = 0; i < *n; i++) {
        luaL_argcheck(L,
                      lua_rawgeti(L, idx, (lua_Integer)i + 1) == LUA_TTABLE &&
                          lua_getfield(L, -1, "term") == LUA_TSTRING,
                      idx, "a term must be { term = text, weight = number }");
        terms[i].term = lua_tolstring(L, -1, &terms[i].len);
        lua_getfield(L, -2, "weight");
        terms[i].weight = luaL_optnumber(L, -1, 1);
        lua_getfield(L, -3, "prefix");
        terms[i].prefix = lua_toboolean(L, -1);
        lua_pop(L, 4);
    }
    return terms;
}

/* Pushes the pieces of the text, plain and marked in turn. */
static void push_pieces(lua_State *L, const char *text, const struct snippet *s)
{
    const struct snippet_mark *m = (const void *)s->marks.data;
    size_t n = s->marks.len / sizeof(*m);
    size_t at = s->from;
    lua_Integer k = 0;

    lua_createtable(L, (int)(2 * n + 1), 0);
    for (size_t i = 0; i < n; i++) {
        lua_pushlstring(L, text + at, m[i].from - at);
        lua_rawseti(L, -2, ++k);
        lua_pushlstring(L, text + m[i].from, m[i].to - m[i].from);
        lua_rawseti(L, -2, ++k);
        at = m[i].to;
    }
    lua_pushlstring(L, text + at, s->to - at);
    lua_rawseti(L, -2, ++k);
}

int bind_snippet(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    lua_Integer room = luaL_checkinteger(L, 3);
    struct snippet_wish w = {.room = (size_t)room};
    struct tokenizer *t;
    struct snippet *s;
    struct err e;

    luaL_argcheck(L, room > 0, 3, "there must be room for a byte");
    w.terms = check_terms(L, 2, &w.n);
    t = bind_tokenizer(L);
    s = lua_newuserdatauv(L, sizeof(*s), 0);
    *s = (struct snippet){0};
    bind_own(L, "engine.search.snippet", marks_gc);
    if (!snippet_make(t, text, len, &w, s, &e))
        return bind_fail(L, &e);
    push_pieces(L, text, s);
    lua_pushboolean(L, s->from > 0);
    lua_pushboolean(L, s->to < len);
    return 3;
}
