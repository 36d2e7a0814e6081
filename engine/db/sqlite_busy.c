#include "db/sqlite_busy.h"

#include <sqlite3.h>
#include <stddef.h>
#include <time.h>

#include "os/clock.h"
#include "os/interrupt.h"

/* Pages of 4 KiB: reading them costs what a checkpoint costs per event. */
#define LONG_LOG_PAGES 64

#define RETRY_US 1000

/* Called while another process holds the lock, for the n-th time in this wait.
 * SQLite's own pauses grow to a tenth of a second, but whoever writes a row is
 * done in one or two milliseconds: among many writers the unlucky ones would
 * only sleep, and whoever came last would be served first.  So all pauses are
 * equally short. */
static int busy_handler(void *arg, int n)
{
    struct sqlite_busy *b = arg;
    int64_t now = clock_us();
    const struct timespec t = {.tv_nsec = RETRY_US * 1000L};

    if (n == 0)
        b->deadline_us = now + 1000 * (int64_t)b->timeout_ms;
    if (now >= b->deadline_us || interrupt_asked())
        return 0;
    nanosleep(&t, NULL);
    return 1;
}

int sqlite_busy_install(sqlite3 *h, struct sqlite_busy *b)
{
    return sqlite3_busy_handler(h, busy_handler, b);
}

/* After a commit.  Whoever opens a store alone reads its whole log, and what
 * an ordinary checkpoint did is forgotten when the last process leaves: the
 * log would grow, and every open with it, for ever.  So a long one is emptied;
 * nobody is waited for, as a later commit can do it. */
static int empty_long_log(void *arg, sqlite3 *h, const char *name, int pages)
{
    if (pages < LONG_LOG_PAGES)
        return SQLITE_OK;
    sqlite3_busy_handler(h, NULL, NULL);
    sqlite3_wal_checkpoint_v2(h, name, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite_busy_install(h, arg);
    return SQLITE_OK;
}

int sqlite_busy_open_wal(sqlite3 *h, struct sqlite_busy *b)
{
    int rc;
    int n = 0;

    sqlite_busy_install(h, b);
    /* Many processes that make one new file at once can meet in the switch to
     * WAL, which does not wait by itself. */
    do
        rc = sqlite3_exec(h, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    while (rc == SQLITE_BUSY && busy_handler(b, n++));
    sqlite3_wal_hook(h, empty_long_log, b);
    return rc;
}
