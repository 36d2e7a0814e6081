#include "db/sqlite_wal.h"

#include <sqlite3.h>
#include <stddef.h>

/* Pages after which a log is emptied when its process leaves, and after which
 * a process that stays writes it back. */
#define LEAVE_PAGES 256
#define STAY_PAGES 1000

static int committed(void *pages, sqlite3 *h, const char *name, int n)
{
    *(int *)pages = n;
    if (n >= STAY_PAGES)
        sqlite3_wal_checkpoint_v2(h, name, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                  NULL);
    return SQLITE_OK;
}

int sqlite_wal_begin(sqlite3 *h, int ms, int *pages)
{
    int rc;

    /* Many processes that make one new file at once can meet in the switch to
     * WAL, which does not wait by itself. */
    while ((rc = sqlite3_exec(h, "PRAGMA journal_mode = WAL", NULL, NULL,
                              NULL)) == SQLITE_BUSY &&
           ms > 0)
        ms -= sqlite3_sleep(5);
    if (rc == SQLITE_OK)
        sqlite3_wal_hook(h, committed, pages);
    return rc;
}

void sqlite_wal_end(sqlite3 *h, int pages)
{
    if (pages < LEAVE_PAGES)
        return;
    sqlite3_busy_timeout(h, 0);
    sqlite3_wal_checkpoint_v2(h, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}
