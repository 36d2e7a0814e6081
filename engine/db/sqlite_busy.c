#include "db/sqlite_busy.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "os/clock.h"
#include "os/interrupt.h"

/* Pages of 4 KiB: reading them costs what a checkpoint costs per event. */
#define LONG_LOG_PAGES 64

#define LOG_SUFFIX "-wal"
#define PATH_SIZE 4096

/* A name that old is on disk: whoever made it synced it with the first commit,
 * and by default a file system writes names down at least every half minute
 * (ext4 5 s, XFS and btrfs 30 s). */
#define FOLDER_OLD_S 60

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

/* SQLite's own way to open the folder of a file, in order to sync it. */
static int (*sqlite_open_folder)(const char *path, int *fd);

static bool is_log(const char *path)
{
    size_t n = strlen(path);

    return n > strlen(LOG_SUFFIX) &&
           strcmp(path + n - strlen(LOG_SUFFIX), LOG_SUFFIX) == 0;
}

/* Nothing in the folder of path was made or removed for long. */
static bool folder_is_old(const char *path)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_SIZE];
    struct stat st;

    if (!slash || slash - path >= PATH_SIZE)
        return false;
    snprintf(folder, sizeof(folder), "%.*s/", (int)(slash - path), path);
    return stat(folder, &st) == 0 && st.st_mtime + FOLDER_OLD_S < time(NULL);
}

/* SQLite syncs the folder with each process's first commit, as the log may be
 * new.  That is a second wait for the disk, under the lock; where the log is
 * old it is spared: "cannot open" is what SQLite passes over. */
static int open_new_folder(const char *path, int *fd)
{
    if (is_log(path) && folder_is_old(path))
        return SQLITE_CANTOPEN;
    return sqlite_open_folder(path, fd);
}

static void skip_old_folders(void)
{
    static const char call[] = "openDirectory";
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    sqlite3_syscall_ptr now;

    if (!vfs || vfs->iVersion < 3 || !vfs->xGetSystemCall)
        return;
    now = vfs->xGetSystemCall(vfs, call);
    if (!now || now == (sqlite3_syscall_ptr)open_new_folder)
        return;
    sqlite_open_folder = (int (*)(const char *, int *))now;
    vfs->xSetSystemCall(vfs, call, (sqlite3_syscall_ptr)open_new_folder);
}

int sqlite_busy_open_wal(sqlite3 *h, struct sqlite_busy *b)
{
    int rc;
    int n = 0;

    skip_old_folders();
    sqlite_busy_install(h, b);
    /* Many processes that make one new file at once can meet in the switch to
     * WAL, which does not wait by itself. */
    do
        rc = sqlite3_exec(h, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    while (rc == SQLITE_BUSY && busy_handler(b, n++));
    sqlite3_wal_hook(h, empty_long_log, b);
    return rc;
}
