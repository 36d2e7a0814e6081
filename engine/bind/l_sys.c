/* engine.sys: ids, clocks, who and where we are.  See meta/sys.lua. */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "bind/bind.h"
#include "core/build_info.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/sha256.h"

extern char **environ;

/* 16 random bytes; no program goes on without them. */
static void random_bytes(lua_State *L, unsigned char b[16])
{
    ssize_t n;

    do
        n = getrandom(b, 16, 0);
    while (n < 0 && errno == EINTR);
    if (n != 16)
        luaL_error(L, "no random bytes: %s", strerror(errno));
}

static int l_uuid(lua_State *L)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char b[16];
    char text[36];
    size_t at = 0;

    random_bytes(L, b);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[at++] = '-';
        text[at++] = digits[b[i] >> 4];
        text[at++] = digits[b[i] & 15];
    }
    lua_pushlstring(L, text, sizeof(text));
    return 1;
}

/* The date of a day since 1970-01-01; gmtime() reads the time zone first. */
static void civil_date(long long days, int date[3])
{
    long long z = days + 719468; /* days since 0000-03-01 */
    long long era = z / 146097;
    long long doe = z - era * 146097; /* of the era of 400 years */
    long long yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    long long doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    long long mp = (5 * doy + 2) / 153; /* month, 0 is March */

    date[0] = (int)(yoe + era * 400 + (mp >= 10));
    date[1] = (int)(mp < 10 ? mp + 3 : mp - 9);
    date[2] = (int)(doy - (153 * mp + 2) / 5 + 1);
}

static int l_now(lua_State *L)
{
    struct timespec t;
    char text[64];
    int date[3];
    int s;

    clock_gettime(CLOCK_REALTIME, &t);
    if (t.tv_sec < 0)
        return luaL_error(L, "the clock shows a time before 1970");
    civil_date(t.tv_sec / 86400, date);
    s = (int)(t.tv_sec % 86400);
    snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", date[0],
             date[1], date[2], s / 3600, s / 60 % 60, s % 60,
             (int)(t.tv_nsec / 1000000));
    lua_pushstring(L, text);
    return 1;
}

static int l_time(lua_State *L)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    lua_pushnumber(L, (lua_Number)t.tv_sec + (lua_Number)t.tv_nsec / 1e9);
    return 1;
}

static int l_monotonic(lua_State *L)
{
    lua_pushnumber(L, clock_s());
    return 1;
}

/* Ends early when a signal was handled, so that Ctrl-C is heard. */
static int l_sleep(lua_State *L)
{
    lua_Number s = luaL_checknumber(L, 1);
    struct timespec t;

    luaL_argcheck(L, s >= 0 && s <= 1e9, 1, "0 to 1e9 seconds");
    t.tv_sec = (time_t)s;
    t.tv_nsec = (long)((s - (lua_Number)t.tv_sec) * 1e9);
    nanosleep(&t, NULL);
    return 0;
}

/* A closed pipe becomes an error of the write, no longer the end of us; what
 * we start does not inherit that. */
static int l_survive_pipe(lua_State *L)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)L;
    sigaction(SIGPIPE, &ignore, NULL);
    return 0;
}

/* A time limit for this whole process, however it is stuck; see the man page
 * of alarm(2): nothing of ours handles the signal. */
static int l_alarm(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 1);

    luaL_argcheck(L, n >= 0 && n <= 1000000, 1, "0 to 1e6 seconds");
    lua_pushinteger(L, (lua_Integer)alarm((unsigned)n));
    return 1;
}

static int l_pid(lua_State *L)
{
    lua_pushinteger(L, getpid());
    return 1;
}

static int l_hostname(lua_State *L)
{
    char name[256] = "";

    gethostname(name, sizeof(name) - 1);
    lua_pushstring(L, name);
    return 1;
}

static int l_user(lua_State *L)
{
    const struct passwd *p = getpwuid(geteuid());

    lua_pushstring(L, p ? p->pw_name : NULL);
    return 1;
}

static int l_getcwd(lua_State *L)
{
    char path[4096];
    struct err e;

    if (!getcwd(path, sizeof(path))) {
        os_fail(&e, "read", "the current folder");
        return bind_fail(L, &e);
    }
    lua_pushstring(L, path);
    return 1;
}

static int l_environ(lua_State *L)
{
    lua_newtable(L);
    for (char **v = environ; v && *v; v++) {
        const char *eq = strchr(*v, '=');

        if (!eq)
            continue;
        lua_pushlstring(L, *v, (size_t)(eq - *v));
        lua_pushstring(L, eq + 1);
        lua_rawset(L, -3);
    }
    return 1;
}

static int l_isatty(lua_State *L)
{
    lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
    return 1;
}

static int l_columns(lua_State *L)
{
    const char *said = getenv("COLUMNS");
    struct winsize w = {0};
    long n = 0;

    for (int fd = STDOUT_FILENO; n == 0 && fd <= STDERR_FILENO; fd++)
        if (ioctl(fd, TIOCGWINSZ, &w) == 0)
            n = w.ws_col;
    if (n == 0 && said)
        n = strtol(said, NULL, 10);
    if (n > 0 && n < 100000)
        lua_pushinteger(L, n);
    else
        lua_pushnil(L);
    return 1;
}

/* pcall(fn, ...) as Lua's, but Ctrl-C is raised again; fn must not yield */
static int l_pcall(lua_State *L)
{
    luaL_checkany(L, 1);
    if (lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0) != LUA_OK) {
        if (bind_isinterrupt(L, -1))
            return lua_error(L);
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        return 2;
    }
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    return lua_gettop(L);
}

/* is_interrupt(error) -> whether Ctrl-C raised it */
static int l_is_interrupt(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, bind_isinterrupt(L, 1));
    return 1;
}

static int l_sha256(lua_State *L)
{
    char hex[SHA256_HEX + 1];
    size_t n;
    const char *text = luaL_checklstring(L, 1, &n);

    sha256_hex(text, n, hex);
    lua_pushlstring(L, hex, SHA256_HEX);
    return 1;
}

int luaopen_engine_sys(lua_State *L)
{
    static const luaL_Reg funcs[] = {
        {"uuid", l_uuid},         {"now", l_now},
        {"time", l_time},         {"monotonic", l_monotonic},
        {"sleep", l_sleep},       {"pid", l_pid},
        {"alarm", l_alarm},       {"survive_pipe", l_survive_pipe},
        {"hostname", l_hostname}, {"user", l_user},
        {"getcwd", l_getcwd},     {"environ", l_environ},
        {"isatty", l_isatty},     {"columns", l_columns},
        {"sha256", l_sha256},     {"is_interrupt", l_is_interrupt},
        {"pcall", l_pcall},       {NULL, NULL},
    };

    luaL_newlib(L, funcs);
    luaL_setfuncs(L, sys_file_funcs, 0);
    luaL_setfuncs(L, sys_proc_funcs, 0);
    luaL_setfuncs(L, sys_data_funcs, 0);
    bind_settext(L, "version", build_version);
    bind_settext(L, "root", build_root); /* where lua/ and schemas/ are */
    bind_settext(L, "lib", build_lib);   /* what make made of them */
    return 1;
}
