#include "bind/l_search.h"

#include <sqlite3.h>

#include "bind/l_snippet.h"
#include "search/parts.h"
#include "search/tokenizer.h"

#define WORDS_TYPE "engine.search.words"

/* A tokenizer that Lua owns, and the connection whose Unicode tables it
 * borrows; made with the first text, kept in the registry. */
struct words {
    sqlite3 *h;
    struct tokenizer *t;
};

static int words_gc(lua_State *L)
{
    struct words *w = luaL_checkudata(L, 1, WORDS_TYPE);

    tokenizer_free(w->t);
    sqlite3_close(w->h);
    *w = (struct words){0};
    return 0;
}

struct tokenizer *bind_tokenizer(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__gc", words_gc}, {NULL, NULL}};
    struct words *w;
    struct err e;

    if (lua_getfield(L, LUA_REGISTRYINDEX, WORDS_TYPE ".one") == LUA_TNIL) {
        lua_pop(L, 1);
        bind_newscratch(L, sizeof(*w));
        bind_pushmeta(L, WORDS_TYPE, meta);
        lua_setmetatable(L, -2);
        lua_pushvalue(L, -1);
        lua_setfield(L, LUA_REGISTRYINDEX, WORDS_TYPE ".one");
    }
    w = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (!w->h && sqlite3_open_v2(":memory:", &w->h,
                                 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                                 NULL) != SQLITE_OK)
        luaL_error(L, "out of memory");
    if (!w->t && !(w->t = tokenizer_new(w->h, &e)))
        bind_throw(L, &e);
    return w->t;
}

struct found {
    struct buf *terms; /* one behind the other */
    struct buf *spans; /* struct span for each */
    struct err *e;
    bool ok;
};

struct span {
    size_t len, from, to;
};

/* Lua may raise at any push, so the words are gathered first. */
static bool keep(void *ctx, const struct token *t)
{
    struct found *f = ctx;
    struct span s = {t->len, t->from, t->to};

    f->ok = buf_add(f->terms, t->term, t->len, f->e) &&
            buf_add(f->spans, &s, sizeof(s), f->e);
    return f->ok;
}

static void push_token(lua_State *L, const char *term, const struct span *s)
{
    lua_createtable(L, 0, 3);
    lua_pushlstring(L, term, s->len);
    lua_setfield(L, -2, "term");
    bind_setinteger(L, "first", (lua_Integer)s->from + 1);
    bind_setinteger(L, "last", (lua_Integer)s->to);
}

/* tokens(text) -> list of {term=, first=, last=} in order: the words of the
 * text as the index has them, and their bytes; terms without spaces between
 * words (Han, kana, ...) overlap */
static int l_tokens(lua_State *L)
{
    size_t len, n, at = 0;
    const char *text = luaL_checklstring(L, 1, &len);
    struct tokenizer *t = bind_tokenizer(L);
    struct err e;
    struct found f = {.e = &e, .ok = true};
    const struct span *spans;

    f.terms = bind_newbuf(L);
    f.spans = bind_newbuf(L);
    if (!tokenizer_read(t, text, len, keep, &f, &e) || !f.ok)
        return bind_fail(L, &e);
    n = f.spans->len / sizeof(*spans);
    spans = (const struct span *)f.spans->data;
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        push_token(L, f.terms->data + at, &spans[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
        at += spans[i].len;
    }
    return 1;
}

/* parts(text) -> the parts of each identifier in it with capitals within, a
 * line each: "getUserName and HTTPServer" -> "get User Name\nHTTP Server\n" */
static int l_parts(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct buf *out = bind_newbuf(L);
    struct err e;

    if (!parts_add(out, text, len, &e))
        return bind_fail(L, &e);
    lua_pushlstring(L, out->data ? out->data : "", out->len);
    return 1;
}

int luaopen_engine_search(lua_State *L)
{
    static const luaL_Reg funcs[] = {{"tokens", l_tokens},
                                     {"parts", l_parts},
                                     {"snippet", bind_snippet},
                                     {NULL, NULL}};

    luaL_newlib(L, funcs);
    luaL_setfuncs(L, search_index_funcs, 0);
    return 1;
}
