/*
 * timeit - exact figures for whole processes.
 *
 * timeit ROUNDS INPUT COMMAND... [:: COMMAND...]...
 *
 * Runs the commands in turn, ROUNDS times each, with the file INPUT as stdin
 * and nothing as stdout.  Prints a line per run: the command's number from 1,
 * its round, wall seconds, CPU seconds, peak memory in KiB, exit code.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS 16

extern char **environ;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* posix_spawn, so that this process's own size does not count in. */
static int run(char **argv, const char *input, int command, int round)
{
    posix_spawn_file_actions_t files;
    struct rusage r;
    double start;
    int status;
    int rc;
    pid_t pid;

    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, input, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    start = now();
    rc = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
    if (rc != 0 || wait4(pid, &status, 0, &r) != pid) {
        fprintf(stderr, "%s: %s\n", argv[0], strerror(rc ? rc : errno));
        return 1;
    }
    printf("%d %d %.6f %.6f %ld %d\n", command, round, now() - start,
           seconds(r.ru_utime) + seconds(r.ru_stime), r.ru_maxrss,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    posix_spawn_file_actions_destroy(&files);
    return status != 0;
}

int main(int argc, char **argv)
{
    char **commands[COMMANDS];
    int n = 0;
    int failed = 0;
    int rounds = argc > 3 ? (int)strtol(argv[1], NULL, 10) : 0;

    if (rounds < 1) {
        fprintf(stderr, "usage: timeit ROUNDS INPUT COMMAND... [:: ...]\n");
        return 64;
    }
    for (int i = 3; i < argc && n < COMMANDS; i++) {
        if (i == 3 || !argv[i - 1])
            commands[n++] = argv + i;
        if (strcmp(argv[i], "::") == 0)
            argv[i] = NULL;
    }
    for (int i = 0; i < n; i++)
        if (!commands[i][0])
            return 64;
    for (int round = 1; round <= rounds; round++)
        for (int i = 0; i < n; i++)
            failed |= run(commands[i], argv[2], i + 1, round);
    return failed;
}
