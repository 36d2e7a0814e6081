/*
 * heap.h - memory that is known to be needed.
 */
#ifndef ENGINE_OS_HEAP_H
#define ENGINE_OS_HEAP_H

#include <stddef.h>

/* Has the system give the heap its next n bytes at once.  Page by page, as they
 * are first touched, they cost a short process a tenth of its time.  Nothing
 * fails when that cannot be had. */
void heap_prefault(size_t n);

/* A lua_Alloc for a process of a few milliseconds: small pieces are cut off
 * blocks that go with the process, and one that is given back serves the next
 * of its size.  ud is not used; one Lua state only. */
void *heap_allocate(void *ud, void *p, size_t old, size_t n);

#endif
