/* The one driver that lives above core/: its statements are run by a Lua
 * function.  It is the only place where C calls Lua back. */
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/lua_row.h"
#include "bind/options.h"

struct lua_driver {
    struct db db;
    struct db_ops ops;
    lua_State *L; /* the thread that last used the store */
    int depth;    /* calls of its functions that are under way */
};

/* The rows are kept in the registry under the cursor's address. */
struct lua_cursor {
    struct cursor c;
    struct lua_driver *owner;
    struct lua_row row;
    lua_Integer at;
};

/* What the protected part of a call needs and tells. */
struct call {
    struct lua_driver *d;
    const struct stmt *st;
    const void *key; /* where the rows go in the registry, or NULL: push them */
    struct err *e;
    bool ok;
};

static void push_info(lua_State *L, const struct stmt *st)
{
    lua_createtable(L, 0, 2);
    bind_settext(L, "kind", stmt_kind_name(st->kind));
    if (st->table) {
        bind_settext(L, "table", st->table);
    }
}

/* Runs protected: calls spec.query(sql, info); rows and names, when they are
 * not to be kept under a key. */
static int run_query(lua_State *L)
{
    struct call *call = lua_touserdata(L, 1);

    lua_rawgetp(L, LUA_REGISTRYINDEX, call->d);
    lua_getfield(L, -1, "query");
    lua_pushlstring(L, call->st->sql, call->st->len);
    push_info(L, call->st);
    if (lua_pcall(L, 2, 2, 0) != LUA_OK) {
        bind_toerror(L, -1, call->e);
        return 0;
    }
    if (lua_istable(L, -2) || (lua_isboolean(L, -2) && lua_toboolean(L, -2))) {
        call->ok = true;
        if (!call->key)
            return 2;
        lua_pop(L, 1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, call->key);
        return 0;
    }
    if (lua_isnil(L, -1))
        err_set(call->e, ERR_SQL,
                "the store's query function returned no rows and no message");
    else
        bind_toerror(L, -1, call->e);
    return 0;
}

/* The function may use the store again, also from a coroutine that is gone
 * when this returns. */
static bool protected_call(lua_State *L, lua_CFunction f, struct call *call,
                           int nresults)
{
    int status;

    if (!lua_checkstack(L, 8))
        return err_set(call->e, ERR_NOMEM, "out of memory");
    lua_pushcfunction(L, f);
    lua_pushlightuserdata(L, call);
    call->d->depth++;
    status = lua_pcall(L, 1, nresults, 0);
    call->d->depth--;
    call->d->L = L;
    if (status == LUA_OK) {
        if (!call->ok && nresults > 0)
            lua_pop(L, nresults);
        return call->ok;
    }
    err_set(call->e, status == LUA_ERRMEM ? ERR_NOMEM : ERR_SQL, "%.200s",
            lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1)
                                           : "error in a store's function");
    lua_pop(L, 1);
    return false;
}

static bool lua_driver_start(struct db *db, const struct stmt *st,
                             struct cursor **out, struct err *e)
{
    struct lua_driver *d = (struct lua_driver *)db;
    struct lua_cursor *c = calloc(1, sizeof(*c));
    struct call call = {.d = d, .st = st, .key = c, .e = e};

    if (!c)
        return err_set(e, ERR_NOMEM, "out of memory");
    c->c.db = db;
    c->owner = d;
    if (!protected_call(d->L, run_query, &call, 0)) {
        free(c);
        return false;
    }
    *out = &c->c;
    return true;
}

/* The row table on top of the stack becomes the current row. */
static enum db_step next_row(lua_State *L, struct lua_cursor *c, struct err *e)
{
    if (!lua_row_read(L, &c->row, e))
        return DB_FAIL;
    c->c.ncols = c->row.n;
    c->c.names = c->row.names;
    c->c.values = c->row.values;
    return DB_ROW;
}

static enum db_step lua_driver_step(struct cursor *cur, struct err *e)
{
    struct lua_cursor *c = (struct lua_cursor *)cur;
    lua_State *L = c->owner->L;
    enum db_step step = DB_DONE;

    if (!lua_checkstack(L, 8)) {
        err_set(e, ERR_NOMEM, "out of memory");
        return DB_FAIL;
    }
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, c) == LUA_TTABLE) {
        if (lua_rawgeti(L, -1, ++c->at) == LUA_TTABLE)
            step = next_row(L, c, e);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return step;
}

