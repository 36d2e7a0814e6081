/*
 * The write-ahead log of a store that short processes write to.
 *
 * Whoever opens a store alone reads its whole log, and what an ordinary
 * checkpoint did is forgotten when the last process leaves: the log would
 * grow, and every open with it, for ever.  So a long log is emptied.
 */
#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "db/sqlite_log.h"

/* Pages of 4 KiB: reading them costs what a checkpoint costs per event. */
#define LONG 64

/* After a commit.  Nobody is waited for: a later commit tries again. */
static int committed(void *busy_ms, sqlite3 *h, const char *name, int frames)
{
    if (frames < LONG)
        return SQLITE_OK;
    sqlite3_busy_timeout(h, 0);
    sqlite3_wal_checkpoint_v2(h, name, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_busy_timeout(h, (int)(intptr_t)busy_ms);
    return SQLITE_OK;
}

/* Many processes that make one new file at once can meet in the switch to WAL,
 * which does not wait by itself. */
int sqlite_use_log(sqlite3 *h, int busy_ms)
{
    int ms = busy_ms;
    int rc;

    while ((rc = sqlite3_exec(h, "PRAGMA journal_mode = WAL", NULL, NULL,
                              NULL)) == SQLITE_BUSY &&
           ms > 0)
        ms -= sqlite3_sleep(5);
    sqlite3_wal_hook(h, committed, (void *)(intptr_t)busy_ms);
    return rc;
}
