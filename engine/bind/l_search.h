/*
 * l_search.h - what the files of engine.search share.
 */
#ifndef ENGINE_BIND_L_SEARCH_H
#define ENGINE_BIND_L_SEARCH_H

#include "bind/bind.h"

struct search_index;

/* The open index at idx; raises when it, or its store, is closed. */
struct search_index *bind_checkindex(lua_State *L, int idx);

/* index:rank(terms [, filter [, weights]]) -> a ranking; terms is a list of
 * { text=, start=, follows=, author=, need=, weight= } */
int bind_rank(lua_State *L);

extern const luaL_Reg search_index_funcs[];

#endif
