/*
 * httpd_options.h - what engine.httpd reads out of Lua tables.
 */
#ifndef ENGINE_BIND_HTTPD_OPTIONS_H
#define ENGINE_BIND_HTTPD_OPTIONS_H

#include <lua.h>
#include <stdbool.h>

#include "net/httpd.h"

/* The text of a field, or NULL; raises when it is needed and not there.  It is
 * left on the stack, and so stays alive. */
const char *httpd_text(lua_State *L, int idx, const char *key, bool needed);

/* The options in the table at 1; their texts stay on the stack. */
struct httpd_options httpd_options(lua_State *L);

#endif
