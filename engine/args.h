/*
 * args.h - the command line as lua.c reads it, and our words on top.
 */
#ifndef ENGINE_ARGS_H
#define ENGINE_ARGS_H

#include <stdbool.h>

struct options {
    int script;        /* index of the script's name; argc when there is none */
    bool bad;          /* argv[script] is an option that does not exist */
    bool i, v, e, E;   /* given */
    const char *store; /* --store URL, for the REPL, or NULL */
};

/* Options end at the first argument that is none, after "--", or at "-". */
struct options args_read(char **argv);

/* Says what is wrong with the option, and what options there are. */
void args_complain(const char *bad);

/* Whether the first argument may be a command: a-z and "-", a letter first. */
bool args_plain_word(const char *s);

/* How many arguments "--store URL" or "--store=URL" at argv[0] takes, and its
 * URL; 0 when it is none. */
int args_store(char **argv, const char **url);

/* "--help", "-h" and "--version" are commands by another name; anything else
 * is given back as it is. */
char *args_command(char *option);

#endif
