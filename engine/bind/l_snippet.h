/*
 * l_snippet.h - a part of engine.search in a file of its own.
 */
#ifndef ENGINE_BIND_L_SNIPPET_H
#define ENGINE_BIND_L_SNIPPET_H

#include <lua.h>

struct tokenizer;

/* The tokenizer that Lua owns, made when it is first asked for; raises without
 * memory. */
struct tokenizer *bind_tokenizer(lua_State *L);

/* snippet(text, terms, room) -> pieces, cut before, cut behind: the piece of at
 * most room bytes that holds most of the terms, as a list of pieces, the 2nd,
 * 4th, ... of them terms; whether the text goes on before and behind.  terms
 * is a list of { term=, as tokens() gives it, weight= (1), prefix= }. */
int bind_snippet(lua_State *L);

#endif
