/*
 * run.h - protected calls the way lua.c makes them, and what they report.
 */
#ifndef ENGINE_RUN_H
#define ENGINE_RUN_H

#include <lua.h>
#include <stdbool.h>

#define PROGRAM "propolis"

/* Calls the function below its nargs arguments.  SIGINT stops it with the
 * error of bind_interrupt(), which is left on the stack; a second one, where C
 * does not hear the first, ends the program.  On another failure that is one
 * message with a traceback; the status is lua_pcall's. */
int run_call(lua_State *L, int nargs, int nresults);

/* The same for a command of ours: the message comes without a traceback
 * unless HIVEMIND_DEBUG=1. */
int run_command(lua_State *L, int nargs, int nresults);

/* Pushes the values of the global list arg from 1 on; returns how many. */
int run_pushargs(lua_State *L);

/* Runs the REPL on the store with that URL (NULL: the local one); reports and
 * returns an exit code.  A SIGINT between two statements is nothing. */
int run_repl(lua_State *L, const char *store, bool banner);

/* Writes the error on the stack as "who: message" and pops it, unless status is
 * LUA_OK; returns the exit code: 130, as a shell says it, for Ctrl-C. */
int run_report(lua_State *L, int status, const char *who);

/* Writes "who: message", or only the message when who is NULL. */
void run_complain(const char *who, const char *message);

#endif