static void lua_driver_finish(struct cursor *cur)
{
    struct lua_cursor *c = (struct lua_cursor *)cur;
    lua_State *L = c->owner->L;

    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, c);
    lua_row_free(&c->row);
    free(c);
}

/* Runs protected: calls spec.listed(table). */
static int run_listed(lua_State *L)
{
    struct call *call = lua_touserdata(L, 1);

    lua_rawgetp(L, LUA_REGISTRYINDEX, call->d);
    lua_getfield(L, -1, "listed");
    lua_pushstring(L, call->st->table);
    if (lua_pcall(L, 1, 2, 0) != LUA_OK) {
        bind_toerror(L, -1, call->e);
        return 0;
    }
    if (lua_isnil(L, -2) && !lua_isnil(L, -1)) {
        bind_toerror(L, -1, call->e);
        return 0;
    }
    call->ok = true;
    lua_pushboolean(L, lua_toboolean(L, -2));
    return 1;
}

static bool lua_driver_listed(struct db *db, const char *table, bool *present,
                              struct err *e)
{
    struct lua_driver *d = (struct lua_driver *)db;
    struct stmt st = {.table = table};
    struct call call = {.d = d, .st = &st, .e = e};

    if (!protected_call(d->L, run_listed, &call, 1))
        return false;
    *present = lua_toboolean(d->L, -1);
    lua_pop(d->L, 1);
    return true;
}

/* Runs protected: calls spec.close(), whose failure changes nothing. */
static int run_close(lua_State *L)
{
    struct call *call = lua_touserdata(L, 1);

    if (lua_rawgetp(L, LUA_REGISTRYINDEX, call->d) == LUA_TTABLE &&
        lua_getfield(L, -1, "close") == LUA_TFUNCTION)
        lua_pcall(L, 0, 0, 0);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, call->d);
    return 0;
}

static void lua_driver_close(struct db *db)
{
    struct lua_driver *d = (struct lua_driver *)db;
    struct err ignored;
    struct call call = {.d = d, .e = &ignored};

    protected_call(d->L, run_close, &call, 0);
    free((char *)d->db.workspace);
    free(d);
}

bool lua_driver_is(const struct db *db)
{
    return db->ops->open == lua_driver_start;
}

void lua_driver_use(struct db *db, lua_State *L)
{
    if (lua_driver_is(db))
        ((struct lua_driver *)db)->L = L;
}

bool lua_driver_busy(const struct db *db)
{
    return lua_driver_is(db) && ((const struct lua_driver *)db)->depth > 0;
}

bool lua_driver_query(lua_State *L, struct db *db, const struct stmt *st,
                      struct err *e)
{
    struct call call = {.d = (struct lua_driver *)db, .st = st, .e = e};

    if (!protected_call(L, run_query, &call, 2))
        return false;
    if (!lua_istable(L, -1)) {
        lua_pushnil(L);
        lua_replace(L, -2);
    }
    if (!lua_istable(L, -2)) {
        lua_newtable(L);
        lua_replace(L, -3);
    }
    return true;
}

struct db *lua_driver_open(lua_State *L, int idx, struct err *e)
{
    struct lua_driver *d;
    const char *ws;
    const struct dialect *dialect = NULL;
    bool lists;

    bind_checkkeys(L, idx, "dialect query workspace listed close query_all");
    idx = lua_absindex(L, idx);
    if (lua_getfield(L, idx, "dialect") == LUA_TSTRING)
        dialect = dialect_find(lua_tostring(L, -1));
    if (!dialect)
        bind_raise(L, "a store needs dialect = sqlite, postgres or deeplake");
    if (lua_getfield(L, idx, "query") != LUA_TFUNCTION)
        bind_raise(L, "a store needs query = function(sql) ... end");
    lists = lua_getfield(L, idx, "listed") == LUA_TFUNCTION;
    if (lua_getfield(L, idx, "workspace") != LUA_TNIL &&
        lua_type(L, -1) != LUA_TSTRING)
        bind_raise(L, "option 'workspace' must be a string");
    ws = luaL_optstring(L, -1, "default");
    d = calloc(1, sizeof(*d));
    if (d)
        d->db.workspace = strdup(ws);
    if (!d || !d->db.workspace) {
        free(d);
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    d->ops = (struct db_ops){.dialect = dialect,
                             .open = lua_driver_start,
                             .step = lua_driver_step,
                             .finish = lua_driver_finish,
                             .listed = lists ? lua_driver_listed : NULL,
                             .close = lua_driver_close};
    d->db.ops = &d->ops;
    d->L = L;
    return &d->db;
}
