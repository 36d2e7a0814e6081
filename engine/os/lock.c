#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"

enum lock_state { LOCKED, HELD, REMOVED, FAILED };

/* A lock on a file that was meanwhile removed excludes nobody. */
static bool is_the_same(int fd, const char *path)
{
    struct stat ours;
    struct stat named;

    return fstat(fd, &ours) == 0 && stat(path, &named) == 0 &&
           ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

/* *fd holds the lock, or is -1. */
static enum lock_state try_lock(const char *path, int *fd)
{
    enum lock_state state = FAILED;
    int errnum;

    *fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*fd < 0)
        return FAILED;
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
        state = is_the_same(*fd, path) ? LOCKED : REMOVED;
    else if (errno == EWOULDBLOCK || errno == EINTR)
        state = HELD;
    if (state == LOCKED)
        return LOCKED;
    errnum = errno;
    close(*fd);
    *fd = -1;
    errno = errnum;
    return state;
}

bool file_lock(const char *path, long wait_ms, int *fd, struct err *e)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    int64_t start = clock_ms();
    enum lock_state state;

    while ((state = try_lock(path, fd)) != LOCKED && state != FAILED) {
        if (state == REMOVED)
            continue;
        if (clock_ms() - start >= wait_ms ||
            (nanosleep(&pause, NULL) != 0 && errno == EINTR))
            return err_set(e, ERR_BUSY, "%.300s is locked by another process",
                           path);
    }
    return state == LOCKED || os_fail(e, "lock", path);
}
