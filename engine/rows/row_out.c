#include "rows/row_out.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sql.h"
#include "core/utf8.h"
#include "rows/text.h"

#define FULL ((size_t)64 << 10)

/* So much of a text is looked at once. */
#define PIECE ((size_t)16 << 10)

bool row_out_flush(struct row_out *o, struct err *e)
{
    bool ok = !o->write || o->ready.len == 0 ||
              o->write(o->arg, o->ready.data, o->ready.len, e);

    if (o->write)
        buf_clear(&o->ready);
    return ok;
}

static bool add(struct row_out *o, const char *bytes, size_t n, struct err *e)
{
    if (o->write && n >= FULL)
        return row_out_flush(o, e) && o->write(o->arg, bytes, n, e);
    return buf_add(&o->ready, bytes, n, e) &&
           (o->ready.len < FULL || row_out_flush(o, e));
}

bool row_out_fill(struct row_out *o, char c, size_t n, struct err *e)
{
    char piece[64];
    size_t most = sizeof(piece);

    if (c == ' ') {
        o->spaces += n;
        return true;
    }
    memset(piece, c, most);
    for (; n > most; n -= most)
        if (!row_out_add(o, piece, most, e))
            return false;
    return row_out_add(o, piece, n, e);
}

/* Adds the spaces that are pending. */
static bool add_spaces(struct row_out *o, struct err *e)
{
    static const char blank[] = "                                ";
    size_t most = sizeof(blank) - 1;

    for (; o->spaces > most; o->spaces -= most)
        if (!add(o, blank, most, e))
            return false;
    most = o->spaces;
    o->spaces = 0;
    return add(o, blank, most, e);
}

bool row_out_add(struct row_out *o, const char *bytes, size_t n, struct err *e)
{
    size_t len = n;

    while (len > 0 && bytes[len - 1] == ' ')
        len--;
    if (len > 0 &&
        ((o->spaces > 0 && !add_spaces(o, e)) || !add(o, bytes, len, e)))
        return false;
    o->spaces += n - len;
    return true;
}

bool row_out_adds(struct row_out *o, const char *text, struct err *e)
{
    return row_out_add(o, text, strlen(text), e);
}

bool row_out_end_line(struct row_out *o, struct err *e)
{
    o->spaces = 0;
    return add(o, "\n", 1, e);
}

/* The next piece of a text in scratch; it ends with a character. */
static bool piece(struct row_out *o, const char *text, size_t len, size_t *at,
                  bool (*append)(struct buf *, const char *, size_t,
                                 struct err *),
                  struct err *e)
{
    size_t n = len - *at < PIECE ? len - *at : utf8_trim(text + *at, PIECE);

    buf_clear(&o->scratch);
    if (!append(&o->scratch, text + *at, n, e))
        return false;
    *at += n;
    return true;
}

bool row_out_as(struct row_out *o, const char *text, size_t len,
                bool (*append)(struct buf *, const char *, size_t,
                               struct err *),
                struct err *e)
{
    bool ok = true;

    for (size_t at = 0; ok && at < len;)
        ok = piece(o, text, len, &at, append, e) &&
             row_out_add(o, o->scratch.data, o->scratch.len, e);
    return ok;
}

bool row_out_shown(struct row_out *o, const char *text, size_t len,
                   struct err *e)
{
    return text_is_plain(text, len)
               ? row_out_add(o, text, len, e)
               : row_out_as(o, text, len, text_printable, e);
}

bool row_out_measure(struct row_out *o, const char *text, size_t len,
                     size_t *width, struct err *e)
{
    *width = 0;
    for (size_t at = 0; at < len;) {
        if (!piece(o, text, len, &at, text_printable, e))
            return false;
        *width += text_width(o->scratch.data, o->scratch.len);
    }
    return true;
}

void row_out_free(struct row_out *o)
{
    buf_free(&o->ready);
    buf_free(&o->scratch);
}

/* The fewest digits that read as the same number; a fraction marks a float. */
static void write_real(double x, char number[ROW_NUMBER])
{
    int digits = 14;

    do
        snprintf(number, ROW_NUMBER - 2, "%.*g", ++digits, x);
    while (digits < 17 && strtod(number, NULL) != x);
    if (isfinite(x) && !strpbrk(number, ".e"))
        snprintf(number + strlen(number), 3, ".0");
}

const char *row_value_text(const struct value *v, char number[ROW_NUMBER],
                           size_t *len)
{
    switch (v->kind) {
    case VALUE_TEXT:
    case VALUE_JSON:
        *len = v->len;
        return v->text;
    case VALUE_INT:
        snprintf(number, ROW_NUMBER, "%lld", (long long)v->integer);
        break;
    case VALUE_REAL:
        write_real(v->real, number);
        break;
    case VALUE_BOOL:
        snprintf(number, ROW_NUMBER, "%s", v->integer ? "true" : "false");
        break;
    default:
        return NULL;
    }
    *len = strlen(number);
    return number;
}
