/* sys.load_data: Lua files that are data, not trusted to end or to stay small.
 *
 * Such a file runs in a Lua state of its own without any library, not even the
 * methods of strings, with an allocator that has a cap and a hook that counts.
 * What it returns is copied over. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "bind/bind.h"
#include "os/file.h"

#define DATA_TYPE "engine.data"

#define MAX_FILE ((size_t)512 << 10)
#define MAX_MEMORY ((size_t)8 << 20)
#define MAX_INSTRUCTIONS 1000000
#define MAX_SECONDS 0.08
#define MAX_VALUES 100000
#define MAX_DEPTH 32

/* The largest piece of memory without text, while it runs.  Lua puts the keys
 * of a table that grows into a new piece in one step, in which nothing looks at
 * the clock, and keys that are chosen to collide make that step quadratic. */
#define MAX_PIECE ((size_t)512 << 10)

/* What is copied over may have so many bytes, counted like this. */
#define MAX_COPY ((size_t)6 << 20)
#define VALUE_SIZE 40
#define TABLE_SIZE 64

/* The clock is asked after so many instructions, and so many allocations. */
#define CLOCK_EVERY 20
#define LARGE 4096

/* Bytes that are compiled between two looks at the clock. */
#define PIECE 256

/* One run of a data file. */
struct data {
    lua_State *L;     /* the file's own state; NULL when there is none */
    const char *text; /* what is still to be compiled */
    size_t left;      /* its bytes */
    size_t used;      /* bytes of memory it has now */
    size_t asked;     /* allocations so far */
    int instructions; /* run so far, in steps of CLOCK_EVERY */
    int line;         /* the last one reached; 0 before the first */
    clock_t start;    /* processor time: a busy machine breaks no file */
    const char *over; /* the limit that was passed, or NULL */
    bool running;     /* it is compiled, and runs */
    bool starved;     /* the machine had no memory left */
    size_t values;    /* copied so far */
    size_t bytes;     /* that they have */
};

static bool too_long(struct data *d)
{
    if ((double)(clock() - d->start) / CLOCKS_PER_SEC <= MAX_SECONDS)
        return false;
    d->over = "80 ms";
    return true;
}

/* May the file have n bytes more?  A shrinking block is never refused. */
static bool may_grow(struct data *d, size_t n)
{
    if (n > MAX_MEMORY - d->used) {
        d->over = "8 MiB of memory";
        return false;
    }
    return (n < LARGE && d->asked++ % CLOCK_EVERY != 0) || !too_long(d);
}

static void *allocate(void *ud, void *block, size_t old, size_t n)
{
    struct data *d = ud;
    void *p;

    if (d->running && !block && old != LUA_TSTRING && n > MAX_PIECE) {
        d->over = "512 KiB of memory in one piece";
        return NULL;
    }
    if (!block)
        old = 0; /* then it is a kind of object */
    if (n == 0) {
        free(block);
        d->used -= old;
        return NULL;
    }
    if (n > old && !may_grow(d, n - old))
        return NULL;
    p = realloc(block, n);
    d->starved = !p;
    if (p)
        d->used += n - old;
    return p;
}

/* Ends the file; nothing in its state can catch this error. */
static void stop(lua_State *L)
{
    lua_pushnil(L);
    lua_error(L);
}

static void watch(lua_State *L, lua_Debug *ar)
{
    void *ud;
    struct data *d;

    lua_getallocf(L, &ud);
    d = ud;
    if (ar->event == LUA_HOOKLINE) {
        d->line = ar->currentline;
        return;
    }
    d->instructions += CLOCK_EVERY;
    if (d->instructions >= MAX_INSTRUCTIONS)
        d->over = "a million instructions";
    if (d->instructions >= MAX_INSTRUCTIONS || too_long(d))
        stop(L);
}

/* A lua_Reader of the text. */
static const char *feed(lua_State *L, void *ud, size_t *n)
{
    struct data *d = ud;
    const char *piece = d->text;

    if (too_long(d))
        stop(L);
    *n = d->left < PIECE ? d->left : PIECE;
    d->text += *n;
    d->left -= *n;
    return piece;
}

static int data_gc(lua_State *L)
{
    struct data *d = lua_touserdata(L, 1);

    if (d->L)
        lua_close(d->L);
    d->L = NULL;
    return 0;
}

/* Pushes nil and the error "PATH:LINE: text"; line 0 is none. */
static int refuse(lua_State *L, int line, const char *text)
{
    struct err e;
    const char *path = lua_tostring(L, 1);

    err_set(&e, ERR_ARG, "%s", "");
    bind_fail(L, &e);
    if (line > 0)
        lua_pushfstring(L, "%s:%d: %s", path, line, text);
    else
        lua_pushfstring(L, "%s%s%s", path, *text == ':' ? "" : ": ", text);
    lua_setfield(L, -2, "message");
    return 2;
}

