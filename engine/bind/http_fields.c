#include "bind/http_fields.h"

#include <limits.h>
#include <string.h>

#include "bind/options.h"

static void copy(lua_State *L, const char *key, const char *text, char *room,
                 size_t size)
{
    if (text && strlen(text) >= size)
        luaL_error(L, "option '%s' is longer than %d bytes", key,
                   (int)size - 1);
    if (text)
        memcpy(room, text, strlen(text) + 1);
}

void http_check_config(lua_State *L, int t, struct http_config *cfg)
{
    const char *user_agent = NULL;
    const char *ca_file = NULL;
    const struct bind_option options[] = {
        {"timeout_ms", .integer = &cfg->timeout_ms, .least = 1,
         .most = INT_MAX},
        {"connect_ms", .integer = &cfg->connect_ms, .least = 1,
         .most = INT_MAX},
        {"retries", .integer = &cfg->retries, .most = INT_MAX},
        {"backoff_ms", .integer = &cfg->backoff_ms, .most = INT_MAX},
        {"max_parallel", .integer = &cfg->max_parallel, .least = 1,
         .most = INT_MAX},
        {"max_bytes", .size = &cfg->max_bytes, .least = 1, .most = INT_MAX},
        {"user_agent", .text = &user_agent},
        {"ca_file", .text = &ca_file},
        {0},
    };
    int top = lua_gettop(L);

    bind_options(L, t, options);
    if (cfg->max_bytes >= BUF_MAX)
        cfg->max_bytes = BUF_MAX - 1;
    copy(L, "user_agent", user_agent, cfg->user_agent, sizeof(cfg->user_agent));
    copy(L, "ca_file", ca_file, cfg->ca_file, sizeof(cfg->ca_file));
    lua_settop(L, top);
}

void http_check_request(lua_State *L, int t, struct http_request_options *r)
{
    const struct bind_option options[] = {
        {"method", .text = &r->method},
        {"url", .text = &r->url, .needed = true},
        {"body", .text = &r->body, .len = &r->len},
        {"timeout_ms", .integer = &r->timeout_ms, .most = INT_MAX},
        {"retry_auth", .flag = &r->retry_auth},
        {"follow", .flag = &r->follow},
        {0},
    };
    const struct bind_option by_method[] = {
        {"idempotent", .flag = &r->idempotent}, {0}};

    r->method = "GET";
    bind_options(L, t, options);
    r->idempotent =
        strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
    bind_options(L, t, by_method);
}

bool http_check_headers(lua_State *L, int t, struct http_request *c,
                        struct err *e)
{
    bool ok = true;

    if (lua_getfield(L, t, "headers") == LUA_TNIL) {
        lua_pop(L, 1);
        return true;
    }
    if (!lua_istable(L, -1))
        return luaL_error(L, "field 'headers' is no table");
    lua_pushnil(L);
    while (ok && lua_next(L, -2)) { /* headers name value */
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            return luaL_error(L, "a header is no string");
        ok = strlen(lua_tostring(L, -1)) == lua_rawlen(L, -1)
                 ? http_request_header(c, lua_tostring(L, -2),
                                       lua_tostring(L, -1), e)
                 : err_set(e, ERR_ARG, "a NUL in a header");
        lua_pop(L, 1);
    }
    lua_pop(L, ok ? 1 : 2);
    return ok;
}
