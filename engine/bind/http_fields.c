#include "bind/http_fields.h"

#include <limits.h>
#include <string.h>

#include "bind/options.h"

void http_check_config(lua_State *L, int t, struct http_config *cfg)
{
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
        {"user_agent", .text = &cfg->user_agent},
        {"ca_file", .text = &cfg->ca_file},
        {0},
    };

    bind_options(L, t, options);
    if (cfg->max_bytes >= BUF_MAX)
        cfg->max_bytes = BUF_MAX - 1;
}

void http_check_request(lua_State *L, int t, struct http_request_options *r)
{
    const struct bind_option options[] = {
        {"method", .text = &r->method},
        {"url", .text = &r->url, .needed = true},
        {"timeout_ms", .integer = &r->timeout_ms, .most = INT_MAX},
        {"retry_auth", .flag = &r->retry_auth},
        {"follow", .flag = &r->follow},
        {"body", .text = &r->body, .len = &r->len},
        {0},
    };
    const struct bind_option idempotent[] = {
        {"idempotent", .flag = &r->idempotent}, {0}};

    r->method = "GET";
    bind_options(L, t, options);
    r->idempotent =
        strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
    bind_options(L, t, idempotent);
}

bool http_check_headers(lua_State *L, int t, struct http_request *req,
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
                 ? http_request_header(req, lua_tostring(L, -2),
                                       lua_tostring(L, -1), e)
                 : err_set(e, ERR_ARG, "a NUL in a header");
        lua_pop(L, 1);
    }
    lua_pop(L, ok ? 1 : 2);
    return ok;
}
