#include <math.h>
#include <string.h>

#include "core/buf.h"
#include "core/dialect.h"
#include "core/err.h"
#include "core/sql.h"
#include "core/utf8.h"

/* Appends text with each quote (and backslash, when asked) doubled. */
static bool add_doubled(struct buf *out, const char *text, size_t len,
                        bool backslash, struct err *e)
{
    size_t from = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\'' && !(backslash && text[i] == '\\'))
            continue;
        if (!buf_add(out, text + from, i + 1 - from, e) ||
            !buf_add(out, text + i, 1, e))
            return false;
        from = i + 1;
    }
    return buf_add(out, text + from, len - from, e);
}

bool sql_text(struct buf *out, const struct dialect *d, const char *text,
              size_t len, struct err *e)
{
    size_t bad = utf8_check(text, len);
    bool escape = d->escapes && memchr(text, '\\', len) != NULL;

    if (bad < len)
        return err_set(e, ERR_ARG, "%s at byte %zu of a text",
                       text[bad] ? "invalid UTF-8" : "NUL byte", bad + 1);
    return buf_adds(out, escape ? "E'" : "'", e) &&
           add_doubled(out, text, len, escape, e) && buf_add(out, "'", 1, e);
}

static bool real(struct buf *out, double x, struct err *e)
{
    if (!isfinite(x))
        return err_set(e, ERR_ARG, "%s has no SQL literal",
                       isnan(x) ? "NaN" : "infinity");
    return buf_addf(out, e, "%.17g", x);
}

/* The i-th number of a vector; NaN for what is none. */
static double number_at(const struct value *v, size_t i)
{
    if (v->kind == VALUE_FLOATS)
        return v->floats[i];
    if (v->items[i].kind == VALUE_INT)
        return (double)v->items[i].integer;
    return v->items[i].kind == VALUE_REAL ? v->items[i].real : NAN;
}

static bool all_finite(const struct value *v)
{
    for (size_t i = 0; i < v->len; i++)
        if (!isfinite(number_at(v, i)))
            return false;
    return v->len > 0;
}

/* float4 holds nine significant digits. */
static bool floats(struct buf *out, const struct dialect *d,
                   const struct value *v, struct err *e)
{
    if (!all_finite(v))
        return buf_adds(out, "NULL", e);
    if (!buf_adds(out, d->vector[0], e))
        return false;
    for (size_t i = 0; i < v->len; i++)
        if (!buf_addf(out, e, "%s%.9g", i ? "," : "", number_at(v, i)))
            return false;
    return buf_adds(out, d->vector[1], e);
}

static bool wrong_type(const char *have, enum column_type t, struct err *e)
{
    return err_set(e, ERR_ARG, "a %s does not go into a column of type %s",
                   have, column_type_name(t));
}

bool sql_literal(struct buf *out, const struct dialect *d, enum column_type t,
                 const struct value *v, struct err *e)
{
    bool number = t == COL_BIGINT;

    switch (v->kind) {
    case VALUE_NULL:
        return buf_adds(out, "NULL", e);
    case VALUE_FLOATS:
        return t == COL_FLOAT4_ARRAY ? floats(out, d, v, e)
                                     : wrong_type("list of numbers", t, e);
    case VALUE_BOOL:
        return wrong_type("boolean", t, e);
    case VALUE_LIST:
        return wrong_type("list", t, e);
    case VALUE_INT:
        if (!number)
            return wrong_type("number", t, e);
        return buf_addf(out, e, "%lld", (long long)v->integer);
    case VALUE_REAL:
        if (!isfinite(v->real))
            return real(out, v->real, e);
        return wrong_type(number ? "number with a fraction" : "number", t, e);
    case VALUE_TEXT:
    case VALUE_JSON:
        break;
    }
    if (number || t == COL_FLOAT4_ARRAY)
        return wrong_type("text", t, e);
    if (!sql_text(out, d, v->text, v->len, e))
        return false;
    return t != COL_JSONB || buf_adds(out, d->json_cast, e);
}

bool sql_scalar(struct buf *out, const struct dialect *d, const struct value *v,
                struct err *e)
{
    switch (v->kind) {
    case VALUE_INT:
        return buf_addf(out, e, "%lld", (long long)v->integer);
    case VALUE_REAL:
        return real(out, v->real, e);
    case VALUE_BOOL:
        return buf_adds(out, v->integer ? "TRUE" : "FALSE", e);
    case VALUE_TEXT:
    case VALUE_JSON:
        return sql_text(out, d, v->text, v->len, e);
    case VALUE_FLOATS:
    case VALUE_LIST:
        return floats(out, d, v, e);
    case VALUE_NULL:
        break;
    }
    return buf_adds(out, "NULL", e);
}
