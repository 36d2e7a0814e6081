/*
 * err.h - why something failed, by value.
 *
 * A struct err lives on the caller's stack; setting it allocates nothing and
 * touches nothing global, so it also works when memory is what ran out.
 */
#ifndef ENGINE_CORE_ERR_H
#define ENGINE_CORE_ERR_H

#include <stdbool.h>

/* Codes exist only where somebody decides by them; see err_name(). */
enum err_code {
    ERR_NONE,
    ERR_NOMEM,       /* memory ran out, or a buffer met its cap */
    ERR_ARG,         /* a name or value that cannot be written as SQL */
    ERR_SCHEMA,      /* a schema that fails its lint */
    ERR_SQL,         /* the store refused the statement */
    ERR_UNSUPPORTED, /* the database does not do such a thing, or not here */
    ERR_NO_TABLE,    /* the statement named a table that is not there */
    ERR_NO_COLUMN,   /* the statement named a column that is not there */
    ERR_NO_SCHEMA,   /* PostgreSQL: the workspace's schema is not there */
    ERR_EXISTS,      /* what was to be made is there already */
    ERR_DENIED,      /* no right to do that */
    ERR_READONLY,    /* the store was opened to be read only */
    ERR_AUTH,        /* not logged in, or a wrong password */
    ERR_BUSY,        /* a lock was not to be had in time */
    ERR_BALANCE,     /* HTTP 402: the account has no credit left */
    ERR_IO,          /* the file, the disk or the line failed */
    ERR_CLOSED,      /* the store has been closed */
    ERR_INTERRUPTED  /* Ctrl-C */
};

struct err {
    enum err_code code;
    int status;   /* HTTP status, or 0 */
    bool unclear; /* the statement may have been carried out all the same */
    char message[480];
};

/* Sets *e (cutting the message at its room); always returns false. */
bool err_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The code as Lua sees it: "no_table", "exists", ... */
const char *err_name(enum err_code code);

/* The code of that name, or ERR_SQL for a name that is none. */
enum err_code err_code(const char *name);

#endif
