#include <string.h>

#include "bind/bind.h"
#include "bind/options.h"
#include "bind/schema_spec.h"

/* A schema that Lua owns; s is NULL until it is built. */
struct bind_schema {
    struct schema *s;
};

static int l_gc(lua_State *L)
{
    struct bind_schema *b = lua_touserdata(L, 1);

    schema_free(b->s);
    b->s = NULL;
    return 0;
}

/* Builds the schema of the spec table at idx; pushes it.  Its user values are
 * what Lua alone needs of the spec. */
static const struct schema *build(lua_State *L, int spec)
{
    int first = lua_gettop(L) + 1;
    struct bind_schema *b;

    lua_getfield(L, spec, "name");
    lua_getfield(L, spec, "sync");
    b = bind_newholder(L, sizeof(*b), SCHEMA_TYPE, first);
    schema_spec_read(L, spec, &b->s);
    return b->s;
}

const struct schema *bind_checkschema(lua_State *L, int idx)
{
    struct bind_schema *b = luaL_testudata(L, idx, SCHEMA_TYPE);
    const struct schema *s;

    if (b)
        return b->s;
    if (!lua_istable(L, idx))
        bind_raise(L, "a schema is wanted here, not a %s",
                   luaL_typename(L, idx));
    idx = lua_absindex(L, idx);
    s = build(L, idx);
    lua_replace(L, idx);
    return s;
}

/* schema.new{ table=, columns={{name, type, default=}}, indexes={{...}} }
 * -> schema; raises with the reason when it fails the lint */
static int l_new(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    build(L, 1);
    return 1;
}

static void push_column(lua_State *L, const struct column *c)
{
    lua_createtable(L, 0, 4);
    bind_settext(L, "name", c->name);
    bind_settext(L, "type", column_type_name(c->type));
    bind_setbool(L, "not_null", c->not_null);
    if (c->has_default && c->default_text)
        lua_pushstring(L, c->default_text);
    else if (c->has_default)
        lua_pushinteger(L, c->default_int);
    else
        lua_pushnil(L);
    lua_setfield(L, -2, "default");
}

static void push_indexes(lua_State *L, const struct schema *s)
{
    lua_createtable(L, (int)s->nindexes, 0);
    for (size_t i = 0; i < s->nindexes; i++) {
        const struct index *index = &s->indexes[i];

        lua_createtable(L, (int)index->ncols, 1);
        bind_settext(L, "name", index->name);
        for (size_t c = 0; c < index->ncols; c++) {
            lua_pushstring(L, s->cols[index->cols[c]].name);
            lua_rawseti(L, -2, (lua_Integer)c + 1);
        }
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* schema.table, schema.columns, schema.indexes; schema.name is the table's
 * unless the spec says otherwise, schema.sync what the spec says */
static int l_index(lua_State *L)
{
    const struct schema *s = bind_checkschema(L, 1);
    const char *key = luaL_checkstring(L, 2);

    if (strcmp(key, "table") == 0) {
        lua_pushstring(L, s->table);
    } else if (strcmp(key, "columns") == 0) {
        lua_createtable(L, (int)s->ncols, 0);
        for (size_t i = 0; i < s->ncols; i++) {
            push_column(L, &s->cols[i]);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
    } else if (strcmp(key, "indexes") == 0) {
        push_indexes(L, s);
    } else if (strcmp(key, "sync") == 0) {
        lua_getiuservalue(L, 1, 2);
    } else if (strcmp(key, "name") == 0) {
        if (lua_getiuservalue(L, 1, 1) == LUA_TNIL)
            lua_pushstring(L, s->table);
    } else {
        return 0;
    }
    return 1;
}

static int l_tostring(lua_State *L)
{
    const struct schema *s = bind_checkschema(L, 1);

    lua_pushfstring(L, "schema %s (%d columns)", s->table, (int)s->ncols);
    return 1;
}

int luaopen_engine_schema(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__gc", l_gc},
                                    {"__index", l_index},
                                    {"__tostring", l_tostring},
                                    {NULL, NULL}};
    static const luaL_Reg funcs[] = {{"new", l_new}, {NULL, NULL}};

    bind_pushmeta(L, SCHEMA_TYPE, meta);
    lua_pop(L, 1);
    luaL_newlib(L, funcs);
    return 1;
}
