#include "bind/serve_options.h"

#include <lauxlib.h>
#include <limits.h>

#include "core/buf.h"

const char *server_text(lua_State *L, int idx, const char *key, bool needed)
{
    int type = lua_getfield(L, idx, key);

    if (type != LUA_TSTRING && (needed || type != LUA_TNIL))
        luaL_error(L, "'%s' must be a string", key);
    return lua_tostring(L, -1);
}

static lua_Integer number(lua_State *L, const char *key, lua_Integer least,
                          lua_Integer most)
{
    int ok;
    lua_Integer n;

    lua_getfield(L, 1, key);
    n = lua_tointegerx(L, -1, &ok);
    if (!ok || n < least || n > most)
        luaL_error(L, "'%s' must be from %I to %I", key, least, most);
    lua_pop(L, 1);
    return n;
}

struct server_options server_options(lua_State *L)
{
    struct server_options o = {.port = (int)number(L, "port", 0, 65535)};

    o.threads = (int)number(L, "threads", 0, 64);
    o.connections = (int)number(L, "connections", 1, 1000000);
    o.requests = (int)number(L, "requests", 1, 1000000);
    o.backends = (int)number(L, "backends", 1, 10000);
    o.statement_ms = (int)number(L, "statement_ms", 1, 86400000);
    o.client_ms = (int)number(L, "client_ms", 1, 86400000);
    o.max_body = (size_t)number(L, "max_body", 1, BUF_MAX - 1);
    o.max_answer = (size_t)number(L, "max_answer", 1, BUF_MAX - 1);
    o.max_memory = (size_t)number(L, "max_memory", 1, LLONG_MAX);
    o.db = server_text(L, 1, "db", true);
    o.secret = server_text(L, 1, "secret", true);
    o.tokens = server_text(L, 1, "tokens", true);
    o.host = server_text(L, 1, "host", true);
    o.tls_cert = server_text(L, 1, "tls_cert", false);
    o.tls_key = server_text(L, 1, "tls_key", false);
    lua_getfield(L, 1, "verbose");
    o.verbose = lua_toboolean(L, -1);
    if (!o.tls_cert != !o.tls_key)
        luaL_error(L, "'tls_cert' and 'tls_key' belong together");
    return o;
}
