#include "os/heap.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* since Linux 5.14 */
#endif

void heap_prefault(size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *first, *start;

    mallopt(M_TOP_PAD, (int)n);
    first = calloc(1, 1);
    if (!first)
        return;
    start = first + (page - (uintptr_t)first % page);
    madvise(start, n / page * page - page, MADV_POPULATE_WRITE);
    free(first);
}

#define SMALL 2048 /* bytes of the largest piece that is cut off a block */
#define STEP 16    /* sizes are rounded up to this */
#define BLOCK ((size_t)64 << 10)

/* A piece that was given back. */
struct spare {
    struct spare *next;
};

static struct spare *spares[SMALL / STEP + 1]; /* by size */
static char *block;
static size_t left; /* bytes of the block that nobody has */

static size_t rounded(size_t n)
{
    return (n + STEP - 1) / STEP;
}

static void *cut_off(size_t n)
{
    size_t steps = rounded(n);
    struct spare *s = spares[steps];
    char *p;

    if (s) {
        spares[steps] = s->next;
        return s;
    }
    if (left < steps * STEP) {
        p = malloc(BLOCK);
        if (!p)
            return NULL;
        block = p;
        left = BLOCK;
    }
    p = block;
    block += steps * STEP;
    left -= steps * STEP;
    return p;
}

static void give_back(void *p, size_t n)
{
    struct spare *s = p;

    if (n > SMALL) {
        free(p);
        return;
    }
    s->next = spares[rounded(n)];
    spares[rounded(n)] = s;
}

void *heap_allocate(void *ud, void *p, size_t old, size_t n)
{
    void *q;

    (void)ud;
    if (n == 0) {
        if (p)
            give_back(p, old);
        return NULL;
    }
    if (!p)
        return n > SMALL ? malloc(n) : cut_off(n);
    if (old > SMALL && n > SMALL)
        return realloc(p, n);
    if (old <= SMALL && rounded(n) <= rounded(old))
        return p;
    q = n > SMALL ? malloc(n) : cut_off(n);
    if (q) {
        memcpy(q, p, old < n ? old : n);
        give_back(p, old);
    }
    return q;
}
