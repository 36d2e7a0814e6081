/*
 * edit.h - the line editor behind engine.edit.
 */
#ifndef ENGINE_BIND_EDIT_H
#define ENGINE_BIND_EDIT_H

#include <histedit.h>
#include <lua.h>
#include <signal.h>
#include <stdbool.h>
#include <wchar.h>

/* An editor that Lua owns; el is NULL when it is closed.  Its user value is
 * the function that completes. */
struct editor {
    EditLine *el;
    History *history;
    lua_State *L;     /* who waits for a line, or NULL */
    sigset_t waiting; /* what is blocked while we wait for a key */
    bool interrupted;
    char prompt[64];
};

/* Reads one character for libedit: 1, or 0 at the end, or -1 when the line is
 * to be dropped. */
int edit_char(EditLine *el, wchar_t *c);

/* el_gets with our signals: the line of *n bytes, or NULL; ed->interrupted says
 * that Ctrl-C dropped it. */
const char *edit_getline(struct editor *ed, int *n);

#endif
