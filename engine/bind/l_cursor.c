#include <string.h>

#include "bind/bind.h"

#define CURSOR_TYPE "engine.cursor"

/* A cursor that Lua owns; c is NULL before the open and after the end.
 * Its store lists it, so that closing the store ends it first. */
struct bind_cursor {
    struct cursor *c;
    struct bind_store *store;
    struct bind_cursor *next;
    bool store_closed; /* its store was closed before the last row */
};

static void end_cursor(struct bind_cursor *b)
{
    struct bind_cursor **at = &b->store->cursors;

    if (!b->c)
        return;
    b->c->db->ops->finish(b->c);
    b->c = NULL;
    while (*at && *at != b)
        at = &(*at)->next;
    if (*at)
        *at = b->next;
}

void bind_endcursors(struct bind_store *s)
{
    while (s->cursors) {
        s->cursors->store_closed = true;
        end_cursor(s->cursors);
    }
}

static int cursor_gc(lua_State *L)
{
    struct bind_cursor *b = lua_touserdata(L, 1);

    if (b->c)
        lua_driver_use(b->c->db, L);
    end_cursor(b);
    return 0;
}

struct bind_cursor *bind_newcursor(lua_State *L)
{
    static const luaL_Reg meta[] = {
        {"__gc", cursor_gc}, {"__close", cursor_gc}, {NULL, NULL}};
    struct bind_cursor *b = lua_newuserdatauv(L, sizeof(*b), 2);

    *b = (struct bind_cursor){.store = lua_touserdata(L, 1)};
    bind_pushmeta(L, CURSOR_TYPE, meta);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    return b;
}

bool bind_startcursor(struct bind_cursor *b, const struct stmt *st,
                      struct err *e)
{
    struct db *db = b->store->db;

    if (!db->ops->open(db, st, &b->c, e))
        return false;
    b->next = b->store->cursors;
    b->store->cursors = b;
    return true;
}

/* Asked anew after each push: a finalizer may close the store. */
struct cursor *bind_checkcursor(lua_State *L, const struct bind_cursor *b)
{
    if (b->store_closed)
        luaL_error(L, "the store was closed while it was read");
    return b->c;
}

/* Pushes the name that column i has in Lua; taken, on top of the stack, has
 * each real name, with true once a column bears it. */
static void push_name(lua_State *L, const struct bind_cursor *b, size_t i)
{
    int taken = lua_gettop(L);

    lua_pushstring(L, bind_checkcursor(L, b)->names[i]);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, taken), lua_toboolean(L, -1)) {
        for (int k = 2; !lua_isnil(L, -1); k++) {
            lua_settop(L, taken + 1);
            lua_pushfstring(L, "%s_%d", lua_tostring(L, taken + 1), k);
            lua_pushvalue(L, -1);
            lua_rawget(L, taken);
        }
        lua_pop(L, 1);
        lua_replace(L, taken + 1);
    }
    lua_settop(L, taken + 1);
    lua_pushvalue(L, -1);
    lua_pushboolean(L, 1);
    lua_rawset(L, taken);
}

void bind_pushnames(lua_State *L, const struct bind_cursor *b, int at)
{
    at = lua_absindex(L, at);
    if (lua_getiuservalue(L, at, 2) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_createtable(L, (int)bind_checkcursor(L, b)->ncols, 0);
    lua_newtable(L);
    for (size_t i = 0; i < bind_checkcursor(L, b)->ncols; i++) {
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, bind_checkcursor(L, b)->names[i]);
    }
    for (size_t i = 0; i < bind_checkcursor(L, b)->ncols; i++) {
        push_name(L, b, i);
        lua_rawseti(L, -3, (lua_Integer)i + 1);
    }
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, at, 2);
}

