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
#include "core/catalog.h"
#include "core/db.h"
#include "core/dialect.h"
#include "core/err.h"
#include "core/heal.h"
#include "core/schema.h"
#include "core/sql.h"

#define STORE_TYPE "engine.store"
#define SCHEMA_TYPE "engine.schema"
#define ERROR_TYPE "engine.error"

struct bind_cursor;
struct row_writer;

/* A store that Lua owns; db is NULL when it is closed. */
struct bind_store {
    struct db *db;
    struct bind_cursor *cursors; /* open ones */
};

/* Pushes nil and an error table {code, message, status, unclear} that prints
 * as its message; returns 2.  Ctrl-C is raised, also what it let fail: nobody
 * may take it for a call that failed. */
int bind_fail(lua_State *L, const struct err *e);

/* Pushes true, or what bind_fail() does; returns how many. */
int bind_result(lua_State *L, bool ok, const struct err *e);

/* Raises what a caller got wrong, as luaL_error() does, but at the caller's
 * line: our own Lua files, and C functions behind them, are passed over. */
int bind_raise(lua_State *L, const char *fmt, ...) __attribute__((noreturn));

/* Raises unless the table at idx is a list and no more (a count .n aside). */
void bind_checklist(lua_State *L, int idx, const char *what);

/* Raises the error table, or Ctrl-C. */
void bind_throw(lua_State *L, const struct err *e) __attribute__((noreturn));

/* Pushes only the error table. */
void bind_pusherror(lua_State *L, const struct err *e);

/* Raises what Ctrl-C raises: an error with code "interrupted", whose text says
 * where the caller is, as bind_raise() does. */
void bind_interrupt(lua_State *L) __attribute__((noreturn));

/* True for such an error. */
bool bind_isinterrupt(lua_State *L, int idx);

/* Sets *e from the value at idx: an error table, or any text, which is
 * classified by its wording. */
void bind_toerror(lua_State *L, int idx, struct err *e);

/* t[key] = value for the table on top of the stack; a NULL text is nil. */
void bind_settext(lua_State *L, const char *key, const char *text);
void bind_setbytes(lua_State *L, const char *key, const struct buf *b);
void bind_setinteger(lua_State *L, const char *key, lua_Integer n);
void bind_setbool(lua_State *L, const char *key, bool v);

/* The string at idx for C, which a NUL would cut short: raises for one. */
const char *bind_checktext(lua_State *L, int idx);

/* A scratch buffer, pushed; freed on return and on raise. */
struct buf *bind_newbuf(lua_State *L);

/* n zeroed bytes, pushed; they live as long as the stack slot. */
void *bind_newscratch(lua_State *L, size_t n);

/* A closed store, pushed; set ->db once the driver has opened. */
struct bind_store *bind_newstore(lua_State *L);

/* The open store at idx; raises when it is closed. */
struct db *bind_checkstore(lua_State *L, int idx);

/* A cursor over nothing yet, pushed; the store at index 1 outlives it.  It ends
 * with its last row, when it is collected or when it is closed. */
struct bind_cursor *bind_newcursor(lua_State *L);

/* Sends its statement; false with *e set. */
bool bind_startcursor(struct bind_cursor *b, const struct stmt *st,
                      struct err *e);

/* What is open of a cursor, or NULL after the last row; raises when rows would
 * be missing because the store was closed. */
struct cursor *bind_checkcursor(lua_State *L, const struct bind_cursor *b);

/* Pushes the list of the columns' names in Lua, made once for the cursor at
 * the index: of equal names the second is name_2, the third name_3, each the
 * next number that is no other column's name. */
void bind_pushnames(lua_State *L, const struct bind_cursor *b, int at);

/* Ends the cursors that are still open on a store; whoever reads on raises. */
void bind_endcursors(struct bind_store *s);

/* The statement at idx, and its kind as an optional word behind it. */
struct stmt bind_checkstmt(lua_State *L, int idx);

/* Adds raise, check and options of engine.store to the table on top. */
void bind_setchecks(lua_State *L);

/* store:query(), store:rows() and store:print() of engine.store. */
int bind_query(lua_State *L);
int bind_rows(lua_State *L);
int bind_print(lua_State *L);

