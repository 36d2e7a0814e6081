#include "bind/bind.h"
#include "bind/options.h"

#include <string.h>

#include "core/buf.h"
#include "core/utf8.h"
#include "redact/redact.h"

#define REDACT_TYPE "engine.redact"

/* A rule set that Lua owns. */
struct l_set {
    struct redact *r;
};

static struct redact *check_set(lua_State *L)
{
    return ((struct l_set *)luaL_checkudata(L, 1, REDACT_TYPE))->r;
}

/* A part, or the rule that is its own only part; its texts are borrowed from
 * the table. */
static void read_part(lua_State *L, struct redact_part *p)
{
    const struct bind_option options[] = {
        {"literal", .text = &p->literal},
        {"set", .text = &p->set},
        {"min", .size = &p->min, .most = LUA_MAXINTEGER},
        {"max", .size = &p->max, .most = LUA_MAXINTEGER},
        {"keep", .flag = &p->keep},
        {0},
    };
    int top = lua_gettop(L);

    p->min = 1;
    p->max = REDACT_NO_MAX;
    bind_fields(L, top, options);
    lua_settop(L, top);
}

/* parts = {...}, or the rule itself is its only part. */
static void read_parts(lua_State *L, int idx, struct redact_spec *s)
{
    if (lua_getfield(L, idx, "parts") == LUA_TTABLE) {
        size_t n = lua_rawlen(L, -1);

        if (n > REDACT_PARTS)
            luaL_error(L, "rule %s: too many parts", s->id);
        for (; s->nparts < n; s->nparts++) {
            lua_rawgeti(L, -1, (lua_Integer)s->nparts + 1);
            read_part(L, &s->parts[s->nparts]);
            lua_pop(L, 1);
        }
    } else {
        lua_settop(L, idx);
        read_part(L, &s->parts[0]);
        s->parts[0].keep = false;
        s->nparts = s->parts[0].set != NULL;
    }
    lua_settop(L, idx);
}

/* The position of word in the list; raises, naming what, when it is none. */
static int find_word(lua_State *L, const char *const words[], const char *word,
                     const char *id, const char *what)
{
    int i = 0;

    while (words[i] && (!word || strcmp(words[i], word) != 0))
        i++;
    if (!words[i])
        luaL_error(L, "rule %s: no %s '%s'", id, what, word ? word : "?");
    return i;
}

static void read_guard(lua_State *L, int idx, struct redact_spec *s)
{
    static const char *const words[] = {"digit",   "letter", "upper",   "lower",
                                        "no_path", "random", "no_hash", "weak",
                                        "joined",  NULL};

    if (lua_getfield(L, idx, "guard") == LUA_TTABLE)
        for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
            s->guard |=
                1U << find_word(L, words, lua_tostring(L, -1), s->id, "guard");
            lua_pop(L, 1);
        }
    lua_settop(L, idx);
}

/* The rule at the top of the stack as *s; the pointer table is pushed. */
static void read_rule(lua_State *L, struct redact_spec *s)
{
    static const char *const kinds[] = {"token", "pair",     "url",  "arg",
                                        "pem",   "manifest", "span", NULL};
    int idx = lua_gettop(L);
    const char *kind = "token";
    const char *after = "";
    const struct bind_option options[] = {
        {"id", .text = &s->id, .needed = true},
        {"kind", .text = &kind},
        {"min", .size = &s->min, .most = LUA_MAXINTEGER},
        {"anycase", .flag = &s->anycase},
        {"inside", .flag = &s->inside},
        {"keep", .flag = &s->keep},
        {"scheme", .flag = &s->scheme},
        {"anywhere", .flag = &s->anywhere},
        {"line", .flag = &s->line},
        {"attached", .flag = &s->attached},
        {"after", .text = &after},
        {"before", .text = &s->before},
        {"before_min", .size = &s->before_min, .most = LUA_MAXINTEGER},
        {0},
    };

    *s = (struct redact_spec){.min = 1};
    bind_fields(L, idx, options);
    lua_settop(L, idx); /* the rule holds its texts */
    s->after = *after;
    s->kind = (enum redact_kind)find_word(L, kinds, kind, s->id, "kind");
    read_parts(L, idx, s);
    read_guard(L, idx, s);
    if (lua_getfield(L, idx, "keywords") != LUA_TTABLE)
        luaL_error(L, "rule %s: no keywords", s->id);
    s->keywords = bind_words(L, idx + 1, "a keyword", &s->nkeywords);
}

/* Calls use with each rule of the list at index 1, and what ends it: false,
 * with *e set.  Keeps what stands below top. */
static void each_rule(lua_State *L, void *to,
                      bool (*use)(void *to, const struct redact_spec *s,
                                  struct err *e))
{
    int top = lua_gettop(L);
    struct redact_spec spec;
    struct err e;

    for (lua_Integer i = 1; lua_rawgeti(L, 1, i) != LUA_TNIL; i++) {
        luaL_checktype(L, -1, LUA_TTABLE);
        read_rule(L, &spec);
        if (!use(to, &spec, &e))
            luaL_error(L, "%s", e.message);
        lua_settop(L, top);
    }
    lua_settop(L, top);
}

