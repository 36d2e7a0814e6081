/* The one driver that lives above core/: its statements are run by a Lua
 * function.  It is the only place where C calls Lua back. */
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/luarow.h"

struct luadb {
    struct db db;
    struct db_ops ops;
    lua_State *L; /* the thread that last used the store */
    int depth;    /* calls of its functions that are under way */
};

/* The rows are kept in the registry under the cursor's address. */
struct luacursor {
    struct cursor c;
    struct luadb *owner;
    struct luarow row;
    lua_Integer at;
};

/* What the protected part of a call needs and tells. */
struct call {
    struct luadb *d;
    const struct stmt *st;
    const void *key; /* where the rows go in the registry, or NULL: push them */
    struct err *e;
    bool ok;
};

static void push_info(lua_State *L, const struct stmt *st)
{
    lua_createtable(L, 0, 2);
    lua_pushstring(L, stmt_kind_names[st->kind]);
    lua_setfield(L, -2, "kind");
    if (st->table) {
        lua_pushstring(L, st->table);
        lua_setfield(L, -2, "table");
    }
}

/* Runs protected: calls spec.query(sql, info). */
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
        lua_pop(L, 1);
        call->ok = true;
        if (!call->key)
            return 1;
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

static bool luadb_open_cursor(struct db *db, const struct stmt *st,
                              struct cursor **out, struct err *e)
{
    struct luadb *d = (struct luadb *)db;
    struct luacursor *c = calloc(1, sizeof(*c));
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
static enum db_step next_row(lua_State *L, struct luacursor *c, struct err *e)
{
    if (!luarow_read(L, &c->row, e))
        return DB_FAIL;
    c->c.ncols = c->row.n;
    c->c.names = c->row.names;
    c->c.values = c->row.values;
    return DB_ROW;
}

static enum db_step luadb_step(struct cursor *cur, struct err *e)
{
    struct luacursor *c = (struct luacursor *)cur;
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

static void luadb_finish(struct cursor *cur)
{
    struct luacursor *c = (struct luacursor *)cur;
    lua_State *L = c->owner->L;

    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, c);
    luarow_free(&c->row);
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

static bool luadb_listed(struct db *db, const char *table, bool *present,
                         struct err *e)
{
    struct luadb *d = (struct luadb *)db;
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

static void luadb_close(struct db *db)
{
    struct luadb *d = (struct luadb *)db;
    struct err ignored;
    struct call call = {.d = d, .e = &ignored};

    protected_call(d->L, run_close, &call, 0);
    free((char *)d->db.workspace);
    free(d);
}

bool luadb_is(const struct db *db)
{
    return db->ops->open == luadb_open_cursor;
}

void luadb_use(struct db *db, lua_State *L)
{
    if (luadb_is(db))
        ((struct luadb *)db)->L = L;
}

bool luadb_busy(const struct db *db)
{
    return luadb_is(db) && ((const struct luadb *)db)->depth > 0;
}

bool luadb_query(lua_State *L, struct db *db, const struct stmt *st,
                 struct err *e)
{
    struct call call = {.d = (struct luadb *)db, .st = st, .e = e};

    if (!protected_call(L, run_query, &call, 1))
        return false;
    if (!lua_istable(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
    }
    return true;
}

struct db *luadb_open(lua_State *L, int idx, struct err *e)
{
    struct luadb *d;
    const char *ws;
    int dialect = -1;
    bool lists;

    luaL_checktype(L, idx, LUA_TTABLE);
    idx = lua_absindex(L, idx);
    if (lua_getfield(L, idx, "dialect") == LUA_TSTRING)
        dialect = sql_dialect_from(lua_tostring(L, -1));
    luaL_argcheck(L, dialect >= 0, idx,
                  "a store needs dialect = sqlite, postgres or deeplake");
    luaL_argcheck(L, lua_getfield(L, idx, "query") == LUA_TFUNCTION, idx,
                  "a store needs query = function(sql) ... end");
    lists = lua_getfield(L, idx, "listed") == LUA_TFUNCTION;
    lua_getfield(L, idx, "workspace");
    ws = luaL_optstring(L, -1, "default");
    d = calloc(1, sizeof(*d));
    if (d)
        d->db.workspace = strdup(ws);
    if (!d || !d->db.workspace) {
        free(d);
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    d->ops = (struct db_ops){.dialect = (enum sql_dialect)dialect,
                             .open = luadb_open_cursor,
                             .step = luadb_step,
                             .finish = luadb_finish,
                             .listed = lists ? luadb_listed : NULL,
                             .close = luadb_close};
    d->db.ops = &d->ops;
    d->L = L;
    return &d->db;
}
