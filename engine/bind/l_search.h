/*
 * l_search.h - what the files of engine.search share.
 */
#ifndef ENGINE_BIND_L_SEARCH_H
#define ENGINE_BIND_L_SEARCH_H

#include "bind/bind.h"

#include "search/rank.h"

/* The open index at idx; raises when it, or its store, is closed. */
struct search_index *bind_checkindex(lua_State *L, int idx);

/* index:rank(terms [, filter [, weights]]) -> a ranking; terms is a list of
 * { text=, start=, follows=, author=, need=, weight= } */
int bind_rank(lua_State *L);

/* The weights that the table at idx (0: there is none) names, with defaults. */
struct weights bind_checkweights(lua_State *L, int idx);

/* The filter at idx; its text is borrowed from the table. */
struct filter bind_checkfilter(lua_State *L, struct search_index *ix, int idx);

/* The list of terms at idx, at most RANK_TERMS; texts are borrowed from it. */
size_t bind_checkterms(lua_State *L, int idx, struct term terms[]);

extern const luaL_Reg search_index_funcs[];

#endif
