#include <string.h>

#include "bind/bind.h"
#include "bind/options.h"
#include "serve/server.h"
#include "serve/sql_filter.h"
#include "serve/token.h"

#define SERVER_TYPE "engine.serve"
#define TOKEN_LIST_TYPE "engine.serve.token_list"

/* What Lua holds; NULL once it is closed. */
struct server_box {
    struct server *server;
};

/* A list that is not the server's yet. */
struct token_box {
    struct token_list *list;
};

static struct server *check_server(lua_State *L)
{
    struct server_box *box = luaL_checkudata(L, 1, SERVER_TYPE);

    luaL_argcheck(L, box->server != NULL, 1, "the server is closed");
    return box->server;
}

/* The options in the table at 1; their texts stay on the stack. */
static struct server_options check_options(lua_State *L)
{
    struct server_options o = {0};
    const struct bind_option options[] = {
        {"port", .integer = &o.port, .most = 65535, .needed = true},
        {"threads", .integer = &o.threads, .most = 64, .needed = true},
        {"connections", .integer = &o.connections, .least = 1, .most = 1000000,
         .needed = true},
        {"requests", .integer = &o.requests, .least = 1, .most = 1000000,
         .needed = true},
        {"backends", .integer = &o.backends, .least = 1, .most = 10000,
         .needed = true},
        {"statement_ms", .integer = &o.statement_ms, .least = 1,
         .most = 86400000, .needed = true},
        {"client_ms", .integer = &o.client_ms, .least = 1, .most = 86400000,
         .needed = true},
        {"max_body", .size = &o.max_body, .least = 1, .most = BUF_MAX - 1,
         .needed = true},
        {"max_answer", .size = &o.max_answer, .least = 1, .most = BUF_MAX - 1,
         .needed = true},
        {"max_memory", .size = &o.max_memory, .least = 1,
         .most = LUA_MAXINTEGER, .needed = true},
        {"db", .text = &o.db, .needed = true},
        {"secret", .text = &o.secret, .needed = true},
        {"tokens", .text = &o.tokens, .needed = true},
        {"host", .text = &o.host, .needed = true},
        {"tls_cert", .text = &o.tls_cert},
        {"tls_key", .text = &o.tls_key},
        {"verbose", .flag = &o.verbose},
        {0},
    };

    bind_options(L, 1, options);
    if (!o.tls_cert != !o.tls_key)
        luaL_error(L, "'tls_cert' and 'tls_key' belong together");
    return o;
}

/* serve.start(options) -> server, or nil and an error */
static int l_start(lua_State *L)
{
    struct server_options o;
    struct server_box *box;
    struct err e;

    lua_settop(L, 1);
    o = check_options(L);
    box = bind_newholder(L, sizeof(*box), SERVER_TYPE, 2);
    box->server = server_start(&o, &e);
    return box->server ? 1 : bind_fail(L, &e);
}

static int l_port(lua_State *L)
{
    lua_pushinteger(L, server_port(check_server(L)));
    return 1;
}

/* server:setup_workspace(workspace) -> true, or nil and an error */
static int l_setup_workspace(lua_State *L)
{
    struct server *server = check_server(L);
    const char *workspace = luaL_checkstring(L, 2);
    struct err e;

    return bind_result(L, server_setup_workspace(server, workspace, &e), &e);
}

static int token_list_gc(lua_State *L)
{
    struct token_box *box = lua_touserdata(L, 1);

    token_list_unref(box->list);
    box->list = NULL;
    return 0;
}

static void copy_digits(lua_State *L, const char *key, const char *from,
                        char *to, size_t n)
{
    if (strlen(from) != n)
        luaL_error(L, "'%s' must have %I digits", key, (lua_Integer)n);
    memcpy(to, from, n + 1);
}

/* The token at idx, borrowed from its table. */
static struct token check_token(lua_State *L, int idx)
{
    struct token token = {.write = false};
    const char *id = "", *salt = "", *hash = "";
    size_t n;
    const struct bind_option options[] = {
        {"id", .text = &id, .needed = true},
        {"salt", .text = &salt, .needed = true},
        {"hash", .text = &hash, .needed = true},
        {"name", .text = (const char **)&token.name, .needed = true},
        {"org", .text = (const char **)&token.org, .needed = true},
        {"org_name", .text = (const char **)&token.org_name, .needed = true},
        {"write", .flag = &token.write},
        {0},
    };

