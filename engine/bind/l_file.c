/* engine.sys: files and folders.  See meta/sys.lua. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bind/bind.h"
#include "os/file.h"

#define LOCK_TYPE "engine.lock"

/* A lock that Lua owns; fd is -1 when it holds nothing. */
struct lock {
    int fd;
};

static unsigned check_mode(lua_State *L, int idx, lua_Integer def)
{
    lua_Integer mode = luaL_optinteger(L, idx, def);

    luaL_argcheck(L, mode >= 0 && mode <= 07777, idx, "no file mode");
    return (unsigned)mode;
}

/* What a system call with one or two paths returned. */
static int syscall_result(lua_State *L, int rc, const char *what,
                          const char *path)
{
    struct err e;

    if (rc != 0)
        os_fail(&e, what, path);
    return bind_result(L, rc == 0, &e);
}

static int l_mkdir(lua_State *L)
{
    const char *path = bind_checktext(L, 1);
    unsigned mode = check_mode(L, 2, 0700);
    struct err e;

    return bind_result(L, file_mkdirs(path, mode, &e), &e);
}

static const char *kind_of(mode_t mode)
{
    if (S_ISREG(mode))
        return "file";
    if (S_ISDIR(mode))
        return "dir";
    return S_ISLNK(mode) ? "link" : "other";
}

