#include <ctype.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/http_fields.h"
#include "bind/options.h"
#include "http/client.h"

#define CLIENT_TYPE "engine.http.client"
#define BATCH_TYPE "engine.http.batch"

int luaopen_engine_http(lua_State *L);

struct client {
    struct http_client *http; /* NULL when closed */
};

/* The requests of one request() or all(); its user value keeps their bodies. */
struct batch {
    size_t n;
    struct http_request *requests[]; /* NULL once delivered */
};

static bool is_done(const struct http_request *req)
{
    return req->state == HTTP_REQUEST_DONE;
}

/* http.client([config]) -> client, or nil and an error */
static int l_client(lua_State *L)
{
    struct http_config cfg = http_defaults;
    struct client *c;
    struct err e;

    lua_settop(L, 1);
    if (!lua_isnil(L, 1))
        http_check_config(L, 1, &cfg);
    c = bind_newholder(L, sizeof(*c), CLIENT_TYPE, 2);
    c->http = http_client_new(&cfg, &e);
    return c->http ? 1 : bind_fail(L, &e);
}

static struct http_client *check_client(lua_State *L)
{
    struct client *c = luaL_checkudata(L, 1, CLIENT_TYPE);

    luaL_argcheck(L, c->http != NULL, 1, "the client is closed");
    return c->http;
}

/* client:close(), also __gc and __close */
static int l_close(lua_State *L)
{
    struct client *c = luaL_checkudata(L, 1, CLIENT_TYPE);

    http_client_free(c->http);
    c->http = NULL;
    return 0;
}

static int batch_gc(lua_State *L)
{
    struct batch *b = lua_touserdata(L, 1);

    for (size_t i = 0; i < b->n; i++) {
        http_request_free(b->requests[i]);
        b->requests[i] = NULL;
    }
    return 0;
}

/* Pushes an empty batch; its requests end on return and on raise. */
static struct batch *new_batch(lua_State *L, size_t n)
{
    size_t size = sizeof(struct batch) + n * sizeof(struct http_request *);
    struct batch *b = lua_newuserdatauv(L, size, 1);

    memset(b, 0, size);
    b->n = n;
    bind_own(L, BATCH_TYPE, batch_gc);
    lua_createtable(L, (int)n, 0);
    lua_setiuservalue(L, -2, 1);
    return b;
}

/* Starts request i of the batch from the request at the top of the stack. */
static void start(lua_State *L, struct http_client *client, int batch, size_t i)
{
    struct batch *b = lua_touserdata(L, batch);
    struct http_request_options r = {0};
    struct err e;
    int t = lua_gettop(L);

    http_check_request(L, t, &r); /* method url body, if given */
    lua_getiuservalue(L, batch, 1);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
    lua_pop(L, 1);
    b->requests[i] = http_request_new();
    if (!b->requests[i])
        luaL_error(L, "out of memory");
    if (!http_check_headers(L, t, b->requests[i], &e) ||
        !http_client_start(client, b->requests[i], &r, &e))
        http_request_finish(b->requests[i], &e);
    lua_settop(L, t);
}

static void push_headers(lua_State *L, const struct http_request *req)
{
    struct http_response_header h;
    size_t pos = 0;

    lua_newtable(L);
    while (http_response_next_header(req, &pos, &h)) {
        luaL_Buffer b;
        char *name = luaL_buffinitsize(L, &b, h.name_len);

        for (size_t i = 0; i < h.name_len; i++)
            name[i] = (char)tolower((unsigned char)h.name[i]);
        luaL_pushresultsize(&b, h.name_len); /* headers name */
        lua_pushvalue(L, -1);
        if (lua_rawget(L, -3) == LUA_TSTRING) { /* headers name old */
            lua_pushliteral(L, ", ");
            lua_pushlstring(L, h.value, h.value_len);
            lua_concat(L, 3);
        } else {
            lua_pop(L, 1);
            lua_pushlstring(L, h.value, h.value_len);
        }
        lua_rawset(L, -3);
    }
}