/* What ended the file with this status; its chunk is called "", so that Lua's
 * own messages begin with ":LINE:". */
static int explain(lua_State *L, struct data *d, int status)
{
    const char *text;

    if (status == LUA_ERRMEM && d->starved)
        return luaL_error(L, "not enough memory");
    if (d->over && (status == LUA_ERRMEM || lua_isnil(d->L, -1))) {
        text = lua_pushfstring(L,
                               "stopped at %s, the most that a data file "
                               "may take",
                               d->over);
        return refuse(L, d->line, text);
    }
    text = lua_tostring(d->L, -1);
    return refuse(L, 0, text ? text : "it raised an error");
}

/* Pushes a copy of the value on top of the file's stack, which is kept there;
 * or returns why that cannot be. */
static const char *copy(lua_State *L, struct data *d, int depth);

static const char *copy_table(lua_State *L, struct data *d, int depth)
{
    const char *wrong = NULL;

    if (depth == MAX_DEPTH || !lua_checkstack(d->L, 3))
        return "it has tables nested too deep, or within themselves";
    d->bytes += TABLE_SIZE;
    luaL_checkstack(L, 4, NULL);
    lua_newtable(L);
    for (lua_pushnil(d->L); lua_next(d->L, -2); lua_pop(d->L, 1)) {
        lua_pushvalue(d->L, -2);
        wrong = copy(L, d, depth + 1);
        lua_pop(d->L, 1);
        if (!wrong)
            wrong = copy(L, d, depth + 1);
        if (wrong)
            return wrong;
        lua_rawset(L, -3);
    }
    return NULL;
}

static const char *copy(lua_State *L, struct data *d, int depth)
{
    const char *text;
    size_t n;

    if (++d->values > MAX_VALUES)
        return "it has more than 100000 values";
    d->bytes += VALUE_SIZE;
    if (lua_type(d->L, -1) == LUA_TSTRING)
        d->bytes += lua_rawlen(d->L, -1);
    if (d->bytes > MAX_COPY)
        return "it has more than 6 MiB of data";
    switch (lua_type(d->L, -1)) {
    case LUA_TNIL:
        lua_pushnil(L);
        return NULL;
    case LUA_TBOOLEAN:
        lua_pushboolean(L, lua_toboolean(d->L, -1));
        return NULL;
    case LUA_TNUMBER:
        if (lua_isinteger(d->L, -1))
            lua_pushinteger(L, lua_tointeger(d->L, -1));
        else
            lua_pushnumber(L, lua_tonumber(d->L, -1));
        return NULL;
    case LUA_TSTRING:
        text = lua_tolstring(d->L, -1, &n);
        lua_pushlstring(L, text, n);
        return NULL;
    case LUA_TTABLE:
        return copy_table(L, d, depth);
    default:
        return "it has a function in what it returns; data is text, numbers, "
               "booleans and tables of them";
    }
}

static int run(lua_State *L, struct data *d)
{
    const char *wrong;
    int status = lua_load(d->L, feed, d, "=", "t");

    if (status == LUA_OK) {
        d->running = true;
        lua_sethook(d->L, watch, LUA_MASKLINE | LUA_MASKCOUNT, CLOCK_EVERY);
        status = lua_pcall(d->L, 0, 1, 0);
    }
    if (status != LUA_OK)
        return explain(L, d, status);
    wrong = copy(L, d, 0);
    return wrong ? refuse(L, 0, wrong) : 1;
}

/* load_data(path) -> what the file returns, or nil and an error; a file that
 * is no regular one would let us wait. */
static int l_load_data(lua_State *L)
{
    const char *path = bind_checktext(L, 1);
    struct buf *text = bind_newbuf(L);
    struct data *d = lua_newuserdatauv(L, sizeof(*d), 0);
    struct stat st;
    struct err e;

    *d = (struct data){.start = clock()};
    bind_own(L, DATA_TYPE, data_gc);
    if (stat(path, &st) != 0) {
        os_fail(&e, "read", path);
        return bind_fail(L, &e);
    }
    if (!S_ISREG(st.st_mode))
        return refuse(L, 0, "it is not a file");
    if (!file_read(path, MAX_FILE + 1, true, text, &e))
        return bind_fail(L, &e);
    if (text->len > MAX_FILE)
        return refuse(L, 0, "it is larger than 512 KiB");
    d->L = lua_newstate(allocate, d);
    if (!d->L)
        return luaL_error(L, "not enough memory");
    d->text = text->data;
    d->left = text->len;
    if (d->left >= 3 && memcmp(d->text, "\xEF\xBB\xBF", 3) == 0) {
        d->text += 3; /* a mark of some editors, as luaL_loadfile has it */
        d->left -= 3;
    }
    return run(L, d);
}

const luaL_Reg sys_data_funcs[] = {{"load_data", l_load_data}, {NULL, NULL}};
