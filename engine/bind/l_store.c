#include <string.h>

#include "bind/bind.h"
#include "core/store.h"

/* store:exec(sql [, kind]) -> true, or nil, err */
static int l_exec(lua_State *L)
{
    struct db *db = bind_checkstore(L, 1);
    struct stmt st = bind_checkstmt(L, 2);
    struct err e;

    return bind_result(L, db_exec(db, &st, &e), &e);
}

static int insert(lua_State *L, bool many)
{
    struct db *db = bind_checkstore(L, 1);
    const struct schema *s = bind_checkschema(L, 2);
    const struct value *rows;
    struct heal *h;
    struct err e;
    size_t n;

    lua_settop(L, 3);
    rows = bind_newrows(L, 3, s, many, &n);
    h = bind_newheals(L, 1);
    if (many && n == 0) {
        lua_pushboolean(L, 1);
        return 1;
    }
    if (!store_insert(db, s, rows, n, h, &e))
        return bind_fail(L, &e);
    lua_pushboolean(L, 1);
    if (!h->missing)
        return 1;
    bind_pushheal(L, s, h);
    return 2;
}

/* store:insert(schema, row) -> true [, what was healed], or nil, err; heals
 * when the store says that the table or a column is missing */
static int l_insert(lua_State *L)
{
    return insert(L, false);
}

/* store:insert_many(schema, rows): one statement for all rows */
static int l_insert_many(lua_State *L)
{
    return insert(L, true);
}

/* store:in_transaction() -> boolean; always false without a session */
static int l_in_transaction(lua_State *L)
{
    struct db *db = bind_checkstore(L, 1);

    lua_pushboolean(L, db->ops->in_transaction && db->ops->in_transaction(db));
    return 1;
}

static bool has_transactions(const struct db *db, struct err *e)
{
    return db->ops->in_transaction ||
           err_set(e, ERR_SQL,
                   "this store (%s) has no transactions: each statement is "
                   "sent and kept by itself",
                   db->ops->dialect->name);
}

static int transaction(lua_State *L, enum stmt_kind kind, const char *sql)
{
    struct db *db = bind_checkstore(L, 1);
    struct err e;

    if (!has_transactions(db, &e))
        return bind_fail(L, &e);
    if (!sql && db->ops->in_transaction(db)) {
        err_set(&e, ERR_SQL,
                "a transaction is open already: end it first, or "
                "nest them with store:transaction()");
        return bind_fail(L, &e);
    }
    return bind_result(
        L, db_run(db, kind, sql ? sql : db->ops->dialect->begin, &e), &e);
}

/* store:begin() -> true, or nil, err: a transaction that writes; the next two
 * end it */
static int l_begin(lua_State *L)
{
    return transaction(L, STMT_BEGIN, NULL);
}

static int l_commit(lua_State *L)
{
    return transaction(L, STMT_COMMIT, "COMMIT");
}

static int l_rollback(lua_State *L)
{
    return transaction(L, STMT_ROLLBACK, "ROLLBACK");
}

/* The function has returned, or raised: its results are above index 1. */
static int end_transaction(lua_State *L, int status, lua_KContext nested)
{
    const struct bind_store *s = lua_touserdata(L, 1);
    bool raised = status != LUA_OK && status != LUA_YIELD;
    bool keep = !raised && !(lua_isnoneornil(L, 2) && !lua_isnoneornil(L, 3));
    struct err e;
    bool kept = s->db ? db_end(s->db, nested != 0, keep, &e)
                      : err_set(&e, ERR_CLOSED,
                                "the store was closed within "
                                "its transaction");

    if (raised)
        return lua_error(L);
    if (keep && !kept)
        return bind_fail(L, &e);
    return keep ? lua_gettop(L) - 1 : (lua_settop(L, 3), 2);
}

/* store:transaction(fn) -> what fn(store) returns; kept when it returns,
 * undone when it raises or returns nil, err.  One within another is a
 * savepoint: undone, it leaves the outer one as it was before.  Or nil, err,
 * also when the database did not keep it. */
static int l_transaction(lua_State *L)
{
    struct db *db = bind_checkstore(L, 1);
    bool nested;
    struct err e;

    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    if (!has_transactions(db, &e) || !db_begin(db, &nested, &e))
        return bind_fail(L, &e);
    lua_pushvalue(L, 1);
    return end_transaction(
        L, lua_pcallk(L, 1, LUA_MULTRET, 0, nested, end_transaction), nested);
}

/* store:close(); also __close and __gc.  Cursors still open end first.  To
 * the store's own close function it is closed already. */
