#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
    [ERR_NONE] = "none",
    [ERR_NOMEM] = "nomem",
    [ERR_ARG] = "arg",
    [ERR_SCHEMA] = "schema",
    [ERR_SQL] = "sql",
    [ERR_NO_TABLE] = "no_table",
    [ERR_NO_COLUMN] = "no_column",
    [ERR_NO_SCHEMA] = "no_schema",
    [ERR_EXISTS] = "exists",
    [ERR_DENIED] = "denied",
    [ERR_AUTH] = "auth",
    [ERR_BUSY] = "busy",
    [ERR_BALANCE] = "balance",
    [ERR_IO] = "io",
    [ERR_CLOSED] = "closed",
};

/* Takes back a character of which the cut left only the start. */
static void trim(char *text, size_t len)
{
    size_t at = len;
    unsigned char lead;

    while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
        at--;
    lead = at > 0 ? (unsigned char)text[at - 1] : 0;
    if (lead >= 0xc0 && len - at + 1 < (lead < 0xe0 ? 2U : lead < 0xf0 ? 3 : 4))
        text[at - 1] = '\0';
}

bool err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
    va_list ap;
    int n;

    e->code = code;
    e->status = 0;
    e->unclear = false;
    va_start(ap, fmt);
    n = vsnprintf(e->message, sizeof(e->message), fmt, ap);
    va_end(ap);
    if (n >= (int)sizeof(e->message))
        trim(e->message, sizeof(e->message) - 1);
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
