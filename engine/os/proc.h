/*
 * proc.h - other programs, without a shell.
 */
#ifndef ENGINE_OS_PROC_H
#define ENGINE_OS_PROC_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"

/* What to start; everything is borrowed for the length of a call. */
struct proc {
    char *const *argv; /* argv[0] with a slash, or a name found in PATH */
    char *const *envp;
    const char *cwd;    /* or NULL */
    const char *output; /* spawn: where stdout and stderr go, or NULL */
    const char *input;  /* run: what stdin reads */
    size_t ninput;
    double timeout; /* run: seconds; 0 waits as long as it takes */
    size_t max;     /* run: bytes kept of each stream */
};

/* How it ended. */
struct proc_end {
    int code;   /* exit code, or -1 when a signal ended it */
    int signal; /* or 0 */
    bool timed_out;
    bool truncated; /* a stream was longer than max */
};

/* Finds name in PATH (absolute folders only) as out[0..n); "none" when it is
 * not there. */
bool proc_which(const char *name, char *out, size_t n, struct err *e);

/* Starts p in a session of its own that outlives us; it has no fd of ours. */
bool proc_spawn(const struct proc *p, struct err *e);

/* Runs p to its end, appending what it writes to out and errs.  Out of time it
 * is terminated with all it started.  False when it could not be started. */
bool proc_run(const struct proc *p, struct buf *out, struct buf *errs,
              struct proc_end *end, struct err *e);

/* A pipe for a child to come: closed on exec, and neither end is 0, 1 or 2,
 * which the child replaces. */
bool proc_pipe(int fds[2]);

/* In a child: closes every fd from first on but keep. */
void proc_close_from(int first, int keep);

/* In a child: executes p, or writes errno to the pipe report and exits. */
void proc_exec(const struct proc *p, const char *path, int report)
    __attribute__((noreturn));

/* Waits until the child has executed its program; false when it could not,
 * as report then says. */
bool proc_await_exec(int report, const char *name, struct err *e);

#endif
