#include "bind/bind.h"
#include "rows/inert.h"
#include "rows/row_writer.h"
#include "rows/text.h"

/* width(text) -> how many columns of a terminal it takes; where a byte is no
 * UTF-8, each byte takes one */
static int l_width(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);

    lua_pushinteger(L, (lua_Integer)text_width(text, len));
    return 1;
}

/* cut(text, width) -> the text, or its start with "…" where it takes more
 * columns than width */
static int l_cut(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    lua_Integer n = luaL_checkinteger(L, 2);
    size_t width = n < 0 ? 0 : (size_t)n;

    if (text_fit(text, len, width) < len) {
        lua_pushlstring(L, text, text_fit(text, len, width - (width > 0)));
        lua_pushliteral(L, "\xE2\x80\xA6");
        lua_concat(L, 2);
    } else {
        lua_settop(L, 1);
    }
    return 1;
}

static int changed(lua_State *L, bool (*add)(struct buf *, const char *, size_t,
                                             struct err *))
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct buf *out = bind_newbuf(L);
    struct err e;

    if (!add(out, text, len, &e))
        return luaL_error(L, "%s", e.message);
    lua_pushlstring(L, out->data, out->len);
    return 1;
}

/* printable(text) -> one line that cannot steer a terminal: control characters
 * and bytes that are no UTF-8 stand as \n, \t, \x1b */
static int l_printable(lua_State *L)
{
    return changed(L, text_printable);
}

/* utf8(text) -> the text with U+FFFD for each byte that is no UTF-8 */
static int l_utf8(lua_State *L)
{
    return changed(L, text_utf8);
}

/* inert(text, max) -> one line of at most max bytes that cannot leave the
 * quotes and the frame around it; see rows/inert.h */
static int l_inert(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    lua_Integer max = luaL_checkinteger(L, 2);
    struct buf *out = bind_newbuf(L);
    struct err e;

    luaL_argcheck(L, max >= 16 && max <= 1 << 24, 2, "must be 16 or more");
    if (!text_inert(out, text, len, (size_t)max, &e))
        return luaL_error(L, "%s", e.message);
    lua_pushlstring(L, out->data, out->len);
    return 1;
}

/* quoted(text) -> the text as a JSON string, byte for byte where it is no
 * UTF-8 */
static int l_quoted(lua_State *L)
{
    return changed(L, text_quoted);
}

static int writer_gc(lua_State *L)
{
    row_writer_free(lua_touserdata(L, 1));
    return 0;
}

struct row_writer *bind_newwriter(lua_State *L, int idx)
{
    int format = luaL_checkoption(L, idx, NULL, row_formats);
    lua_Integer room = luaL_optinteger(L, idx + 1, 0);
    bool bold = lua_toboolean(L, idx + 2);
    struct row_writer *w = lua_newuserdatauv(L, sizeof(*w), 0);

    *w = (struct row_writer){.format = (enum row_format)format};
    w->table.room = room > 0 ? (size_t)room : 0;
    w->table.bold = bold;
    bind_own(L, "engine.row_writer", writer_gc);
    return w;
}

const char **bind_newnames(lua_State *L, int idx, size_t *n)
{
    const char **names;

    luaL_checktype(L, idx, LUA_TTABLE);
    idx = lua_absindex(L, idx);
    *n = lua_rawlen(L, idx);
    names = bind_newscratch(L, *n * sizeof(*names));
    for (size_t i = 0; i < *n; i++) {
        if (lua_rawgeti(L, idx, (lua_Integer)i + 1) != LUA_TSTRING)
            luaL_error(L, "the name of a column must be a string");
        names[i] = lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    return names;
}

/* The value on top of the stack, from which v borrows; what has no text of its
 * own is replaced by what encode, at the index, says. */
static void read_value(lua_State *L, int encode, struct value *v)
{
    int type = lua_type(L, -1);

    *v = (struct value){.kind = VALUE_NULL};
    if (type == LUA_TNIL || type == LUA_TLIGHTUSERDATA)
        return;
    if (type == LUA_TNUMBER) {
        v->kind = lua_isinteger(L, -1) ? VALUE_INT : VALUE_REAL;
        v->integer = lua_tointeger(L, -1);
        v->real = lua_tonumber(L, -1);
    } else if (type == LUA_TBOOLEAN) {
        v->kind = VALUE_BOOL;
        v->integer = lua_toboolean(L, -1);
    } else {
        v->kind = type == LUA_TSTRING ? VALUE_TEXT : VALUE_JSON;
        if (type != LUA_TSTRING) {
            lua_pushvalue(L, encode);
            lua_insert(L, -2);
            lua_call(L, 1, 1);
        }
        v->text = luaL_checklstring(L, -1, &v->len);
    }
}

static void add_rows(lua_State *L, struct row_writer *w)
{
    size_t n = lua_rawlen(L, 2);
    struct value *row = bind_newscratch(L, w->table.ncols * sizeof(*row));
    struct err e;

    luaL_checkstack(L, (int)w->table.ncols + 8, "too many columns");
    for (size_t r = 0; r < n; r++) {
        int top = lua_gettop(L);

        lua_rawgeti(L, 2, (lua_Integer)r + 1);
        for (size_t i = 0; i < w->table.ncols; i++) {
            lua_getfield(L, top + 1, w->table.names[i]);
            read_value(L, 4, &row[i]);
        }
        if (!row_writer_add(w, row, &e))
            luaL_error(L, "%s", e.message);
        lua_settop(L, top);
    }
}

/* rows(format, list of rows by column name, list of names, encode [, room
 * [, bold]]) -> their text.  encode(value) is the JSON of a table. */
static int l_rows(lua_State *L)
{
    struct row_writer *w;
    struct err e;

    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_checktype(L, 4, LUA_TFUNCTION);
    lua_settop(L, 6);
    lua_pushvalue(L, 1);
    lua_rotate(L, 5, 1); /* format rows names encode format room bold */
    w = bind_newwriter(L, 5);
    w->table.names = bind_newnames(L, 3, &w->table.ncols);
    add_rows(L, w);
    if (!row_writer_end(w, &e))
        return luaL_error(L, "%s", e.message);
    lua_pushlstring(L, w->out.ready.data, w->out.ready.len);
    return 1;
}

int luaopen_engine_text(lua_State *L)
{
    static const luaL_Reg funcs[] = {
        {"width", l_width}, {"cut", l_cut},     {"printable", l_printable},
        {"utf8", l_utf8},   {"inert", l_inert}, {"quoted", l_quoted},
        {"rows", l_rows},   {NULL, NULL},
    };

    luaL_newlib(L, funcs);
    return 1;
}
