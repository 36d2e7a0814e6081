#include <limits.h>

#include "bind/bind.h"

/* A list of numbers becomes scratch floats, kept alive by the anchor table. */
static void floats(lua_State *L, int idx, int anchor, struct value *v,
                   const char *what)
{
    size_t n = lua_rawlen(L, idx);
    double *f;

    bind_checklist(L, idx, what);
    f = bind_newscratch(L, n * sizeof(*f));
    lua_rawseti(L, anchor, (lua_Integer)lua_rawlen(L, anchor) + 1);
    for (size_t i = 0; i < n; i++) {
        int isnum;

        lua_rawgeti(L, idx, (lua_Integer)i + 1);
        f[i] = lua_tonumberx(L, -1, &isnum);
        lua_pop(L, 1);
        if (!isnum)
            bind_raise(L, "%s: element %d is no number", what, (int)i + 1);
    }
    v->kind = VALUE_FLOATS;
    v->floats = f;
    v->len = n;
}

/* Whole floats count as integers: JSON tells no difference. */
static void number(lua_State *L, int idx, struct value *v)
{
    int whole;

    v->integer = lua_tointegerx(L, idx, &whole);
    v->real = lua_tonumber(L, idx);
    v->kind = whole ? VALUE_INT : VALUE_REAL;
}

void bind_tovalue(lua_State *L, int idx, int anchor, struct value *v,
                  const char *what)
{
    int type = lua_type(L, idx);

    switch (type) {
    case LUA_TSTRING:
        v->kind = VALUE_TEXT;
        v->text = lua_tolstring(L, idx, &v->len);
        break;
    case LUA_TNUMBER:
        number(L, idx, v);
        break;
    case LUA_TBOOLEAN:
        v->kind = VALUE_BOOL;
        v->integer = lua_toboolean(L, idx);
        break;
    case LUA_TTABLE:
        floats(L, lua_absindex(L, idx), anchor, v, what);
        break;
    case LUA_TNIL:
    case LUA_TLIGHTUSERDATA: /* JSON's null */
        v->kind = VALUE_NULL;
        break;
    default:
        bind_raise(L, "%s: a %s has no SQL literal", what,
                   lua_typename(L, type));
    }
}

static void one_row(lua_State *L, int idx, int anchor, const struct schema *s,
                    struct value *v)
{
    if (!lua_istable(L, idx))
        bind_raise(L, "a row of %s must be a table by column name", s->table);
    lua_pushnil(L);
    while (lua_next(L, idx)) { /* key value */
        size_t len;
        const char *key;
        int at;

        if (lua_type(L, -2) != LUA_TSTRING)
            bind_raise(L, "a row of %s has a key that is no column name",
                       s->table);
        key = lua_tolstring(L, -2, &len);
        at = schema_find(s, key, len);
        if (at < 0)
            bind_raise(L,
                       "%s has no column '%s': add it to the schema file "
                       "first",
                       s->table, key);
        if (v[at].kind != VALUE_NULL)
            bind_raise(L, "a row of %s names column '%s' twice", s->table,
                       s->cols[at].name);
        bind_tovalue(L, -1, anchor, &v[at], key);
        lua_pop(L, 1);
    }
}

const struct value *bind_newrows(lua_State *L, int idx, const struct schema *s,
                                 bool many, size_t *nrows)
{
    struct value *v;
    int anchor;

    idx = lua_absindex(L, idx);
    if (!lua_istable(L, idx))
        bind_raise(L, "rows of %s must be tables by column name", s->table);
    *nrows = many ? lua_rawlen(L, idx) : 1;
    if (*nrows > INT_MAX / (s->ncols * sizeof(*v) + 1))
        bind_raise(L, "too many rows in one statement");
    v = bind_newscratch(L, *nrows * s->ncols * sizeof(*v));
    lua_newtable(L);
    anchor = lua_gettop(L);
    if (!many)
        one_row(L, idx, anchor, s, v);
    for (size_t r = 0; many && r < *nrows; r++) {
        lua_rawgeti(L, idx, (lua_Integer)r + 1);
        one_row(L, lua_gettop(L), anchor, s, v + r * s->ncols);
        lua_pop(L, 1); /* the list still holds the row */
    }
    return v;
}
