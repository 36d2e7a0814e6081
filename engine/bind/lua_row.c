#include "bind/lua_row.h"

#include <stdlib.h>

#include "core/err.h"
#include "core/sql.h"

static bool room_for(struct lua_row *r, size_t n, struct err *e)
{
    const char **names;
    struct value *values;
    size_t room = r->room ? r->room : 16;

    while (room < n)
        room *= 2;
    if (room == r->room)
        return true;
    names = realloc(r->names, room * sizeof(*names));
    if (names)
        r->names = names;
    values = realloc(r->values, room * sizeof(*values));
    if (values)
        r->values = values;
    if (!names || !values)
        return err_set(e, ERR_NOMEM, "out of memory");
    r->room = room;
    return true;
}

/* The value on top of the stack, borrowed; what core cannot use is NULL. */
static struct value borrow(lua_State *L)
{
    struct value v = {.kind = VALUE_NULL};

    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        v.kind = VALUE_TEXT;
        v.text = lua_tolstring(L, -1, &v.len);
        break;
    case LUA_TBOOLEAN:
        v.kind = VALUE_BOOL;
        v.integer = lua_toboolean(L, -1);
        break;
    case LUA_TNUMBER:
        v.kind = lua_isinteger(L, -1) ? VALUE_INT : VALUE_REAL;
        v.integer = lua_tointeger(L, -1);
        v.real = lua_tonumber(L, -1);
        break;
    default:
        break;
    }
    return v;
}

bool lua_row_read(lua_State *L, struct lua_row *r, struct err *e)
{
    r->n = 0;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (lua_type(L, -2) == LUA_TSTRING) {
            if (!room_for(r, r->n + 1, e)) {
                lua_pop(L, 2);
                return false;
            }
            r->names[r->n] = lua_tostring(L, -2);
            r->values[r->n++] = borrow(L);
        }
        lua_pop(L, 1);
    }
    return true;
}

void lua_row_free(struct lua_row *r)
{
    free(r->names);
    free(r->values);
    *r = (struct lua_row){0};
}
