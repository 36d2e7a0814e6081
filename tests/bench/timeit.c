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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS 16

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

static void become(char **argv, const char *input)
{
    int in = open(input, O_RDONLY);
    int out = open("/dev/null", O_WRONLY);

    if (in >= 0 && out >= 0 && dup2(in, 0) == 0 && dup2(out, 1) == 1) {
        close(in);
        close(out);
        execvp(argv[0], argv);
    }
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

/* vfork, so that this process's own size does not count in. */
static int run(char **argv, const char *input, int command, int round)
{
    struct rusage r;
    double start = now();
    double wall;
    int status;
    pid_t pid = vfork();

    if (pid == 0)
        become(argv, input);
    if (pid < 0 || wait4(pid, &status, 0, &r) != pid) {
        perror("timeit");
        return 1;
    }
    wall = now() - start;
    printf("%d %d %.6f %.6f %ld %d\n", command, round, wall,
           seconds(r.ru_utime) + seconds(r.ru_stime), r.ru_maxrss,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
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
    for (int round = 1; round <= rounds; round++)
        for (int i = 0; i < n; i++)
            failed |= run(commands[i], argv[2], i + 1, round);
    return failed;
}
