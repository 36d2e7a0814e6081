/*
 * serve_options.h - what engine.serve reads out of Lua tables.
 */
#ifndef ENGINE_BIND_SERVE_OPTIONS_H
#define ENGINE_BIND_SERVE_OPTIONS_H

#include <lua.h>
#include <stdbool.h>

#include "serve/server.h"

/* The text of a field, or NULL; raises when it is needed and not there.  It is
 * left on the stack, and so stays alive. */
const char *server_text(lua_State *L, int idx, const char *key, bool needed);

/* The options in the table at 1; their texts stay on the stack. */
struct server_options server_options(lua_State *L);

#endif