static int l_close(lua_State *L)
{
    struct bind_store *s = luaL_checkudata(L, 1, STORE_TYPE);
    struct db *db = s->db;

    if (!db)
        return 0;
    if (lua_driver_busy(db))
        return luaL_error(L, "a store cannot be closed by its own function");
    lua_driver_use(db, L);
    bind_endcursors(s);
    s->db = NULL;
    db->ops->close(db);
    return 0;
}

/* Methods, then dialect, workspace and session (whether statements share one,
 * so that transactions work), then what Lua noted on the store. */
static int l_index(lua_State *L)
{
    struct bind_store *s = luaL_checkudata(L, 1, STORE_TYPE);
    const char *key = luaL_checkstring(L, 2);

    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        return 1;
    if (s->db && strcmp(key, "dialect") == 0) {
        lua_pushstring(L, s->db->ops->dialect->name);
    } else if (s->db && strcmp(key, "session") == 0) {
        lua_pushboolean(L, s->db->ops->in_transaction != NULL);
    } else if (s->db && strcmp(key, "workspace") == 0) {
        lua_pushstring(L, s->db->workspace);
    } else {
        lua_getiuservalue(L, 1, 1);
        lua_pushvalue(L, 2);
        lua_rawget(L, -2);
    }
    return 1;
}

static int l_newindex(lua_State *L)
{
    luaL_checkudata(L, 1, STORE_TYPE);
    lua_settop(L, 3);
    lua_getiuservalue(L, 1, 1);
    lua_insert(L, 2);
    lua_rawset(L, 2);
    return 0;
}

static int l_tostring(lua_State *L)
{
    struct bind_store *s = luaL_checkudata(L, 1, STORE_TYPE);

    if (s->db)
        lua_pushfstring(L, "store (%s)", s->db->ops->dialect->name);
    else
        lua_pushliteral(L, "store (closed)");
    return 1;
}

/* store.from{ dialect=, query=, workspace=, listed=, close= } -> a store whose
 * statements the function runs; a store is given back as it is.
 *   query(sql, { kind=, table= }) -> rows (tables by column name) [, the names
 *   in order], or nil, message or error table.  listed(table) -> boolean. */
static int l_from(lua_State *L)
{
    struct bind_store *s;
    struct err e;

    lua_settop(L, 1);
    if (luaL_testudata(L, 1, STORE_TYPE))
        return 1;
    if (!lua_istable(L, 1))
        bind_raise(L, "a store is opened by a URL, or by a table such as "
                      "{ dialect = \"sqlite\", query = f }");
    s = bind_newstore(L);
    s->db = lua_driver_open(L, 1, &e);
    if (!s->db)
        return bind_fail(L, &e);
    lua_settop(L, 2); /* spec store */
    lua_pushvalue(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, s->db);
    return 1;
}

/* store.error(code, message) -> an error object as the engine makes them; an
 * unknown code becomes "sql" */
static int l_error(lua_State *L)
{
    struct err e;

    err_set(&e, err_code(luaL_checkstring(L, 1)), "%s", luaL_checkstring(L, 2));
    bind_pusherror(L, &e);
    return 1;
}

int luaopen_engine_store(lua_State *L)
{
    static const luaL_Reg methods[] = {{"query", bind_query},
                                       {"exec", l_exec},
                                       {"rows", bind_rows},
                                       {"print", bind_print},
                                       {"insert", l_insert},
                                       {"insert_many", l_insert_many},
                                       {"begin", l_begin},
                                       {"commit", l_commit},
                                       {"rollback", l_rollback},
                                       {"in_transaction", l_in_transaction},
                                       {"transaction", l_transaction},
                                       {"close", l_close},
                                       {NULL, NULL}};
    static const luaL_Reg meta[] = {{"__gc", l_close},
                                    {"__close", l_close},
                                    {"__newindex", l_newindex},
                                    {"__tostring", l_tostring},
                                    {NULL, NULL}};
    static const luaL_Reg funcs[] = {
        {"from", l_from}, {"error", l_error}, {NULL, NULL}};

    luaL_requiref(L, "engine.schema", luaopen_engine_schema, 0);
    lua_pop(L, 1);
    luaL_newlib(L, methods); /* methods */
    luaL_newmetatable(L, STORE_TYPE);
    luaL_setfuncs(L, meta, 0);
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, l_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    luaL_newlib(L, funcs);
    bind_setchecks(L);
    lua_insert(L, -2);
    lua_setfield(L, -2, "methods"); /* Lua adds its comfort here */
    return 1;
}
