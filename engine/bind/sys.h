/*
 * sys.h - the parts of engine.sys, which fill one module table.
 */
#ifndef ENGINE_BIND_SYS_H
#define ENGINE_BIND_SYS_H

#include <lauxlib.h>

extern const luaL_Reg sys_file_funcs[];
extern const luaL_Reg sys_proc_funcs[];

#endif
