/*
 * lua_row.h - a row that a Lua function gave, as names and values.
 */
#ifndef ENGINE_BIND_LUA_ROW_H
#define ENGINE_BIND_LUA_ROW_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

struct err;
struct value;

/* (struct lua_row){0} is a row of no columns. */
struct lua_row {
    const char **names;
    struct value *values;
    size_t n;
    size_t room;
};

/* Reads the row table on top of the stack, from which the row then borrows.
 * Raises nothing; false with *e set when memory runs out. */
bool lua_row_read(lua_State *L, struct lua_row *r, struct err *e);

/* Releases the memory; the row is empty and usable afterwards. */
void lua_row_free(struct lua_row *r);

#endif