/* Pushes { status=, headers=, body=, attempts=, unclear= }. */
static void push_response(lua_State *L, const struct http_request *req)
{
    const struct http_result *r = &req->result;

    lua_createtable(L, 0, 5);
    bind_setinteger(L, "status", r->status);
    bind_setinteger(L, "attempts", r->attempts);
    bind_setbytes(L, "body", &req->body);
    push_headers(L, req);
    lua_setfield(L, -2, "headers");
    if (r->unclear)
        bind_setbool(L, "unclear", true);
}

/* Pushes a response, or the error, which also tells its attempts and whether
 * it is a timeout. */
static bool push_result(lua_State *L, const struct http_request *req)
{
    const struct http_result *r = &req->result;

    if (r->status) {
        push_response(L, req);
        return true;
    }
    bind_pusherror(L, &r->err);
    bind_setinteger(L, "attempts", r->attempts);
    if (r->timeout)
        bind_setbool(L, "timeout", true);
    return false;
}

/* Waits for one more; raises when libcurl itself fails or the client was
 * closed by a callback and something is still open. */
static void wait_more(lua_State *L)
{
    struct err e;

    err_set(&e, ERR_IO, "no request is under way");
    if (!http_client_wait(check_client(L), &e))
        luaL_error(L, "%s", e.message);
}

/* client:request(request) -> response, or nil and an error */
static int l_request(lua_State *L)
{
    struct http_client *client = check_client(L);
    struct batch *b;

    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    b = new_batch(L, 1);
    lua_pushvalue(L, 2);
    start(L, client, 3, 0);
    while (!is_done(b->requests[0]))
        wait_more(L);
    if (push_result(L, b->requests[0]))
        return 1;
    luaL_pushfail(L);
    lua_insert(L, -2);
    return 2;
}

/* Delivers what is done: into the results at 5, then to on_done at 3. */
static size_t deliver(lua_State *L, struct batch *b)
{
    size_t open = 0;

    for (size_t i = 0; i < b->n; i++) {
        if (b->requests[i] && !is_done(b->requests[i]))
            open++;
        if (!b->requests[i] || !is_done(b->requests[i]))
            continue;
        if (!push_result(L, b->requests[i])) {
            lua_createtable(L, 0, 1);
            lua_insert(L, -2);
            lua_setfield(L, -2, "error");
        }
        http_request_free(b->requests[i]);
        b->requests[i] = NULL;
        lua_pushvalue(L, -1);
        lua_rawseti(L, 5, (lua_Integer)i + 1);
        if (lua_isfunction(L, 3)) {
            lua_pushvalue(L, 3);
            lua_pushinteger(L, (lua_Integer)i + 1);
            lua_rotate(L, -3, -1); /* on_done i result */
            lua_call(L, 2, 0);
        } else {
            lua_pop(L, 1);
        }
    }
    return open;
}

static bool any_done(const struct batch *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->requests[i] && is_done(b->requests[i]))
            return true;
    return false;
}

/* client:all(requests [, on_done]) -> list of responses and { error= } */
static int l_all(lua_State *L)
{
    struct http_client *client = check_client(L);
    struct batch *b;

    luaL_checktype(L, 2, LUA_TTABLE);
    if (!lua_isnoneornil(L, 3))
        luaL_checktype(L, 3, LUA_TFUNCTION);
    lua_settop(L, 3);
    b = new_batch(L, lua_rawlen(L, 2));
    lua_createtable(L, (int)b->n, 0);
    for (size_t i = 0; i < b->n; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        start(L, client, 4, i);
        lua_pop(L, 1);
    }
    while (deliver(L, b) > 0)
        while (!any_done(b)) /* on_done may itself have waited for some */
            wait_more(L);
    return 1;
}

int luaopen_engine_http(lua_State *L)
{
    static const luaL_Reg funcs[] = {{"client", l_client}, {NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"request", l_request}, {"all", l_all},       {"close", l_close},
        {"__gc", l_close},      {"__close", l_close}, {NULL, NULL}};

    bind_pushmeta(L, CLIENT_TYPE, methods);
    luaL_newlib(L, funcs);
    return 1;
}
