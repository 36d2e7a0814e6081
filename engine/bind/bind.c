#include "bind/bind.h"

#include <stdlib.h>
#include <string.h>

#include "core/classify.h"
#include "os/interrupt.h"

#define BUF_TYPE "engine.buf"

static int error_tostring(lua_State *L)
{
    lua_getfield(L, 1, "message");
    return 1;
}

void bind_pushmeta(lua_State *L, const char *type, const luaL_Reg *funcs)
{
    if (luaL_getmetatable(L, type) != LUA_TNIL)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    luaL_setfuncs(L, funcs, 0);
    lua_pushstring(L, type);
    lua_setfield(L, -2, "__name");
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, type);
}

void bind_pusherror(lua_State *L, const struct err *e)
{
    static const luaL_Reg meta[] = {{"__tostring", error_tostring},
                                    {NULL, NULL}};

    lua_createtable(L, 0, 4);
    bind_settext(L, "code", err_name(e->code));
    bind_settext(L, "message", e->message);
    if (e->status) {
        bind_setinteger(L, "status", e->status);
    }
    if (e->unclear) {
        bind_setbool(L, "unclear", true);
    }
    bind_pushmeta(L, ERROR_TYPE, meta);
    lua_setmetatable(L, -2);
}

void bind_settext(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

void bind_setbytes(lua_State *L, const char *key, const struct buf *b)
{
    lua_pushlstring(L, b->data ? b->data : "", b->len);
    lua_setfield(L, -2, key);
}

void bind_setinteger(lua_State *L, const char *key, lua_Integer n)
{
    lua_pushinteger(L, n);
    lua_setfield(L, -2, key);
}

void bind_setbool(lua_State *L, const char *key, bool v)
{
    lua_pushboolean(L, v);
    lua_setfield(L, -2, key);
}

int bind_fail(lua_State *L, const struct err *e)
{
    if (e->code == ERR_INTERRUPTED || interrupt_asked())
        bind_interrupt(L);
    luaL_pushfail(L);
    bind_pusherror(L, e);
    return 2;
}

void bind_throw(lua_State *L, const struct err *e)
{
    bind_fail(L, e);
    lua_error(L);
    abort(); /* lua_error() does not return */
}

int bind_result(lua_State *L, bool ok, const struct err *e)
{
    if (!ok)
        return bind_fail(L, e);
    lua_pushboolean(L, 1);
    return 1;
}

void bind_checklist(lua_State *L, int idx, const char *what)
{
    size_t n = 0;

    for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1))
        n += lua_type(L, -2) != LUA_TSTRING ||
             strcmp(lua_tostring(L, -2), "n") != 0;
    if (n != lua_rawlen(L, idx))
        bind_raise(L, "%s: a table is a value only when it is a list", what);
}

void bind_toerror(lua_State *L, int idx, struct err *e)
{
    bool table = lua_istable(L, idx);
    const char *text;
    size_t len;

    idx = lua_absindex(L, idx);
    if (table)
        lua_getfield(L, idx, "message");
    else
        lua_pushvalue(L, idx);
    text = luaL_tolstring(L, -1, &len);
    err_set(e, classify_text(text, len), "%s", text);
    lua_pop(L, 2);
    if (!table)
        return;
    if (lua_getfield(L, idx, "code") == LUA_TSTRING)
        e->code = err_code(lua_tostring(L, -1));
    lua_pop(L, 1);
    lua_getfield(L, idx, "status");
    e->status = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    lua_getfield(L, idx, "unclear");
    e->unclear = lua_toboolean(L, -1);
    lua_pop(L, 1);
}

void bind_own(lua_State *L, const char *type, lua_CFunction gc)
{
    const luaL_Reg meta[] = {{"__gc", gc}, {"__close", gc}, {NULL, NULL}};

    bind_pushmeta(L, type, meta);
    lua_setmetatable(L, -2);
    lua_toclose(L, -1);
}

const char *bind_checktext(lua_State *L, int idx)
{
    size_t len;
    const char *text = luaL_checklstring(L, idx, &len);

    if (strlen(text) != len)
        bind_raise(L, "'%s' goes on behind a NUL byte", text);
    return text;
}

static int buf_gc(lua_State *L)
{
    buf_free(lua_touserdata(L, 1));
    return 0;
}

struct buf *bind_newbuf(lua_State *L)
{
    struct buf *b = lua_newuserdatauv(L, sizeof(*b), 0);

    *b = (struct buf){0}; /* valid before anything can look at it */
    bind_own(L, BUF_TYPE, buf_gc);
    return b;
}

void *bind_newscratch(lua_State *L, size_t n)
{
    return memset(lua_newuserdatauv(L, n ? n : 1, 0), 0, n ? n : 1);
}

struct db *bind_checkstore(lua_State *L, int idx)
{
    struct bind_store *s = luaL_testudata(L, idx, STORE_TYPE);

    if (!s)
        bind_raise(L,
                   "a store is wanted here, not a %s: say store:query(...), "
                   "with a colon",
                   luaL_typename(L, idx));
    if (!s->db)
        bind_raise(L, "the store is closed");
    lua_driver_use(s->db, L);
    return s->db;
}

struct bind_store *bind_newstore(lua_State *L)
{
    struct bind_store *s = lua_newuserdatauv(L, sizeof(*s), 1);

    *s = (struct bind_store){0};
    luaL_setmetatable(L, STORE_TYPE);
    lua_newtable(L); /* what Lua notes on it: url, ... */
    lua_setiuservalue(L, -2, 1);
    return s;
}

const struct dialect *bind_checkdialect(lua_State *L, int idx, const char *def)
{
    const char *word = luaL_optstring(L, idx, def);
    const struct dialect *d = dialect_find(word);

    if (!d)
        luaL_argerror(L, idx,
                      lua_pushfstring(L,
                                      "no dialect '%s': say sqlite, postgres "
                                      "or deeplake",
                                      word));
    return d;
}

void bind_pushvalue(lua_State *L, const struct value *v)
{
    switch (v->kind) {
    case VALUE_INT:
        lua_pushinteger(L, v->integer);
        break;
    case VALUE_REAL:
        lua_pushnumber(L, v->real);
        break;
    case VALUE_BOOL:
        lua_pushboolean(L, v->integer != 0);
        break;
    case VALUE_TEXT:
    case VALUE_JSON:
        lua_pushlstring(L, v->text, v->len);
        break;
    case VALUE_NULL:
    case VALUE_FLOATS:
    case VALUE_LIST:
        lua_pushnil(L);
        break;
    }
}

void bind_preload(lua_State *L)
{
    static const luaL_Reg mods[] = {
        {"engine.sys", luaopen_engine_sys},
        {"engine.schema", luaopen_engine_schema},
        {"engine.sql", luaopen_engine_sql},
        {"engine.heal", luaopen_engine_heal},
        {"engine.store", luaopen_engine_store},
        {"engine.sqlite", luaopen_engine_sqlite},
        {"engine.redact", luaopen_engine_redact},
        {"engine.text", luaopen_engine_text},
        {"engine.search", luaopen_engine_search},
        {"engine.wire", luaopen_engine_wire},
        {"cjson", luaopen_cjson},
        {NULL, NULL},
    };

    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    luaL_setfuncs(L, mods, 0);
    lua_pop(L, 1);
}
