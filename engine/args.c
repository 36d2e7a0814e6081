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
    const char *url;
    int i;

    for (i = 1; argv[i]; i++) {
        const char *a = argv[i];
        int taken = args_store(argv + i, &url);

        o.script = i;
        if (taken > 0) {
            if (*url == '\0' || o.store)
                return bad_option(o);
            o.store = url;
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
        if (a[1] == '-') {
            o.file = true;
            break;
        }
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

bool args_misplaced(char **argv, struct options o, const char *command,
                    bool repl)
{
    const char *option = argv[1];
    int n;

    if (command && option != command) {
        n = (int)strcspn(option, "=");
        fprintf(stderr,
                "%s: option '%.*s' has no meaning before the command '%s': "
                "what belongs to it stands behind, as in '%s heal --store "
                "URL', and '%s -- %s' runs a file\n",
                PROGRAM, n, option, command, PROGRAM, PROGRAM, command);
        return true;
    }
    if (o.bad && args_store(argv + o.script, &option) > 0)
        fprintf(stderr, "%s: option '--store' %s\n", PROGRAM,
                *option ? "stands twice" : "needs a value");
    else if (!o.bad && o.store && !repl)
        fprintf(stderr,
                "%s: option '--store' has no meaning for a script: it is for "
                "the REPL, and for a command as in '%s heal --store URL'\n",
                PROGRAM, PROGRAM);
    else
        return false;
    return true;
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

const char *args_word(char **argv, struct options o)
{
    const char *s;

    argv += o.script;
    while (o.bad && *argv && **argv == '-')
        argv++;
    s = *argv;
    if (o.file)
        return NULL;
    if (!s || *s < 'a' || *s > 'z' ||
        s[strspn(s, "abcdefghijklmnopqrstuvwxyz-")] != '\0')
        return NULL;
    return s;
}

char *args_command(char *option)
{
    static char help[] = "help";
    static char version[] = "version";

    if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0)
        return help;
    return strcmp(option, "--version") == 0 ? version : option;
}
