/*
 * netdouble - what the HTTP double needs below Lua: sockets that never block
 * the loop, a real SQLite file, a gzip bomb.  For tests only.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <sqlite3.h>
#include <zlib.h>

#define DB_TYPE "netdouble.db"

struct database {
    sqlite3 *db;
};

int luaopen_netdouble(lua_State *L);

static struct sockaddr_in address(lua_State *L)
{
    struct sockaddr_in a = {.sin_family = AF_INET};

    a.sin_port = htons((uint16_t)luaL_checkinteger(L, 2));
    luaL_argcheck(L, inet_pton(AF_INET, luaL_checkstring(L, 1), &a.sin_addr), 1,
                  "no IPv4 address");
    return a;
}

static int fail(lua_State *L)
{
    luaL_pushfail(L);
    lua_pushstring(L, strerror(errno));
    return 2;
}

/* listen(host, port) -> fd, port; 0 lets the kernel choose */
static int l_listen(lua_State *L)
{
    struct sockaddr_in a = address(L);
    socklen_t len = sizeof(a);
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
        listen(fd, 512) != 0 || getsockname(fd, (struct sockaddr *)&a, &len)) {
        close(fd);
        return fail(L);
    }
    lua_pushinteger(L, fd);
    lua_pushinteger(L, ntohs(a.sin_port));
    return 2;
}

/* connect(host, port) -> fd; blocks, for the test's side */
static int l_connect(lua_State *L)
{
    struct sockaddr_in a = address(L);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
        close(fd);
        return fail(L);
    }
    lua_pushinteger(L, fd);
    return 1;
}

/* accept(fd) -> fd, or nil when none waits */
static int l_accept(lua_State *L)
{
    int one = 1;
    int fd = accept((int)luaL_checkinteger(L, 1), NULL, NULL);

    if (fd < 0)
        return fail(L);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    lua_pushinteger(L, fd);
    return 1;
}

/* unblock(fd): for the loop's side of what connect() gave */
static int l_unblock(lua_State *L)
{
    int one = 1;
    int fd = (int)luaL_checkinteger(L, 1);

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return 0;
}

/* recv(fd) -> bytes, "" at the end, nil when it would block, false on error */
static int l_recv(lua_State *L)
{
    char room[65536];
    ssize_t n = recv((int)luaL_checkinteger(L, 1), room, sizeof(room), 0);

    if (n >= 0)
        lua_pushlstring(L, room, (size_t)n);
    else if (errno == EAGAIN || errno == EINTR)
        lua_pushnil(L);
    else
        lua_pushboolean(L, 0);
    return 1;
}

/* send(fd, bytes, from) -> how many, nil when it would block, false on error */
static int l_send(lua_State *L)
{
    size_t len;
    int fd = (int)luaL_checkinteger(L, 1);
    const char *s = luaL_checklstring(L, 2, &len);
    size_t from = (size_t)luaL_optinteger(L, 3, 1) - 1;
    ssize_t n = send(fd, s + from, len - from, MSG_NOSIGNAL);

    if (n >= 0)
        lua_pushinteger(L, n);
    else if (errno == EAGAIN || errno == EINTR)
        lua_pushnil(L);
    else
        lua_pushboolean(L, 0);
    return 1;
}

/* close(fd [, reset]): reset sends RST instead of FIN */
static int l_close(lua_State *L)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    int fd = (int)luaL_checkinteger(L, 1);

    if (lua_toboolean(L, 2))
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(fd);
    return 0;
}

/* poll(readers, writers, ms) -> { [fd] = true } */
static int l_poll(lua_State *L)
{
    size_t r = lua_rawlen(L, 1);
    size_t n = r + lua_rawlen(L, 2);
    struct pollfd *p = lua_newuserdatauv(L, (n + 1) * sizeof(*p), 0);

    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, i < r ? 1 : 2, (lua_Integer)(i < r ? i : i - r) + 1);
        p[i].fd = (int)lua_tointeger(L, -1);
        p[i].events = i < r ? POLLIN : POLLOUT;
        p[i].revents = 0;
        lua_pop(L, 1);
    }
    poll(p, n, (int)luaL_checkinteger(L, 3));
    lua_newtable(L);
    for (size_t i = 0; i < n; i++) {
        if (!p[i].revents)
            continue;
        lua_pushboolean(L, 1);
        lua_rawseti(L, -2, p[i].fd);
    }
    return 1;
}

/* now() -> seconds that only grow */
static int l_now(lua_State *L)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    lua_pushnumber(L, (lua_Number)t.tv_sec + (lua_Number)t.tv_nsec / 1e9);
    return 1;
}

/* follow(pid): die with the parent, also when it is gone already */
static int l_follow(lua_State *L)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != (pid_t)luaL_checkinteger(L, 1))
        _exit(1);
    return 0;
}

/* pid() -> this process, its parent */
static int l_pid(lua_State *L)
{
    lua_pushinteger(L, getpid());
    lua_pushinteger(L, getppid());
    return 2;
}

