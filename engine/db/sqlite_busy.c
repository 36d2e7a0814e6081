#include "db/sqlite_busy.h"

#include <sqlite3.h>

#define SLEEP_MS 2

static long since_ms(const struct timespec *then)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - then->tv_sec) * 1000 +
           (now.tv_nsec - then->tv_nsec) / 1000000;
}

/* n is how often this wait has asked before. */
static int wait_more(void *busy, int n)
{
    struct sqlite_busy *b = busy;

    if (n == 0)
        clock_gettime(CLOCK_MONOTONIC, &b->since);
    else if (since_ms(&b->since) >= b->ms)
        return 0;
    sqlite3_sleep(SLEEP_MS);
    return 1;
}

int sqlite_busy_set(sqlite3 *h, struct sqlite_busy *b, long ms)
{
    b->ms = ms;
    return sqlite3_busy_handler(h, wait_more, b);
}