    bind_options(L, idx, options);
    copy_digits(L, "id", id, token.id, TOKEN_ID);
    copy_digits(L, "salt", salt, token.salt, TOKEN_SALT);
    copy_digits(L, "hash", hash, token.hash, TOKEN_HASH);
    luaL_checkstack(L, 8, NULL);
    lua_getfield(L, idx, "workspaces");
    token.workspaces = (char **)bind_words(L, lua_gettop(L), "a workspace", &n);
    return token;
}

/* server:set_tokens(list or nil) -> true, or nil and an error */
static int l_set_tokens(lua_State *L)
{
    struct server *server = check_server(L);
    lua_Integer n = lua_isnoneornil(L, 2) ? 0 : luaL_len(L, 2);
    struct token_box *box = lua_newuserdatauv(L, sizeof(*box), 0);
    struct err e;

    box->list = NULL;
    bind_own(L, TOKEN_LIST_TYPE, token_list_gc);
    if (!lua_isnoneornil(L, 2) && !(box->list = token_list_new((size_t)n)))
        return luaL_error(L, "out of memory");
    for (lua_Integer i = 1; i <= n; i++) {
        int top = lua_gettop(L);
        struct token token;

        lua_geti(L, 2, i);
        token = check_token(L, top + 1);
        if (!token_list_add(box->list, &token, &e))
            return bind_fail(L, &e);
        lua_settop(L, top);
    }
    server_set_tokens(server, box->list);
    box->list = NULL;
    lua_pushboolean(L, 1);
    return 1;
}

/* server:wait(seconds) -> "tick", "reload", "repair" or "stop" */
static int l_wait(lua_State *L)
{
    static const char *const words[] = {"tick", "reload", "repair", "stop"};
    struct server *server = check_server(L);
    lua_Number seconds = luaL_checknumber(L, 2);

    luaL_argcheck(L, seconds >= 0 && seconds < 86400, 2, "out of range");
    lua_pushstring(L, words[server_wait(server, (int)(seconds * 1000))]);
    return 1;
}

/* server:close(): finishes what runs; also __gc and __close */
static int l_close(lua_State *L)
{
    struct server_box *box = luaL_checkudata(L, 1, SERVER_TYPE);
    struct server *server = box->server;

    box->server = NULL;
    server_stop(server);
    return 0;
}

/* serve.new_token() -> token, {id=, salt=, hash=}, or nil and an error */
static int l_new_token(lua_State *L)
{
    char text[TOKEN_TEXT + 1];
    struct token token;
    struct err e;

    if (!token_new(&token, text, &e))
        return bind_fail(L, &e);
    lua_pushstring(L, text);
    lua_createtable(L, 0, 3);
    bind_settext(L, "id", token.id);
    bind_settext(L, "salt", token.salt);
    bind_settext(L, "hash", token.hash);
    return 2;
}

/* serve.workspace_ok(name) -> whether it can be one */
static int l_workspace_ok(lua_State *L)
{
    size_t len;
    const char *name = luaL_checklstring(L, 1, &len);

    lua_pushboolean(L, strlen(name) == len && workspace_name_ok(name));
    return 1;
}

/* serve.filter(sql) -> "run" and the statement as it is sent, "nothing", or
 * "refused" and why */
static int l_filter(lua_State *L)
{
    static const char *const words[] = {"run", "nothing", "refused"};
    size_t len;
    const char *sql = luaL_checklstring(L, 1, &len);
    struct buf *b = bind_newbuf(L);
    enum sql_filter_verdict v;
    char why[160];
    struct err e;

    if (!buf_add(b, sql, len, &e))
        return bind_fail(L, &e);
    v = sql_filter_check(b->data, b->len, why, sizeof(why));
    lua_pushstring(L, words[v]);
    if (v == SQL_FILTER_RUN)
        lua_pushlstring(L, b->data, b->len);
    else if (v == SQL_FILTER_REFUSED)
        lua_pushstring(L, why);
    else
        lua_pushnil(L);
    return 2;
}

int luaopen_engine_serve(lua_State *L);

int luaopen_engine_serve(lua_State *L)
{
    static const luaL_Reg methods[] = {{"port", l_port},
                                       {"setup_workspace", l_setup_workspace},
                                       {"set_tokens", l_set_tokens},
                                       {"wait", l_wait},
                                       {"close", l_close},
                                       {"__gc", l_close},
                                       {"__close", l_close},
                                       {NULL, NULL}};
    static const luaL_Reg funcs[] = {{"start", l_start},
                                     {"new_token", l_new_token},
                                     {"workspace_ok", l_workspace_ok},
                                     {"filter", l_filter},
                                     {NULL, NULL}};

    bind_pushmeta(L, SERVER_TYPE, methods);
    luaL_newlib(L, funcs);
    return 1;
}
