/*
 * fuzz.h - what the fuzzers share: a check that stops the run, a database in
 * memory, a Lua state in which anything may be called.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <lua.h>
#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(what)                                                       \
    ((what) ? (void)0                                                     \
            : (fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what), \
               abort()))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One database for the whole run. */
sqlite3 *fuzz_db(void);

/* One Lua state for the whole run, with our modules on its path; after setup,
 * a chunk that returns the function to call with each input, has run once. */
lua_State *fuzz_lua(const char *setup);

/* Calls that function with the input; what it raises stops the run. */
void fuzz_call(lua_State *L, const uint8_t *data, size_t size);

#endif
