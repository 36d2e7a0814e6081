/*
 * bind.h - what every binding is made from.
 *
 * A binding checks, owns, works, pushes, in that order.  Whatever has to
 * survive a Lua error belongs to a userdata made here before it is acquired.
 */
#ifndef ENGINE_BIND_BIND_H
#define ENGINE_BIND_BIND_H

#include <lauxlib.h>
#include <lua.h>

#include "core/buf.h"
#include "core/db.h"
#include "core/err.h"
#include "core/heal.h"
#include "core/schema.h"
#include "core/shape.h"
#include "core/sql.h"

#define STORE_TYPE "engine.store"
#define SCHEMA_TYPE "engine.schema"
#define ERROR_TYPE "engine.error"

/* A store that Lua owns; db is NULL when it is closed. */
struct bind_store {
    struct db *db;
};

/* Pushes nil and an error table {code, message, status, unclear} that prints
 * as its message; returns 2. */
int bind_fail(lua_State *L, const struct err *e);

/* Pushes only the error table. */
void bind_pusherror(lua_State *L, const struct err *e);

/* Sets *e from the value at idx: an error table, or any text, which is
 * classified by its wording. */
void bind_toerror(lua_State *L, int idx, struct err *e);

/* A scratch buffer, pushed; freed on return and on raise. */
struct buf *bind_newbuf(lua_State *L);

/* n zeroed bytes, pushed; they live as long as the stack slot. */
void *bind_newscratch(lua_State *L, size_t n);

/* A closed store, pushed; set ->db once the driver has opened. */
struct bind_store *bind_newstore(lua_State *L);

/* The open store at idx; raises when it is closed. */
struct db *bind_checkstore(lua_State *L, int idx);

/* The schema at idx: one from engine.schema, or a plain table
 * { table=, columns={{name, type, default=}} }, which then is replaced in its
 * stack slot by a schema of our own.  Raises when it fails the lint. */
const struct schema *bind_checkschema(lua_State *L, int idx);

/* The dialect word at idx. */
enum sql_dialect bind_checkdialect(lua_State *L, int idx, const char *def);

/* Pushes a value that came back from a store. */
void bind_pushvalue(lua_State *L, const struct value *v);

/* The rows at idx (one row table, or a list of them) as values in column
 * order, pushed as scratch; they borrow from the tables.  Raises on a key
 * that is no column and on a type that has no literal. */
const struct value *bind_newrows(lua_State *L, int idx, const struct schema *s,
                                 bool many, size_t *nrows);

/* Pushes { created=, missing={...}, altered={...} }. */
void bind_pushheal(lua_State *L, const struct schema *s, const struct heal *h);

/* The modules linked into the program. */
int luaopen_engine_sys(lua_State *L);
int luaopen_engine_schema(lua_State *L);
int luaopen_engine_sql(lua_State *L);
int luaopen_engine_heal(lua_State *L);
int luaopen_engine_store(lua_State *L);
int luaopen_engine_sqlite(lua_State *L);
int luaopen_cjson(lua_State *L);

/* Registers all of them in package.preload. */
void bind_preload(lua_State *L);

#endif
