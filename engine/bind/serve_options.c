#include "bind/serve_options.h"

#include <lauxlib.h>

#include "bind/options.h"
#include "core/buf.h"

const char *server_text(lua_State *L, int idx, const char *key, bool needed)
{
    int type = lua_getfield(L, idx, key);

    if (type != LUA_TSTRING && (needed || type != LUA_TNIL))
        luaL_error(L, "'%s' must be a string", key);
    return lua_tostring(L, -1);
}

struct server_options server_options(lua_State *L)
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
