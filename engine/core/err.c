#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/utf8.h"

static const char *const names[] = {
    [ERR_NONE] = "none",
    [ERR_NOMEM] = "nomem",
    [ERR_ARG] = "arg",
    [ERR_SCHEMA] = "schema",
    [ERR_SQL] = "sql",
    [ERR_UNSUPPORTED] = "unsupported",
    [ERR_NO_TABLE] = "no_table",
    [ERR_NO_COLUMN] = "no_column",
    [ERR_NO_SCHEMA] = "no_schema",
    [ERR_EXISTS] = "exists",
    [ERR_DENIED] = "denied",
    [ERR_READONLY] = "readonly",
    [ERR_AUTH] = "auth",
    [ERR_BUSY] = "busy",
    [ERR_BALANCE] = "balance",
    [ERR_IO] = "io",
    [ERR_CLOSED] = "closed",
    [ERR_INTERRUPTED] = "interrupted",
};

bool err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
    va_list ap;
    int n;
    size_t most = sizeof(e->message) - 1;

    e->code = code;
    e->status = 0;
    e->unclear = false;
    va_start(ap, fmt);
    n = vsnprintf(e->message, sizeof(e->message), fmt, ap);
    va_end(ap);
    if (n > (int)most)
        e->message[utf8_trim(e->message, most)] = '\0';
    return false;
}

const char *err_name(enum err_code code)
{
    return names[code];
}

enum err_code err_code(const char *name)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], name) == 0)
            return (enum err_code)i;
    return ERR_SQL;
}