/* The rows of a Lua function name their columns each for itself. */
static void push_row(lua_State *L, const struct bind_cursor *b, int at)
{
    bool own = lua_driver_is(b->c->db);

    if (own)
        lua_pushnil(L);
    else
        bind_pushnames(L, b, at);
    lua_createtable(L, 0, (int)bind_checkcursor(L, b)->ncols);
    for (size_t i = 0; i < bind_checkcursor(L, b)->ncols; i++) {
        if (own)
            lua_pushstring(L, b->c->names[i]);
        else
            lua_rawgeti(L, -2, (lua_Integer)i + 1);
        bind_pushvalue(L, &bind_checkcursor(L, b)->values[i]);
        lua_rawset(L, -3);
    }
    lua_remove(L, -2);
}

static const char *check_kind(lua_State *L, int idx)
{
    if (lua_isnoneornil(L, idx))
        return "query";
    if (lua_type(L, idx) != LUA_TSTRING)
        bind_raise(L, "the kind of a statement must be a string, not a %s",
                   luaL_typename(L, idx));
    return lua_tostring(L, idx);
}

struct stmt bind_checkstmt(lua_State *L, int idx)
{
    const char *kind = check_kind(L, idx + 1);
    int known = stmt_kind_from(kind);
    struct stmt st = {.kind = (enum stmt_kind)known};

    if (known < 0)
        bind_raise(L, "no kind of statement '%s'", kind);
    if (lua_type(L, idx) != LUA_TSTRING)
        bind_raise(L, "a statement must be a string, not a %s",
                   luaL_typename(L, idx));
    st.sql = lua_tolstring(L, idx, &st.len);
    if (strlen(st.sql) != st.len)
        bind_raise(L, "the statement holds a NUL byte");
    if (st.len >= BUF_MAX)
        bind_raise(L, "the statement is too long");
    return st;
}

static int all_rows(lua_State *L, struct bind_cursor *b)
{
    struct err e;
    enum db_step step;
    lua_Integer n = 0;
    int at = lua_gettop(L);

    lua_newtable(L);
    while ((step = b->c->db->ops->step(b->c, &e)) == DB_ROW) {
        push_row(L, b, at);
        lua_rawseti(L, -2, ++n);
    }
    if (step == DB_FAIL)
        return bind_fail(L, &e);
    bind_pushnames(L, b, at);
    return 2;
}

/* store:query(sql) -> list of rows (tables by column name) and the list of
 * column names in order, or nil, err.  A NULL is an absent key.  Of columns
 * with equal names the second is name_2, the third name_3. */
int bind_query(lua_State *L)
{
    struct db *db = bind_checkstore(L, 1);
    struct stmt st = bind_checkstmt(L, 2);
    struct bind_cursor *b;
    struct err e;

    if (lua_driver_is(db))
        return lua_driver_query(L, db, &st, &e) ? 2 : bind_fail(L, &e);
    b = bind_newcursor(L);
    lua_toclose(L, -1);
    if (!bind_startcursor(b, &st, &e))
        return bind_fail(L, &e);
    return all_rows(L, b);
}

static int next_row(lua_State *L)
{
    struct bind_cursor *b = luaL_checkudata(L, 1, CURSOR_TYPE);
    struct err e;

    if (!bind_checkcursor(L, b))
        return 0;
    lua_driver_use(b->c->db, L);
    switch (b->c->db->ops->step(b->c, &e)) {
    case DB_ROW:
        push_row(L, b, 1);
        return 1;
    case DB_FAIL:
        bind_throw(L, &e);
    case DB_DONE:
        break;
    }
    end_cursor(b);
    return 0;
}

/* for row in store:rows(sql) do ... end; raises the error object */
int bind_rows(lua_State *L)
{
    struct stmt st = bind_checkstmt(L, 2);
    struct bind_cursor *b;
    struct err e;

    bind_checkstore(L, 1);
    lua_pushcfunction(L, next_row);
    b = bind_newcursor(L);
    if (!bind_startcursor(b, &st, &e))
        bind_throw(L, &e);
    lua_pushnil(L);
    lua_pushvalue(L, -2); /* the for loop closes it when it is left early */
    return 4;
}
