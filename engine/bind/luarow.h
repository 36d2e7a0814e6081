/*
 * luarow.h - a row that a Lua function gave, as names and values.
 */
#ifndef ENGINE_BIND_LUAROW_H
#define ENGINE_BIND_LUAROW_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

struct err;
struct value;

/* (struct luarow){0} is a row of no columns. */
struct luarow {
    const char **names;
    struct value *values;
    size_t n;
    size_t room;
};

/* Reads the row table on top of the stack, from which the row then borrows.
 * Raises nothing; false with *e set when memory runs out. */
bool luarow_read(lua_State *L, struct luarow *r, struct err *e);

/* Releases the memory; the row is empty and usable afterwards. */
void luarow_free(struct luarow *r);

#endif