/* bomb(n) -> a few bytes of gzip that stand for n bytes of 'a' */
static int l_bomb(lua_State *L)
{
    char in[65536];
    size_t left = (size_t)luaL_checkinteger(L, 1);
    z_stream z = {0};
    luaL_Buffer b;
    int rc;

    memset(in, 'a', sizeof(in));
    luaL_buffinit(L, &b);
    deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
    do {
        char out[65536];
        size_t take = left < sizeof(in) ? left : sizeof(in);

        z.next_in = (Bytef *)in;
        z.avail_in = (uInt)take;
        left -= take;
        do {
            z.next_out = (Bytef *)out;
            z.avail_out = sizeof(out);
            rc = deflate(&z, left ? Z_NO_FLUSH : Z_FINISH);
            luaL_addlstring(&b, out, sizeof(out) - z.avail_out);
        } while (z.avail_out == 0 || (left == 0 && rc != Z_STREAM_END));
    } while (left);
    deflateEnd(&z);
    luaL_pushresult(&b);
    return 1;
}

static int db_gc(lua_State *L)
{
    struct database *d = luaL_checkudata(L, 1, DB_TYPE);

    sqlite3_close_v2(d->db);
    d->db = NULL;
    return 0;
}

/* PostgreSQL's hashtextextended(text, seed), as far as sums of it differ. */
static void sql_hash(sqlite3_context *c, int n, sqlite3_value **v)
{
    const unsigned char *text = sqlite3_value_text(v[0]);
    sqlite3_int64 hash = 17;

    (void)n;
    if (!text)
        return;
    while (*text)
        hash = (hash * 31 + *text++) % 2147483647;
    sqlite3_result_int64(c, hash);
}

/* database(path) -> db */
static int l_database(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct database *d = lua_newuserdatauv(L, sizeof(*d), 0);

    d->db = NULL;
    luaL_setmetatable(L, DB_TYPE);
    if (sqlite3_open(path, &d->db) != SQLITE_OK)
        return luaL_error(L, "%s", sqlite3_errmsg(d->db));
    sqlite3_busy_timeout(d->db, 10000);
    /* "x" is a name and never text, as it is in PostgreSQL. */
    sqlite3_db_config(d->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_create_function(d->db, "hashtextextended", 2, SQLITE_UTF8, NULL,
                            sql_hash, NULL, NULL);
    return 1;
}

static void push_cell(lua_State *L, sqlite3_stmt *st, int i)
{
    switch (sqlite3_column_type(st, i)) {
    case SQLITE_INTEGER:
        lua_pushinteger(L, sqlite3_column_int64(st, i));
        break;
    case SQLITE_FLOAT:
        lua_pushnumber(L, sqlite3_column_double(st, i));
        break;
    case SQLITE_NULL:
        lua_pushvalue(L, 3);
        break;
    default:
        lua_pushlstring(L, (const char *)sqlite3_column_blob(st, i),
                        (size_t)sqlite3_column_bytes(st, i));
    }
}

/* db:run(sql, null) -> names, rows | nil, message */
static int db_run(lua_State *L)
{
    struct database *d = luaL_checkudata(L, 1, DB_TYPE);
    sqlite3_stmt *st = NULL;
    int rc;
    int ncols;

    lua_settop(L, 3);
    rc = sqlite3_prepare_v2(d->db, luaL_checkstring(L, 2), -1, &st, NULL);
    ncols = sqlite3_column_count(st);
    lua_newtable(L);
    for (int i = 0; rc == SQLITE_OK && i < ncols; i++) {
        lua_pushstring(L, sqlite3_column_name(st, i));
        lua_rawseti(L, 4, i + 1);
    }
    lua_newtable(L);
    for (lua_Integer r = 1; st && (rc = sqlite3_step(st)) == SQLITE_ROW; r++) {
        lua_createtable(L, ncols, 0);
        for (int i = 0; i < ncols; i++) {
            push_cell(L, st, i);
            lua_rawseti(L, -2, i + 1);
        }
        lua_rawseti(L, 5, r);
    }
    if (rc == SQLITE_OK || rc == SQLITE_DONE) {
        sqlite3_finalize(st);
        return 2;
    }
    luaL_pushfail(L);
    lua_pushstring(L, sqlite3_errmsg(d->db));
    sqlite3_finalize(st);
    return 2;
}

int luaopen_netdouble(lua_State *L)
{
    static const luaL_Reg funcs[] = {
        {"listen", l_listen},     {"connect", l_connect},
        {"accept", l_accept},     {"recv", l_recv},
        {"unblock", l_unblock},   {"send", l_send},
        {"close", l_close},       {"poll", l_poll},
        {"now", l_now},           {"follow", l_follow},
        {"database", l_database}, {"bomb", l_bomb},
        {"pid", l_pid},           {NULL, NULL}};

    luaL_newmetatable(L, DB_TYPE);
    lua_pushcfunction(L, db_gc);
    lua_setfield(L, -2, "__gc");
    lua_newtable(L);
    lua_pushcfunction(L, db_run);
    lua_setfield(L, -2, "run");
    lua_setfield(L, -2, "__index");
    luaL_newlib(L, funcs);
    return 1;
}
