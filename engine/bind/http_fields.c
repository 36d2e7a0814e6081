#include "bind/http_fields.h"

#include <string.h>

#include "bind/bind.h"
#include "bind/options.h"

/* The string stays on the stack: the table may be one that makes its values. */
static const char *field_string(lua_State *L, int t, const char *key,
                                const char *def, size_t *len)
{
    int type = lua_getfield(L, t, key);

    if (type == LUA_TSTRING)
        return lua_tolstring(L, -1, len);
    if (type != LUA_TNIL)
        bind_raise(L, "field '%s' is a %s, not a string", key,
                   luaL_typename(L, -1));
    return def;
}

/* The same for what C takes as text. */
static const char *field_text(lua_State *L, int t, const char *key,
                              const char *def)
{
    size_t len = 0;
    const char *s = field_string(L, t, key, NULL, &len);

    if (s && strlen(s) != len)
        bind_raise(L, "field '%s' holds a NUL byte", key);
    return s ? s : def;
}

static long field_int(lua_State *L, int t, const char *key, long def, long min)
{
    int isnum = 1;
    lua_Integer n = def;

    if (lua_getfield(L, t, key) != LUA_TNIL)
        n = lua_tointegerx(L, -1, &isnum);
    lua_pop(L, 1);
    if (!isnum || n < min || n > 0x7fffffff)
        bind_raise(L, "field '%s' is no integer from %d on", key, (int)min);
    return (long)n;
}

static bool field_bool(lua_State *L, int t, const char *key, bool def)
{
    bool b = lua_getfield(L, t, key) == LUA_TNIL ? def : lua_toboolean(L, -1);

    lua_pop(L, 1);
    return b;
}

static void field_copy(lua_State *L, int t, const char *key, char *room,
                       size_t size)
{
    size_t len = 0;
    const char *s = field_string(L, t, key, NULL, &len);

    if (s && len >= size)
        bind_raise(L, "field '%s' is longer than %d bytes", key, (int)size - 1);
    if (s)
        memcpy(room, s, len + 1);
    lua_pop(L, 1);
}

void http_check_config(lua_State *L, int t, struct http_config *cfg)
{
    bind_checkkeys(L, t,
                   "timeout_ms connect_ms retries backoff_ms max_parallel "
                   "max_bytes user_agent ca_file");
    cfg->timeout_ms = field_int(L, t, "timeout_ms", cfg->timeout_ms, 1);
    cfg->connect_ms = field_int(L, t, "connect_ms", cfg->connect_ms, 1);
    cfg->retries = field_int(L, t, "retries", cfg->retries, 0);
    cfg->backoff_ms = field_int(L, t, "backoff_ms", cfg->backoff_ms, 0);
    cfg->max_parallel = field_int(L, t, "max_parallel", cfg->max_parallel, 1);
    cfg->max_bytes =
        (size_t)field_int(L, t, "max_bytes", (long)cfg->max_bytes, 1);
    if (cfg->max_bytes >= BUF_MAX)
        cfg->max_bytes = BUF_MAX - 1;
    field_copy(L, t, "user_agent", cfg->user_agent, sizeof(cfg->user_agent));
    field_copy(L, t, "ca_file", cfg->ca_file, sizeof(cfg->ca_file));
}

void http_check_request(lua_State *L, int t, struct http_request_options *r)
{
    bind_checkkeys(L, t,
                   "method url headers body timeout_ms idempotent retry_auth "
                   "follow");
    r->method = field_text(L, t, "method", "GET");
    r->url = field_text(L, t, "url", NULL);
    if (!r->url)
        bind_raise(L, "field 'url' is missing");
    r->body = field_string(L, t, "body", NULL, &r->len);
    r->timeout_ms = field_int(L, t, "timeout_ms", 0, 0);
    r->idempotent = field_bool(L, t, "idempotent",
                               strcmp(r->method, "GET") == 0 ||
                                   strcmp(r->method, "HEAD") == 0);
    r->retry_auth = field_bool(L, t, "retry_auth", false);
    r->follow = field_bool(L, t, "follow", false);
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
        bind_raise(L, "field 'headers' is no table");
    lua_pushnil(L);
    while (ok && lua_next(L, -2)) { /* headers name value */
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            bind_raise(L, "a header is no string");
        ok = strlen(lua_tostring(L, -1)) == lua_rawlen(L, -1)
                 ? http_request_header(req, lua_tostring(L, -2),
                                       lua_tostring(L, -1), e)
                 : err_set(e, ERR_ARG, "a NUL in a header");
        lua_pop(L, 1);
    }
    lua_pop(L, ok ? 1 : 2);
    return ok;
}
