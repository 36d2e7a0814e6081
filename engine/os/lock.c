#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "os/interrupt.h"

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
        if (clock_ms() - start >= wait_ms || interrupt_asked())
            return err_set(e, ERR_BUSY, "%.300s is locked by another process",
                           path);
        nanosleep(&pause, NULL);
    }
    return state == LOCKED || os_fail(e, "lock", path);
}

/* Opens path for an append that who takes the file away (renames it, then
 * waits for its lock) can wait for.  A file that was taken meanwhile is not
 * written to: its name leads to a new one.  Somebody else's lock, and a file
 * system without locks, stop nobody for long. */
static int open_to_append(const char *path, unsigned mode, bool shared)
{
    const int flags = O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC;

    for (int tries = 100;; tries--) {
        int fd = open(path, flags | (shared ? O_RDWR : O_WRONLY), (mode_t)mode);

        if (fd < 0 || !shared || tries == 0)
            return fd;
        if (flock(fd, LOCK_SH | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK && errno != EINTR)
                return fd;
        } else if (is_the_same(fd, path)) {
            return fd;
        }
        close(fd);
    }
}

/* Readies a file for a record that must last: the name of a new one is on disk
 * before anything is in it, so that nobody else need look. */
static bool ready_to_last(int fd, const char *path)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return false;
    if (!S_ISREG(st.st_mode)) {
        errno = EINVAL;
        return false;
    }
    if (st.st_size == 0)
        file_sync_folder(path);
    return true;
}

int64_t file_append(const char *path, const char *bytes, size_t n,
                    unsigned mode, bool sync, struct err *e)
{
    ssize_t done = -1;
    int64_t end = -1;
    int fd = open_to_append(path, mode, sync);

    if (fd >= 0 && (!sync || ready_to_last(fd, path)))
        do
            done = write(fd, bytes, n);
        while (done < 0 && errno == EINTR);
    if (done >= 0 && (!sync || fdatasync(fd) == 0))
        end = lseek(fd, 0, SEEK_CUR);
    if (end < 0)
        os_fail(e, "append to", path);
    else if ((size_t)done < n)
        err_set(e, ERR_IO,
                "cannot append to %.300s: the disk took %zd of %zu bytes", path,
                done, n);
    if (fd >= 0)
        close(fd);
    return (size_t)done < n ? -1 : end;
}
