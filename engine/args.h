/*
 * args.h - the command line as lua.c reads it, and our words on top.
 */
#ifndef ENGINE_ARGS_H
#define ENGINE_ARGS_H

#include <stdbool.h>

struct options {
    int script;        /* index of the script's name; argc when there is none */
    bool bad;          /* argv[script] is an option that does not exist */
    bool file;         /* "--" came: the script is a file, no command */
    bool i, v, e, E;   /* given */
    const char *store; /* --store URL, for the REPL, or NULL */
};

/* Options end at the first argument that is none, after "--", or at "-". */
struct options args_read(char **argv);

/* Says what is wrong with the option, and what options there are. */
void args_complain(const char *bad);

/* Whether an option stands where it has no meaning, and says so on stderr:
 * before a command (NULL: there is none), or --store without a REPL, without
 * a value or twice. */
bool args_misplaced(char **argv, struct options o, const char *command,
                    bool repl);

/* The script's name (or what follows a bad option) when it may be a command:
 * a-z and "-", a letter first; else NULL. */
const char *args_word(char **argv, struct options o);

/* How many arguments "--store URL" or "--store=URL" at argv[0] takes, and its
 * URL; 0 when it is none. */
int args_store(char **argv, const char **url);

/* "--help", "-h" and "--version" are commands by another name; anything else
 * is given back as it is. */
char *args_command(char *option);

#endif