static int l_stat(lua_State *L)
{
    const char *path = bind_checktext(L, 1);
    int flag = lua_toboolean(L, 2) ? AT_SYMLINK_NOFOLLOW : 0;
    struct stat st;

    if (fstatat(AT_FDCWD, path, &st, flag) != 0)
        return syscall_result(L, -1, "look at", path);
    lua_createtable(L, 0, 7);
    bind_settext(L, "type", kind_of(st.st_mode));
    bind_setinteger(L, "size", (lua_Integer)st.st_size);
    bind_setinteger(L, "mode", (lua_Integer)(st.st_mode & 07777));
    bind_setinteger(L, "uid", (lua_Integer)st.st_uid);
    bind_setinteger(L, "ino", (lua_Integer)st.st_ino);
    bind_setinteger(L, "dev", (lua_Integer)st.st_dev);
    lua_pushnumber(L, (lua_Number)st.st_mtim.tv_sec +
                          (lua_Number)st.st_mtim.tv_nsec / 1e9);
    lua_setfield(L, -2, "mtime");
    return 1;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int l_list(lua_State *L)
{
    const char *path = bind_checktext(L, 1);
    struct buf *names = bind_newbuf(L);
    const char **sorted;
    const char *p;
    struct err e;
    size_t n;

    if (!file_list(path, names, &n, &e))
        return bind_fail(L, &e);
    sorted = bind_newscratch(L, n * sizeof(*sorted));
    p = names->data;
    for (size_t i = 0; i < n; i++) {
        sorted[i] = p;
        p += strlen(p) + 1;
    }
    qsort(sorted, n, sizeof(*sorted), by_name);
    lua_createtable(L, n < INT_MAX ? (int)n : 0, 0);
    for (size_t i = 0; i < n; i++) {
        lua_pushstring(L, sorted[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int l_readlink(lua_State *L)
{
    const char *path = bind_checktext(L, 1);
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof(target));

    if (n < 0)
        return syscall_result(L, -1, "read the link", path);
    lua_pushlstring(L, target, (size_t)n);
    return 1;
}

static int l_realpath(lua_State *L)
{
    const char *path = bind_checktext(L, 1);
    char real[PATH_MAX];

    if (!realpath(path, real))
        return syscall_result(L, -1, "find", path);
    lua_pushstring(L, real);
    return 1;
}

static int l_symlink(lua_State *L)
{
    const char *target = bind_checktext(L, 1);
    const char *path = bind_checktext(L, 2);

    return syscall_result(L, symlink(target, path), "link", path);
}

static int l_chmod(lua_State *L)
{
    const char *path = bind_checktext(L, 1);

    luaL_checkinteger(L, 2);
    return syscall_result(L, chmod(path, check_mode(L, 2, 0)),
                          "change the mode of", path);
}

static int l_rename(lua_State *L)
{
    const char *from = bind_checktext(L, 1);
    const char *to = bind_checktext(L, 2);

    return syscall_result(L, rename(from, to), "rename", from);
}

static int l_remove(lua_State *L)
{
    const char *path = bind_checktext(L, 1);

    return syscall_result(L, unlink(path), "remove", path);
}

static int l_rmdir(lua_State *L)
{
    const char *path = bind_checktext(L, 1);

    return syscall_result(L, rmdir(path), "remove", path);
}

static int l_read(lua_State *L)
{
    const char *path = bind_checktext(L, 1);
    lua_Integer max = luaL_optinteger(L, 2, BUF_MAX);
    struct buf *b = bind_newbuf(L);
    struct err e;

    luaL_argcheck(L, max >= 0, 2, "a number of bytes");
    if (!file_read(path, (size_t)max, lua_toboolean(L, 3), b, &e))
        return bind_fail(L, &e);
    lua_pushlstring(L, b->data ? b->data : "", b->len);
    return 1;
}

static int l_replace(lua_State *L)
{
    size_t n;
    const char *path = bind_checktext(L, 1);
    const char *bytes = luaL_checklstring(L, 2, &n);
    int mode = lua_isnoneornil(L, 3) ? -1 : (int)check_mode(L, 3, 0);
    struct err e;

    return bind_result(L, file_replace(path, bytes, n, mode, &e), &e);
}

static int l_append(lua_State *L)
{
    size_t n;
    const char *path = bind_checktext(L, 1);
    const char *bytes = luaL_checklstring(L, 2, &n);
    unsigned mode = check_mode(L, 3, 0600);
    struct err e;
    int64_t end = file_append(path, bytes, n, mode, lua_toboolean(L, 4), &e);

    if (end < 0)
        return bind_fail(L, &e);
    lua_pushinteger(L, (lua_Integer)end);
    return 1;
}

static int l_create(lua_State *L)
{
    size_t n;
    const char *path = bind_checktext(L, 1);
    const char *bytes = luaL_checklstring(L, 2, &n);
    unsigned mode = check_mode(L, 3, 0600);
    struct err e;

    return bind_result(L, file_create(path, bytes, n, mode, &e), &e);
}

static int lock_release(lua_State *L)
{
    struct lock *l = luaL_checkudata(L, 1, LOCK_TYPE);

    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    return 0;
}

static int l_lock(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"release", lock_release},
        {"__close", lock_release},
        {"__gc", lock_release},
        {NULL, NULL},
    };
    const char *path = bind_checktext(L, 1);
    lua_Integer wait_ms = luaL_optinteger(L, 2, 0);
    struct lock *l = lua_newuserdatauv(L, sizeof(*l), 0);
    struct err e;

    l->fd = -1;
    bind_pushmeta(L, LOCK_TYPE, methods);
    lua_setmetatable(L, -2);
    luaL_argcheck(L, wait_ms >= 0 && wait_ms < LONG_MAX, 2, "milliseconds");
    return file_lock(path, (long)wait_ms, &l->fd, &e) ? 1 : bind_fail(L, &e);
}

const luaL_Reg sys_file_funcs[] = {
    {"mkdir", l_mkdir},       {"stat", l_stat},
    {"list", l_list},         {"readlink", l_readlink},
    {"realpath", l_realpath}, {"symlink", l_symlink},
    {"chmod", l_chmod},       {"rename", l_rename},
    {"remove", l_remove},     {"rmdir", l_rmdir},
    {"read", l_read},         {"replace", l_replace},
    {"append", l_append},     {"create", l_create},
    {"lock", l_lock},         {NULL, NULL},
};
