/*
 * options.h - reads a table of options, such as { busy_ms = 5000 }.
 */
#ifndef ENGINE_BIND_OPTIONS_H
#define ENGINE_BIND_OPTIONS_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* One key, and where its value goes: one of the pointers is set. */
struct bind_option {
    const char *key;
    const char **text; /* a string; one with NUL only when len is set too */
    size_t *len;
    int *integer; /* a whole number, least to most */
    size_t *size; /* likewise */
    lua_Integer least, most;
    double *number; /* from least on */
    bool *flag;     /* any value that is true */
    bool needed;    /* an error when it is absent */
};

/* Reads the table at t by the list, which {0} ends.  What is absent
 * stays as it was.  Raises, naming the key, for a value that does not fit.
 * Each text is pushed and must stay on the stack while it is used: the table
 * may be one that makes its values. */
void bind_options(lua_State *L, int t, const struct bind_option list[]);

/* A zeroed userdata of that type and size, in the place of what stands on the
 * stack from index first on; it keeps that as its user values. */
void *bind_newholder(lua_State *L, size_t size, const char *type, int first);

/* The list of strings at idx, pushed as scratch with NULL behind the last;
 * they belong to the list, *n of them.  Raises for whatever else, saying what
 * each is to be: "a word". */
const char **bind_words(lua_State *L, int idx, const char *what, size_t *n);

#endif
