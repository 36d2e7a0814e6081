/*
 * pty - a program on a real terminal, led by a script on stdin.
 *
 *   pty PROGRAM ARGS... < script        one step per line:
 *     > TEXT     types TEXT; \n \t \e \\ and \xNN as in C
 *     < TEXT     waits until TEXT comes after what was waited for before
 *     size COLUMNS   makes the terminal that wide
 *
 * It never sleeps: every step waits for what it needs, at most 20 s.  What the
 * program wrote, without escape sequences and carriage returns, goes to
 * stdout; the exit code is the program's, 98 when a step failed.
 */
#define _XOPEN_SOURCE 700 /* NOLINT: posix_openpt */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000
#define ROOM (1 << 20)

struct screen {
    char text[ROOM];
    size_t len;
    size_t seen;   /* what was waited for ends here */
    int in_escape; /* 0, 1 after ESC, 2 in ESC [ */
};

static void put(struct screen *s, char c)
{
    if (s->in_escape == 1) {
        s->in_escape = c == '[' || c == '(' ? 2 : 0;
    } else if (s->in_escape == 2) {
        if (c >= '@' && c <= '~')
            s->in_escape = 0;
    } else if (c == '\033') {
        s->in_escape = 1;
    } else if (c != '\r' && c != '\0' && s->len + 1 < ROOM) {
        s->text[s->len++] = c;
        s->text[s->len] = '\0';
    }
}

/* Reads what is there; false at the end or when nothing came in time. */
static bool listen(int master, struct screen *s)
{
    struct pollfd p = {.fd = master, .events = POLLIN};
    char chunk[4096];
    ssize_t n;

    if (poll(&p, 1, PATIENCE_MS) <= 0)
        return false;
    n = read(master, chunk, sizeof(chunk));
    for (ssize_t i = 0; i < n; i++)
        put(s, chunk[i]);
    return n > 0;
}

static bool await(int master, struct screen *s, const char *text)
{
    const char *at;

    while (!(at = strstr(s->text + s->seen, text)))
        if (!listen(master, s))
            return false;
    s->seen = (size_t)(at - s->text) + strlen(text);
    return true;
}

/* One character of a script's text from *p on. */
static char unescape(const char **p)
{
    char hex[3] = {0};
    char c = *(*p)++;

    if (c != '\\' || **p == '\0')
        return c;
    c = *(*p)++;
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'e':
        return '\033';
    case 'x':
        for (int i = 0; i < 2 && **p; i++)
            hex[i] = *(*p)++;
        return (char)strtol(hex, NULL, 16);
    default:
        return c;
    }
}

static void decode(char *text)
{
    const char *from = text;

    while (*from)
        *text++ = unescape(&from);
    *text = '\0';
}

static bool step(int master, struct screen *s, char *line)
{
    struct winsize w = {.ws_row = 24};
    size_t n;

    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "size ", 5) == 0) {
        w.ws_col = (unsigned short)strtol(line + 5, NULL, 10);
        return ioctl(master, TIOCSWINSZ, &w) == 0;
    }
    if (line[0] == '\0')
        return true;
    if (line[1] != ' ')
        return false;
    decode(line + 2);
    n = strlen(line + 2);
    if (line[0] == '>')
        return write(master, line + 2, n) == (ssize_t)n;
    return line[0] == '<' && await(master, s, line + 2);
}

static pid_t start(int master, char **argv)
{
    const char *name = ptsname(master);
    pid_t pid = fork();
    int slave;

    if (pid != 0)
        return pid;
    setsid();
    slave = open(name, O_RDWR);
    if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) != 0)
        _exit(99);
    for (int fd = 0; fd < 3; fd++)
        dup2(slave, fd);
    if (slave > 2)
        close(slave);
    close(master);
    execvp(argv[0], argv);
    _exit(99);
}

static int finish(int master, struct screen *s, pid_t pid, bool ok)
{
    int status = 0;

    while (ok && listen(master, s))
        continue;
    if (!ok)
        kill(pid, SIGKILL);
    close(master);
    waitpid(pid, &status, 0);
    fwrite(s->text, 1, s->len, stdout);
    if (!ok)
        return 98;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    static struct screen screen;
    static char line[65536];
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    bool ok = true;
    pid_t pid;

    if (argc < 2 || master < 0 || grantpt(master) != 0 ||
        unlockpt(master) != 0) {
        fprintf(stderr, "usage: pty PROGRAM ARGS... < script\n");
        return 99;
    }
    pid = start(master, argv + 1);
    while (ok && fgets(line, sizeof(line), stdin)) {
        ok = step(master, &screen, line);
        if (!ok)
            fprintf(stderr, "pty: step failed: %.200s\n", line);
    }
    return finish(master, &screen, pid, ok);
}
