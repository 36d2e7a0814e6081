/* engine.wire: lines from stdin, lines to what was stdout.  See meta/wire.lua.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "bind/bind.h"
#include "core/lines.h"
#include "os/interrupt.h"

#define WIRE_TYPE "engine.wire"

/* A wait looks so often whether the parent is still there. */
#define LOOK_MS 1000

/* A pipe that is ready takes so much without a wait (PIPE_BUF). */
#define PIECE 4096

/* Made by open(), owned by Lua; out is -1 when it is closed. */
struct wire {
    struct lines lines;
    int out;      /* ours alone: what prints to fd 1 reaches stderr */
    pid_t parent; /* who started us */
    bool ended;   /* nothing more comes */
};

static int wire_gc(lua_State *L)
{
    struct wire *w = luaL_checkudata(L, 1, WIRE_TYPE);

    lines_free(&w->lines);
    if (w->out >= 0)
        close(w->out);
    w->out = -1;
    return 0;
}

static int l_open(lua_State *L)
{
    lua_Integer max = luaL_checkinteger(L, 1);
    struct wire *w;

    luaL_argcheck(L, max > 0 && max <= (lua_Integer)BUF_MAX / 2, 1,
                  "a line's length must be from 1 byte to 128 MiB");
    w = lua_newuserdatauv(L, sizeof(*w), 0);
    *w = (struct wire){.lines = {.max = (size_t)max}, .out = -1};
    luaL_setmetatable(L, WIRE_TYPE);
    w->parent = getppid();
    w->out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (w->out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return luaL_error(L, "stdout cannot be used: %s", strerror(errno));
    return 1;
}

/* Waits until fd is ready: 1; 0 when ms (-1: no end) have passed; -1 when
 * whoever is at the other end is gone, or Ctrl-C came. */
static int await(const struct wire *w, int fd, short events, int ms)
{
    struct pollfd p = {.fd = fd, .events = events};

    for (;;) {
        int step = ms < 0 || ms > LOOK_MS ? LOOK_MS : ms;
        int n = poll(&p, 1, step);

        if (n > 0)
            return events == POLLOUT && (p.revents & POLLERR) ? -1 : 1;
        if (n < 0 && errno != EINTR)
            return -1;
        if (interrupt_asked() || getppid() != w->parent)
            return -1;
        if (ms >= 0 && (ms -= step) <= 0)
            return 0;
    }
}

static struct wire *check_open(lua_State *L)
{
    struct wire *w = luaL_checkudata(L, 1, WIRE_TYPE);

    luaL_argcheck(L, w->out >= 0, 1, "the wire is closed");
    return w;
}

/* Pushes what was got; 0 when that is no line. */
static int push_got(lua_State *L, struct wire *w,
                    enum lines_got (*take)(struct lines *, const char **,
                                           size_t *))
{
    const char *line;
    size_t len;
    enum lines_got got = take(&w->lines, &line, &len);

    if (got == LINES_MORE)
        return 0;
    if (got == LINES_ONE) {
        lua_pushlstring(L, line, len);
        return 1;
    }
    lua_pushnil(L);
    lua_pushliteral(L, "long");
    return 2;
}

static int push_nothing(lua_State *L, const char *why)
{
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

/* Reads once; false when nothing more will come. */
static bool read_more(lua_State *L, struct wire *w)
{
    char piece[64 << 10];
    ssize_t n = read(STDIN_FILENO, piece, sizeof(piece));
    struct err e;

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n > 0 && !lines_add(&w->lines, piece, (size_t)n, &e))
        luaL_error(L, "%s", e.message);
    return n > 0;
}

static int l_next(lua_State *L)
{
    struct wire *w = check_open(L);
    int ms = (int)luaL_optinteger(L, 2, -1);
    int n;

    for (;;) {
        n = push_got(L, w, lines_next);
        if (n > 0)
            return n;
        if (w->ended)
            return push_nothing(L, "end");
        n = await(w, STDIN_FILENO, POLLIN, ms);
        if (n == 0)
            return push_nothing(L, "none");
        if (n > 0 && read_more(L, w))
            continue;
        w->ended = true;
        n = push_got(L, w, lines_rest);
        if (n > 0)
            return n;
    }
}

static int l_send(lua_State *L)
{
    struct wire *w = check_open(L);
    size_t left;
    const char *at;

    luaL_checkstring(L, 2);
    lua_settop(L, 2);
    lua_pushliteral(L, "\n");
    lua_concat(L, 2);
    at = lua_tolstring(L, -1, &left);
    while (left > 0) {
        ssize_t n;

        if (await(w, w->out, POLLOUT, -1) < 0)
            return push_nothing(L, "the client is gone");
        n = write(w->out, at, left < PIECE ? left : PIECE);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return push_nothing(L, strerror(errno));
        at += n > 0 ? n : 0;
        left -= n > 0 ? (size_t)n : 0;
    }
    lua_pushboolean(L, true);
    return 1;
}

int luaopen_engine_wire(lua_State *L)
{
    static const luaL_Reg funcs[] = {{"open", l_open}, {NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"next", l_next}, {"send", l_send}, {"close", wire_gc}, {NULL, NULL}};
    static const luaL_Reg meta[] = {
        {"__gc", wire_gc}, {"__close", wire_gc}, {NULL, NULL}};

    luaL_newmetatable(L, WIRE_TYPE);
    luaL_setfuncs(L, meta, 0);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    luaL_newlib(L, funcs);
    return 1;
}
