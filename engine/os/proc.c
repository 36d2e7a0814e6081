#include "os/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/file.h"

static bool runnable(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           access(path, X_OK) == 0;
}

/* A relative path means our folder, also when the child has another. */
static bool absolute(const char *path, char *out, size_t n)
{
    size_t dir = 0;

    if (path[0] != '/') {
        if (!getcwd(out, n))
            return false;
        dir = strlen(out);
    }
    return (size_t)snprintf(out + dir, n - dir, dir ? "/%s" : "%s", path) <
           n - dir;
}

bool proc_which(const char *name, char *out, size_t n, struct err *e)
{
    const char *path = getenv("PATH");

    if (strchr(name, '/')) {
        if (runnable(name) && absolute(name, out, n))
            return true;
        path = NULL;
    }
    for (const char *p = path; p; p = strchr(p, ':')) {
        size_t len;

        p += *p == ':';
        len = strcspn(p, ":");
        if (*p == '/' && len < n &&
            (size_t)snprintf(out, n, "%.*s/%s", (int)len, p, name) < n &&
            runnable(out))
            return true;
    }
    return err_set(e, ERR_NONE, "no program '%.200s'", name);
}

bool proc_pipe(int fds[2])
{
    int low[2];

    if (pipe(low) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        fds[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
        close(low[i]);
    }
    if (fds[0] >= 0 && fds[1] >= 0)
        return true;
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return false;
}

void proc_close_from(int first, int keep)
{
    struct rlimit lim;
    int top = 65536;

    if (keep >= first) {
        proc_close_from(keep + 1, -1);
        for (int fd = first; fd < keep; fd++)
            close(fd);
        return;
    }
#ifdef SYS_close_range
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0)
        return;
#endif
    if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < (rlim_t)top)
        top = (int)lim.rlim_cur;
    for (int fd = first; fd < top; fd++)
        close(fd);
}

__attribute__((noreturn)) static void report_errno(int report)
{
    int errnum = errno;
    ssize_t n = write(report, &errnum, sizeof(errnum));

    _exit(n == (ssize_t)sizeof(errnum) ? 127 : 126);
}

void proc_exec(const struct proc *p, const char *path, int report)
{
    static const int defaults[] = {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGCHLD};
    sigset_t none;

    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
        signal(defaults[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (!p->cwd || chdir(p->cwd) == 0)
        execve(path, p->argv, p->envp);
    report_errno(report);
}

bool proc_await_exec(int report, const char *name, struct err *e)
{
    int errnum;
    ssize_t n;

    do
        n = read(report, &errnum, sizeof(errnum));
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof(errnum))
        return true;
    errno = errnum;
    return os_fail(e, "start", name);
}

static bool redirect(const char *output)
{
    int in = open("/dev/null", O_RDWR);
    int out = output ? open(output, O_WRONLY | O_CREAT | O_APPEND, 0600) : in;

    return in >= 0 && out >= 0 && dup2(in, 0) == 0 && dup2(out, 1) == 1 &&
           dup2(out, 2) == 2;
}

/* The first child; its own child is nobody's and so is never a zombie. */
static void detach(const struct proc *p, const char *path, int report)
{
    pid_t pid;

    setsid();
    pid = fork();
    if (pid < 0)
        report_errno(report);
    if (pid > 0)
        _exit(0);
    if (!redirect(p->output))
        report_errno(report);
    proc_close_from(3, report);
    proc_exec(p, path, report);
}

bool proc_spawn(const struct proc *p, struct err *e)
{
    char path[PATH_MAX];
    int report[2];
    pid_t pid;
    bool ok;

    if (!proc_which(p->argv[0], path, sizeof(path), e))
        return false;
    if (!proc_pipe(report))
        return os_fail(e, "start", p->argv[0]);
    pid = fork();
    if (pid == 0)
        detach(p, path, report[1]);
    ok = pid > 0 || os_fail(e, "start", p->argv[0]);
    close(report[1]);
    while (ok && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    ok = ok && proc_await_exec(report[0], p->argv[0], e);
    close(report[0]);
    return ok;
}
