#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/sql.h"
#include "db/postgres_connection.h"

/* What the catalogue pg_type calls them; libpq has no header for it. */
enum {
    OID_BOOL = 16,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_OID = 26,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_NUMERIC = 1700
};

static bool read_int(const char *text, struct value *v)
{
    char *end;

    errno = 0;
    v->integer = strtoll(text, &end, 10);
    if (errno || end == text || *end)
        return false;
    v->kind = VALUE_INT;
    return true;
}

static bool read_real(const char *text, struct value *v)
{
    char *end;

    errno = 0;
    v->real = strtod(text, &end);
    if (errno || end == text || *end) /* also in a locale with a comma */
        return false;
    v->kind = VALUE_REAL;
    return true;
}

/* How many digits stand between the first and the last that count. */
static size_t count_digits(const char *text, size_t len)
{
    size_t n = 0;

    for (size_t i = strspn(text, "-0."); i < len; i++)
        n += text[i] != '.';
    return n;
}

/* A whole number that fits is an integer; another is a float unless it has
 * more digits than a float keeps, and then it stays text. */
static void read_numeric(const char *text, struct value *v)
{
    char number[64];
    size_t len = strlen(text);

    if (strchr(text, '.')) {
        while (text[len - 1] == '0')
            len--;
        len -= text[len - 1] == '.';
    }
    if (len >= sizeof(number))
        return;
    memcpy(number, text, len);
    number[len] = '\0';
    if (!read_int(number, v) && count_digits(number, len) <= 15)
        read_real(number, v);
}

void pg_value(const PGresult *res, int row, int col, struct value *v)
{
    const char *text = PQgetvalue(res, row, col);

    *v = (struct value){.kind = VALUE_NULL};
    if (PQgetisnull(res, row, col))
        return;
    v->kind = VALUE_TEXT;
    v->text = text;
    v->len = (size_t)PQgetlength(res, row, col);
    switch (PQftype(res, col)) {
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
    case OID_OID:
        read_int(text, v);
        break;
    case OID_FLOAT4:
    case OID_FLOAT8:
        read_real(text, v);
        break;
    case OID_NUMERIC:
        read_numeric(text, v);
        break;
    case OID_BOOL:
        v->kind = VALUE_BOOL;
        v->integer = text[0] == 't';
        break;
    default:
        break;
    }
}
