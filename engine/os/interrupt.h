/*
 * interrupt.h - Ctrl-C, for what runs or waits below Lua.
 *
 * It is asked for by the handler of SIGINT and heard when it is raised as an
 * error in Lua.  In between whatever takes long ends early, with any error.
 */
#ifndef ENGINE_OS_INTERRUPT_H
#define ENGINE_OS_INTERRUPT_H

#include <stdbool.h>

/* A wait looks at least so often: a signal may come just before it. */
#define INTERRUPT_CHECK_MS 100

/* Counts a SIGINT; safe in its handler. */
void interrupt_ask(void);

/* Whether one is not heard yet.  From the second on each is insisted on: then
 * this stays true. */
bool interrupt_asked(void);

/* Whether more than one came. */
bool interrupt_insisted(void);

/* It is raised now. */
void interrupt_hear(void);

/* Nothing was asked for: something new begins. */
void interrupt_forget(void);

#endif
