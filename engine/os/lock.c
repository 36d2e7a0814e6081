#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"

enum taken { TAKEN, HELD, AGAIN, FAILED };

/* A lock on a file that was meanwhile removed excludes nobody. */
static bool still_there(int fd, const char *path)
{
    struct stat ours;
    struct stat named;

    return fstat(fd, &ours) == 0 && stat(path, &named) == 0 &&
           ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

static enum taken take(const char *path, int *fd)
{
    *fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*fd < 0)
        return FAILED;
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0) {
        if (still_there(*fd, path))
            return TAKEN;
        close(*fd);
        return AGAIN;
    }
    if (errno == EWOULDBLOCK || errno == EINTR) {
        close(*fd);
        return HELD;
    }
    return FAILED;
}

bool file_lock(const char *path, long wait_ms, int *fd, struct err *e)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    int64_t start = clock_ms();
    enum taken t;

    while ((t = take(path, fd)) != TAKEN && t != FAILED) {
        if (t == AGAIN)
            continue;
        if (clock_ms() - start >= wait_ms ||
            (nanosleep(&pause, NULL) != 0 && errno == EINTR)) {
            *fd = -1;
            return err_set(e, ERR_BUSY, "%.300s is locked by another process",
                           path);
        }
    }
    if (t == TAKEN)
        return true;
    os_fail(e, "lock", path);
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return false;
}