/* A writer of rows, pushed; freed on return and on raise.  Its format is the
 * word at idx, "table", "csv", "json" or "line"; behind it stand, for a table
 * on a terminal, the columns of that and whether the head is bold. */
struct row_writer *bind_newwriter(lua_State *L, int idx);

/* The list of names at idx as C strings that borrow from it, pushed. */
const char **bind_newnames(lua_State *L, int idx, size_t *n);

/* Pushes the metatable of that type, made of funcs when it is not there yet:
 * whole or not at all, also when memory runs out in between.  It is its own
 * __index unless funcs has another. */
void bind_pushmeta(lua_State *L, const char *type, const luaL_Reg *funcs);

/* Gives the userdata on top a metatable whose __gc and __close are gc, and
 * has it closed when its function is left. */
void bind_own(lua_State *L, const char *type, lua_CFunction gc);

/* The schema at idx: one from engine.schema, or a plain table
 * { table=, columns={{name, type, default=}} }, which then is replaced in its
 * stack slot by a schema of our own.  Raises when it fails the lint. */
const struct schema *bind_checkschema(lua_State *L, int idx);

/* A store whose statements a Lua function runs: the spec table at idx is
 * { dialect=, query=, workspace=, listed=, close= }.  NULL with *e set. */
struct db *lua_driver_open(lua_State *L, int idx, struct err *e);

/* True for a store made by lua_driver_open(). */
bool lua_driver_is(const struct db *db);

/* True while a function of such a store runs: then it must not be closed. */
bool lua_driver_busy(const struct db *db);

/* Tells such a store which Lua thread uses it now. */
void lua_driver_use(struct db *db, lua_State *L);

/* Runs a statement on such a store and pushes the rows and the list of the
 * columns' names, or nil, as the function gave them; false with *e set. */
bool lua_driver_query(lua_State *L, struct db *db, const struct stmt *st,
                      struct err *e);

/* The dialect word at idx. */
const struct dialect *bind_checkdialect(lua_State *L, int idx, const char *def);

/* Pushes a value that came back from a store. */
void bind_pushvalue(lua_State *L, const struct value *v);

/* The Lua value at idx as a SQL value that borrows from it; a list of numbers
 * becomes floats kept alive by the table at anchor.  Raises, naming what, on
 * a type without a literal. */
void bind_tovalue(lua_State *L, int idx, int anchor, struct value *v,
                  const char *what);

/* The rows at idx (one row table, or a list of them) as values in column
 * order, pushed as scratch (two slots); they borrow from the tables.  Raises
 * on a key that is no column and on a type that has no literal. */
const struct value *bind_newrows(lua_State *L, int idx, const struct schema *s,
                                 bool many, size_t *nrows);

/* n zeroed heals, pushed; freed on return and on raise. */
struct heal *bind_newheals(lua_State *L, size_t n);

/* Pushes { table=, created=, missing={...}, altered={...} }. */
void bind_pushheal(lua_State *L, const struct schema *s, const struct heal *h);

/* Parts of engine.sys, which fill one module table. */
extern const luaL_Reg sys_file_funcs[];
extern const luaL_Reg sys_proc_funcs[];
extern const luaL_Reg sys_data_funcs[];

/* The modules linked into the program. */
int luaopen_engine_sys(lua_State *L);
int luaopen_engine_schema(lua_State *L);
int luaopen_engine_sql(lua_State *L);
int luaopen_engine_heal(lua_State *L);
int luaopen_engine_store(lua_State *L);
int luaopen_engine_sqlite(lua_State *L);
int luaopen_engine_redact(lua_State *L);
int luaopen_engine_text(lua_State *L);
int luaopen_engine_search(lua_State *L);
int luaopen_engine_wire(lua_State *L);
int luaopen_cjson(lua_State *L);

/* Pushes the chunk of one of our own files, such as "/lua/boot.lua"; what
 * luaL_loadfile() returns. */
int bind_loadfile(lua_State *L, const char *file);

/* Lets require find what make compiled of our own modules. */
void bind_setloader(lua_State *L);

/* Registers all of them in package.preload. */
void bind_preload(lua_State *L);

#endif
