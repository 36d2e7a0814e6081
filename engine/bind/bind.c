#include "bind/bind.h"

#include <string.h>

#include "core/classify.h"

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
    lua_pushstring(L, err_name(e->code));
    lua_setfield(L, -2, "code");
    lua_pushstring(L, e->message);
    lua_setfield(L, -2, "message");
    if (e->status) {
        lua_pushinteger(L, e->status);
        lua_setfield(L, -2, "status");
    }
    if (e->unclear) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "unclear");
    }
    bind_pushmeta(L, ERROR_TYPE, meta);
    lua_setmetatable(L, -2);
}

int bind_fail(lua_State *L, const struct err *e)
{
    luaL_pushfail(L);
    bind_pusherror(L, e);
    return 2;
}

void bind_toerror(lua_State *L, int idx, struct err *e)
{
    const char *text;
    size_t len;

    idx = lua_absindex(L, idx);
    if (!lua_istable(L, idx)) {
        text = luaL_tolstring(L, idx, &len);
        err_set(e, classify_text(text, len), "%s", text);
        lua_pop(L, 1);
        return;
    }
    lua_getfield(L, idx, "message"); /* message */
    text = luaL_tolstring(L, -1, &len);
    err_set(e, classify_text(text, len), "%s", text);
    lua_pop(L, 2);
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
    struct bind_store *s = luaL_checkudata(L, idx, STORE_TYPE);

    luaL_argcheck(L, s->db != NULL, idx, "the store is closed");
    luadb_use(s->db, L);
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

enum sql_dialect bind_checkdialect(lua_State *L, int idx, const char *def)
{
    const char *word = luaL_optstring(L, idx, def);
    int d = sql_dialect_from(word);

    if (d < 0)
        luaL_argerror(L, idx,
                      lua_pushfstring(L,
                                      "no dialect '%s': say sqlite, postgres "
                                      "or deeplake",
                                      word));
    return (enum sql_dialect)d;
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
        {"cjson", luaopen_cjson},
        {NULL, NULL},
    };

    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    luaL_setfuncs(L, mods, 0);
    lua_pop(L, 1);
}