static bool add_to_set(void *to, const struct redact_spec *s, struct err *e)
{
    return redact_add(to, s, e);
}

static bool add_to_pack(void *to, const struct redact_spec *s, struct err *e)
{
    return redact_pack(s, to, e);
}

/* redact.new(rules [, packed]) -> set: the rules of the list, then those that
 * redact.pack() gave; raises for a rule that is not well formed */
static int l_new(lua_State *L)
{
    size_t len = 0;
    const char *packed = luaL_optlstring(L, 2, NULL, &len);
    struct l_set *set;
    struct err e;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    set = bind_newholder(L, sizeof(*set), REDACT_TYPE, 3);
    set->r = redact_new();
    if (!set->r)
        return luaL_error(L, "out of memory");
    each_rule(L, set->r, add_to_set);
    if (packed && !redact_unpack(set->r, packed, len, &e))
        return luaL_error(L, "%s", e.message);
    return 1;
}

/* redact.pack(rules) -> the rules as bytes for redact.new() of this very
 * program; raises for a rule that is not well formed */
static int l_pack(lua_State *L)
{
    struct buf *out = bind_newbuf(L);
    struct err e;

    luaL_checktype(L, 1, LUA_TTABLE);
    each_rule(L, out, add_to_pack);
    if (!redact_pack_end(out, &e))
        return luaL_error(L, "%s", e.message);
    lua_pushlstring(L, out->data, out->len);
    return 1;
}

/* set:mask(text) -> text, hits; the same string when there are none */
static int l_mask(lua_State *L)
{
    struct redact *r = check_set(L);
    size_t len, hits;
    const char *text = luaL_checklstring(L, 2, &len);
    struct buf *out = bind_newbuf(L);
    struct err e;

    if (!redact_mask(r, text, len, out, &hits, &e))
        return bind_fail(L, &e);
    if (hits)
        lua_pushlstring(L, out->data ? out->data : "", out->len);
    else
        lua_pushvalue(L, 2);
    lua_pushinteger(L, (lua_Integer)hits);
    return 2;
}

/* set:find(text) -> list of {id=, first=, last=} */
static int l_find(lua_State *L)
{
    struct redact *r = check_set(L);
    size_t len;
    const char *text = luaL_checklstring(L, 2, &len);
    struct redact_hit hit;

    lua_newtable(L);
    redact_start(r, text, len);
    for (lua_Integer i = 1; redact_next(r, &hit); i++) {
        lua_createtable(L, 0, 3);
        bind_settext(L, "id", hit.id);
        bind_setinteger(L, "first", (lua_Integer)hit.from + 1);
        bind_setinteger(L, "last", (lua_Integer)hit.to);
        lua_rawseti(L, -2, i);
    }
    return 1;
}

/* set:named(name, value) -> the id of the rule that masks it, or nil */
static int l_named(lua_State *L)
{
    struct redact *r = check_set(L);
    size_t nlen, vlen;
    const char *name = luaL_checklstring(L, 2, &nlen);
    const char *value = luaL_checklstring(L, 3, &vlen);

    lua_pushstring(L, redact_named(r, name, nlen, value, vlen));
    return 1;
}

/* redact.storable(text) -> text with each byte or sequence that no store
 * takes (NUL, what is not UTF-8) replaced by U+FFFD, and how many */
static int l_storable(lua_State *L)
{
    size_t len, n = 0;
    const char *text = luaL_checklstring(L, 1, &len);
    struct buf *out = bind_newbuf(L);
    struct err e;

    if (utf8_check(text, len) == len) {
        lua_pushvalue(L, 1);
        lua_pushinteger(L, 0);
        return 2;
    }
    for (size_t at = 0, good; at < len; at = utf8_next(text, len, at)) {
        good = utf8_check(text + at, len - at);
        if (!buf_add(out, text + at, good, &e))
            return bind_fail(L, &e);
        at += good;
        if (at == len)
            break;
        if (!buf_adds(out, "\xEF\xBF\xBD", &e))
            return bind_fail(L, &e);
        n++;
    }
    lua_pushlstring(L, out->data, out->len);
    lua_pushinteger(L, (lua_Integer)n);
    return 2;
}

static int set_gc(lua_State *L)
{
    struct l_set *set = luaL_checkudata(L, 1, REDACT_TYPE);

    redact_free(set->r);
    set->r = NULL;
    return 0;
}

int luaopen_engine_redact(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"mask", l_mask}, {"find", l_find}, {"named", l_named},
        {"__gc", set_gc}, {NULL, NULL},
    };
    static const luaL_Reg funcs[] = {{"new", l_new},
                                     {"pack", l_pack},
                                     {"storable", l_storable},
                                     {NULL, NULL}};

    bind_pushmeta(L, REDACT_TYPE, methods);
    lua_pop(L, 1);
    luaL_newlib(L, funcs);
    return 1;
}
