#include "db/sqlite_busy.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "os/clock.h"

/* Pages of 4 KiB: reading them costs what a checkpoint costs per event. */
#define LONG 64

#define LOG "-wal"
#define PATH_MOST 4096

/* A name that old is on disk: whoever made it synced it with the first commit,
 * and by default a file system writes names down at least every half minute
 * (ext4 5 s, XFS and btrfs 30 s). */
#define OLD_S 60

#define RETRY_US 1000

/* Called while another process is at it, n counts.  SQLite's own naps grow to
 * a tenth of a second, but whoever writes a row is done in one or two
 * milliseconds: among many writers the unlucky ones would wait for naps, and
 * whoever came last would be served first.  All busy_handler the same. */
static int busy_handler(void *busy, int n)
{
    struct sqlite_busy *p = busy;
    int64_t now = clock_us();
    const struct timespec t = {.tv_nsec = RETRY_US * 1000L};

    if (n == 0)
        p->until = now + 1000 * (int64_t)p->ms;
    if (now >= p->until)
        return 0;
    nanosleep(&t, NULL);
    return 1;
}

int sqlite_busy_install(sqlite3 *h, struct sqlite_busy *p)
{
    return sqlite3_busy_handler(h, busy_handler, p);
}

/* After a commit.  Whoever opens a store alone reads its whole log, and what
 * an ordinary checkpoint did is forgotten when the last process leaves: the
 * log would grow, and every open with it, for ever.  So a long one is emptied;
 * nobody is waited for, as a later commit can do it. */
static int committed(void *busy, sqlite3 *h, const char *name, int pages)
{
    if (pages < LONG)
        return SQLITE_OK;
    sqlite3_busy_handler(h, NULL, NULL);
    sqlite3_wal_checkpoint_v2(h, name, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite_busy_install(h, busy);
    return SQLITE_OK;
}

/* SQLite's own way to open the folder of a file, in order to sync it. */
static int (*open_folder)(const char *path, int *fd);

static bool is_log(const char *path)
{
    size_t n = strlen(path);

    return n > strlen(LOG) && strcmp(path + n - strlen(LOG), LOG) == 0;
}

/* Nothing in the folder of path came or went for long. */
static bool settled(const char *path)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MOST];
    struct stat st;

    if (!slash || slash - path >= PATH_MOST)
        return false;
    snprintf(folder, sizeof(folder), "%.*s/", (int)(slash - path), path);
    return stat(folder, &st) == 0 && st.st_mtime + OLD_S < time(NULL);
}

/* SQLite syncs the folder with each process's first commit, as the log may be
 * new.  That is a second wait for the disk, under the lock; where the log is
 * old it is spared: "cannot open" is what SQLite passes over. */
static int open_folder_of_new(const char *path, int *fd)
{
    if (is_log(path) && settled(path))
        return SQLITE_CANTOPEN;
    return open_folder(path, fd);
}

static void spare_syncs(void)
{
    static const char call[] = "openDirectory";
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    sqlite3_syscall_ptr now;

    if (!vfs || vfs->iVersion < 3 || !vfs->xGetSystemCall)
        return;
    now = vfs->xGetSystemCall(vfs, call);
    if (!now || now == (sqlite3_syscall_ptr)open_folder_of_new)
        return;
    open_folder = (int (*)(const char *, int *))now;
    vfs->xSetSystemCall(vfs, call, (sqlite3_syscall_ptr)open_folder_of_new);
}

int sqlite_busy_open_wal(sqlite3 *h, struct sqlite_busy *p)
{
    int rc;
    int n = 0;

    spare_syncs();
    sqlite_busy_install(h, p);
    /* Many processes that make one new file at once can meet in the switch to
     * WAL, which does not wait by itself. */
    do
        rc = sqlite3_exec(h, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    while (rc == SQLITE_BUSY && busy_handler(p, n++));
    sqlite3_wal_hook(h, committed, p);
    return rc;
}
