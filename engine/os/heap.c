#include "os/heap.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
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
