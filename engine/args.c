#include "args.h"

#include <stdio.h>
#include <string.h>

#include "run.h"

static struct options bad_option(struct options o)
{
    o.bad = true;
    return o;
}

struct options args_read(char **argv)
{
    struct options o = {0};
    int i;

    for (i = 1; argv[i]; i++) {
        const char *a = argv[i];
        int taken = args_store(argv + i, &o.store);

        o.script = i;
        if (taken > 0) {
            i += taken - 1;
            continue;
        }
        if (a[0] != '-' || a[1] == '\0')
            return o;
        if (strchr("-EivW", a[1])) {
            if (a[2] != '\0')
                return bad_option(o);
        } else if (strchr("el", a[1])) {
            if (a[2] == '\0' && (!argv[i + 1] || argv[++i][0] == '-'))
                return bad_option(o);
        } else {
            return bad_option(o);
        }
        if (a[1] == '-')
            break;
        o.E |= a[1] == 'E';
        o.e |= a[1] == 'e';
        o.i |= a[1] == 'i';
        o.v |= a[1] == 'v' || a[1] == 'i';
    }
    o.script = argv[i] ? i + 1 : i;
    return o;
}

void args_complain(const char *bad)
{
    fprintf(stderr, "%s: ", PROGRAM);
    if (bad[1] == 'e' || bad[1] == 'l')
        fprintf(stderr, "'%s' needs argument\n", bad);
    else
        fprintf(stderr, "unrecognized option '%s'\n", bad);
    fprintf(stderr,
            "usage: %s [options] [script [args]]\n"
            "       %s command [args]     (see '%s help')\n"
            "Available options are:\n"
            "  -e stat   execute string 'stat'\n"
            "  -i        enter interactive mode after executing 'script'\n"
            "  -l mod    require library 'mod' into global 'mod'\n"
            "  -l g=mod  require library 'mod' into global 'g'\n"
            "  -v        show version information\n"
            "  -E        ignore environment variables\n"
            "  -W        turn warnings on\n"
            "  --        stop handling options\n"
            "  -         stop handling options and execute stdin\n",
            PROGRAM, PROGRAM, PROGRAM);
}

int args_store(char **argv, const char **url)
{
    static const char option[] = "--store";
    size_t n = sizeof(option) - 1;

    if (strncmp(argv[0], option, n) != 0)
        return 0;
    if (argv[0][n] == '=') {
        *url = argv[0] + n + 1;
        return 1;
    }
    if (argv[0][n] != '\0' || !argv[1])
        return 0;
    *url = argv[1];
    return 2;
}

bool args_plain_word(const char *s)
{
    return *s >= 'a' && *s <= 'z' &&
           s[strspn(s, "abcdefghijklmnopqrstuvwxyz-")] == '\0';
}

char *args_command(char *option)
{
    static char help[] = "help";
    static char version[] = "version";

    if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0)
        return help;
    return strcmp(option, "--version") == 0 ? version : option;
}
