/*
 * schema_spec.h - a schema from the Lua table that describes it.
 */
#ifndef ENGINE_BIND_SCHEMA_SPEC_H
#define ENGINE_BIND_SCHEMA_SPEC_H

#include <lua.h>

struct schema;

/* Reads { table=, columns={{name, type, default=}}, indexes={{...}} } at the
 * absolute index spec into *out, which its owner frees, also when this raises
 * for what fails the lint. */
void schema_spec_read(lua_State *L, int spec, struct schema **out);

#endif
