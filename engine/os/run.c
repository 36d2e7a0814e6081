#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "os/proc.h"

#define CHECK_MS 50     /* between two questions whether the child has exited */
#define CHECK_SOON_MS 1 /* once it has closed its stdout and stderr */
#define KILL_AFTER_S 1.0 /* between SIGTERM and SIGKILL */

enum { IN, OUT, ERRS, REPORT, NPIPES };

struct child {
    pid_t pid;
    int ours[NPIPES]; /* -1 when closed */
    int theirs[NPIPES];
    const char *input;
    size_t ninput;
    size_t max;
    struct buf *bufs[NPIPES];
    double deadline; /* 0 is none */
    bool exited;
    int status;
    struct proc_end *end;
};

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static bool open_pipes(struct child *c)
{
    for (int i = 0; i < NPIPES; i++) {
        int fds[2];

        if (!proc_pipe(fds))
            return false;
        c->ours[i] = fds[i == IN];
        c->theirs[i] = fds[i != IN];
        if (i != REPORT)
            fcntl(c->ours[i], F_SETFL, O_NONBLOCK);
    }
    return true;
}

/* False when there is no child. */
static bool start(struct child *c, const struct proc *p, const char *path)
{
    c->pid = fork();
    if (c->pid != 0)
        return c->pid > 0;
    setpgid(0, 0);
    for (int i = IN; i <= ERRS; i++)
        dup2(c->theirs[i], i);
    proc_close_from(3, c->theirs[REPORT]);
    proc_exec(p, path, c->theirs[REPORT]);
}

static void write_input(struct child *c)
{
    ssize_t n = write(c->ours[IN], c->input, c->ninput);

    if (n >= 0) {
        c->input += n;
        c->ninput -= (size_t)n;
    } else if (errno != EAGAIN && errno != EINTR) {
        c->ninput = 0; /* it does not want to read the rest */
    }
    if (c->ninput == 0)
        close_end(&c->ours[IN]);
}

static bool read_output(struct child *c, int i, struct err *e)
{
    char chunk[16384];
    ssize_t n = read(c->ours[i], chunk, sizeof(chunk));
    size_t room = c->max - c->bufs[i]->len;

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        close_end(&c->ours[i]);
    if (n <= 0)
        return true;
    if ((size_t)n > room) {
        c->end->truncated = true;
        n = (ssize_t)room;
    }
    return buf_add(c->bufs[i], chunk, (size_t)n, e);
}

static void check_exit(struct child *c)
{
    if (!c->exited && waitpid(c->pid, &c->status, WNOHANG) == c->pid)
        c->exited = true;
}

/* Out of time, or interrupted: first politely, then for good. */
static void enforce_deadline(struct child *c)
{
    if (c->deadline == 0 || clock_s() < c->deadline)
        return;
    kill(-c->pid, c->end->timed_out ? SIGKILL : SIGTERM);
    c->end->timed_out = true;
    c->deadline = clock_s() + KILL_AFTER_S;
}

/* One round of moving bytes; false when there is nothing left to wait for. */
static bool exchange(struct child *c, struct err *e, bool *ok)
{
    bool silent = c->ours[OUT] < 0 && c->ours[ERRS] < 0;
    struct pollfd fds[3];
    int n;

    for (int i = IN; i <= ERRS; i++)
        fds[i] = (struct pollfd){.fd = c->ours[i],
                                 .events = i == IN ? POLLOUT : POLLIN};
    n = poll(fds, 3, silent ? CHECK_SOON_MS : CHECK_MS);
    if (n < 0 && errno == EINTR) /* a handler ran: only SIGINT has one */
        c->deadline = 1;
    for (int i = IN; n > 0 && *ok && i <= ERRS; i++) {
        if (!fds[i].revents)
            continue;
        if (i == IN)
            write_input(c);
        else
            *ok = read_output(c, i, e);
    }
    enforce_deadline(c);
    if (n <= 0 || (c->ours[OUT] < 0 && c->ours[ERRS] < 0))
        check_exit(c);
    /* What it left behind may keep the pipes open for ever. */
    return *ok &&
           !(c->exited && (n <= 0 || (c->ours[OUT] < 0 && c->ours[ERRS] < 0)));
}

static void reap(struct child *c)
{
    while (!c->exited && waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
        continue;
    c->end->code = WIFEXITED(c->status) ? WEXITSTATUS(c->status) : -1;
    c->end->signal = WIFSIGNALED(c->status) ? WTERMSIG(c->status) : 0;
}

static bool await_end(struct child *c, struct err *e)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    bool ok = true;

    sigaction(SIGPIPE, &ignore, &before);
    if (c->ninput == 0)
        close_end(&c->ours[IN]);
    while (exchange(c, e, &ok))
        continue;
    sigaction(SIGPIPE, &before, NULL);
    if (!ok)
        kill(-c->pid, SIGKILL);
    reap(c);
    return ok;
}

bool proc_run(const struct proc *p, struct buf *out, struct buf *errs,
              struct proc_end *end, struct err *e)
{
    char path[PATH_MAX];
    struct child c = {
        .ours = {-1, -1, -1, -1},
        .theirs = {-1, -1, -1, -1},
        .input = p->input,
        .ninput = p->ninput,
        .max = p->max,
        .bufs = {[OUT] = out, [ERRS] = errs},
        .deadline = p->timeout > 0 ? clock_s() + p->timeout : 0,
        .end = end,
    };
    bool ok;

    *end = (struct proc_end){0};
    if (!proc_which(p->argv[0], path, sizeof(path), e))
        return false;
    ok = (open_pipes(&c) && start(&c, p, path)) ||
         os_fail(e, "start", p->argv[0]);
    for (int i = 0; i < NPIPES; i++)
        close_end(&c.theirs[i]);
    if (ok && !proc_await_exec(c.ours[REPORT], p->argv[0], e)) {
        reap(&c);
        ok = false;
    } else if (ok) {
        ok = await_end(&c, e);
    }
    for (int i = 0; i < NPIPES; i++)
        close_end(&c.ours[i]);
    return ok;
}
