#include "os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err_code code_of(int errnum)
{
    switch (errnum) {
    case EEXIST:
    case ENOTEMPTY:
        return ERR_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_DENIED;
    case ENOENT:
    case ENOTDIR:
        return ERR_NONE;
    case EAGAIN:
    case EBUSY:
        return ERR_BUSY;
    case ENOMEM:
        return ERR_NOMEM;
    default:
        return ERR_IO;
    }
}

bool os_fail(struct err *e, const char *what, const char *path)
{
    int errnum = errno;

    return err_set(e, code_of(errnum), "cannot %s %.300s: %s", what, path,
                   strerror(errnum));
}

static bool too_long(struct err *e, const char *what, const char *path)
{
    errno = ENAMETOOLONG;
    return os_fail(e, what, path);
}

/* Leaves errno as it is. */
static bool is_dir(const char *path)
{
    int errnum = errno;
    struct stat st;
    bool yes = stat(path, &st) == 0 && S_ISDIR(st.st_mode);

    errno = errnum;
    return yes;
}

bool file_mkdirs(const char *path, unsigned mode, struct err *e)
{
    char part[PATH_MAX];
    size_t n = strlen(path);

    if (is_dir(path))
        return true;
    if (n >= sizeof(part))
        return too_long(e, "make", path);
    memcpy(part, path, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        part[i] = '\0';
        if (mkdir(part, (mode_t)mode) != 0 && !is_dir(part))
            return os_fail(e, "make", part);
        part[i] = path[i];
    }
    return true;
}

/* Opens a file for reading; with `regular`, none that could let us wait. */
static int open_to_read(const char *path, bool regular, struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | (regular ? O_NONBLOCK : 0));

    if (fd < 0)
        os_fail(e, "read", path);
    else if (regular && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode) &&
             !S_ISDIR(st.st_mode)) {
        err_set(e, ERR_IO, "cannot read %.300s: it is no regular file", path);
        close(fd);
        fd = -1;
    }
    return fd;
}

bool file_read(const char *path, size_t max, bool regular, struct buf *out,
               struct err *e)
{
    char chunk[16384];
    int fd = open_to_read(path, regular, e);
    bool ok = fd >= 0;

    while (ok && max > 0) {
        size_t want = max < sizeof(chunk) ? max : sizeof(chunk);
        ssize_t n = read(fd, chunk, want);

        if (n == 0)
            break;
        if (n > 0) {
            ok = buf_add(out, chunk, (size_t)n, e);
            max -= (size_t)n;
        } else if (errno != EINTR) {
            ok = os_fail(e, "read", path);
        }
    }
    if (fd >= 0)
        close(fd);
    return ok;
}

bool file_list(const char *path, struct buf *out, size_t *n, struct err *e)
{
    DIR *dir = opendir(path);
    struct dirent *d;
    bool ok = true;

    if (!dir)
        return os_fail(e, "list", path);
    *n = 0;
    errno = 0;
    while (ok && (d = readdir(dir))) {
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0) {
            ok = buf_add(out, d->d_name, strlen(d->d_name) + 1, e);
            ++*n;
        }
        errno = 0;
    }
    if (ok && errno != 0)
        ok = os_fail(e, "list", path);
    closedir(dir);
    return ok;
}

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

/* The folder of path with its slash, "" for the current one. */
static int folder_len(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (int)(slash - path) + 1 : 0;
}

void file_sync_folder(const char *path)
{
    char dir[PATH_MAX];
    int fd;

    if (snprintf(dir, sizeof(dir), "%.*s.", folder_len(path), path) >=
        (int)sizeof(dir))
        return;
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* Where the symlinks at path lead, also when nothing is there yet. */
static bool follow(const char *path, char out[PATH_MAX], struct err *e)
{
    char link[PATH_MAX];

    if (snprintf(out, PATH_MAX, "%s", path) >= PATH_MAX)
        return too_long(e, "write", path);
    for (int hops = 0; hops < 40; hops++) {
        ssize_t n = readlink(out, link, sizeof(link) - 1);
        int dir;

        if (n < 0)
            return true;
        link[n] = '\0';
        dir = link[0] == '/' ? 0 : folder_len(out);
        if (dir + n >= PATH_MAX)
            return too_long(e, "write", path);
        memcpy(out + dir, link, (size_t)n + 1);
    }
    errno = ELOOP;
    return os_fail(e, "write", path);
}

static bool fill(int fd, const char *bytes, size_t n, int mode,
                 const struct stat *old)
{
    /* Root that rewrites a user's file leaves it theirs. */
    if (old && fchown(fd, old->st_uid, old->st_gid) != 0 && errno != EPERM)
        return false;
    return fchmod(fd, (mode_t)mode) == 0 && write_all(fd, bytes, n) &&
           fsync(fd) == 0;
}

/* A rename would take the file from its other names. */
static bool overwrite(const char *path, const char *bytes, size_t n, int mode)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && ftruncate(fd, (off_t)n) == 0 &&
              fill(fd, bytes, n, mode, NULL);

    if (fd >= 0)
        close(fd);
    return ok;
}

bool file_replace(const char *path, const char *bytes, size_t n, int mode,
                  struct err *e)
{
    char real[PATH_MAX];
    char temp[PATH_MAX];
    struct stat st;
    bool linked;
    bool old;
    bool ok;
    int fd;

    if (!follow(path, real, e))
        return false;
    if (snprintf(temp, sizeof(temp), "%.*s.propolis-XXXXXX", folder_len(real),
                 real) >= (int)sizeof(temp))
        return too_long(e, "write", path);
    old = stat(real, &st) == 0;
    if (mode < 0)
        mode = old ? (int)(st.st_mode & 07777) : 0600;
    fd = mkstemp(temp);
    if (fd < 0)
        return os_fail(e, "write", path);
    ok =
        fill(fd, bytes, n, mode, old ? &st : NULL) || os_fail(e, "write", path);
    if (close(fd) != 0 && ok)
        ok = os_fail(e, "write", path);
    linked = old && st.st_nlink > 1;
    if (ok &&
        !(linked ? overwrite(real, bytes, n, mode) : rename(temp, real) == 0))
        ok = os_fail(e, "write", path);
    if (!ok || linked)
        unlink(temp);
    else
        file_sync_folder(real);
    return ok;
}

bool file_create(const char *path, const char *bytes, size_t n, unsigned mode,
                 struct err *e)
{
    bool ok;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);

    if (fd < 0)
        return os_fail(e, "create", path);
    ok = (write_all(fd, bytes, n) && fsync(fd) == 0) ||
         os_fail(e, "create", path);
    close(fd);
    if (ok)
        file_sync_folder(path);
    else
        unlink(path);
    return ok;
}
