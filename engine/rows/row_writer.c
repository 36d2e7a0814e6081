#include "rows/row_writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "rows/terminal_text.h"

static bool add_real(struct buf *out, double d, struct err *e)
{
    char text[64];

    snprintf(text, sizeof(text), "%.14g", d);
    return buf_adds(out, text, e) &&
           (text[strspn(text, "-0123456789")] || buf_adds(out, ".0", e));
}

bool row_writer_value(struct buf *out, const struct value *v, struct err *e)
{
    switch (v->kind) {
    case VALUE_INT:
        return buf_addf(out, e, "%" PRId64, v->integer);
    case VALUE_REAL:
        return add_real(out, v->real, e);
    case VALUE_BOOL:
        return buf_adds(out, v->integer ? "true" : "false", e);
    case VALUE_TEXT:
        return buf_add(out, v->text, v->len, e);
    default:
        return buf_adds(out, "NULL", e);
    }
}

/* ---- CSV ---- */

static bool csv_field(struct buf *out, const struct value *v, struct err *e)
{
    const char *text = v->text;
    size_t left = v->len;

    if (v->kind == VALUE_NULL)
        return true;
    if (v->kind != VALUE_TEXT)
        return row_writer_value(out, v, e);
    if (left > 0 && !memchr(text, '"', left) && !memchr(text, ',', left) &&
        !memchr(text, '\r', left) && !memchr(text, '\n', left))
        return buf_add(out, text, left, e);
    if (!buf_adds(out, "\"", e))
        return false;
    for (const char *q; left && (q = memchr(text, '"', left));) {
        if (!buf_add(out, text, (size_t)(q - text) + 1, e) ||
            !buf_adds(out, "\"", e))
            return false;
        left -= (size_t)(q - text) + 1;
        text = q + 1;
    }
    return buf_add(out, text, left, e) && buf_adds(out, "\"", e);
}

static bool csv_row(struct row_writer *w, const struct value *values,
                    struct err *e)
{
    for (size_t i = 0; i < w->ncols; i++)
        if ((i && !buf_adds(w->out, ",", e)) ||
            !csv_field(w->out, &values[i], e))
            return false;
    return buf_adds(w->out, "\r\n", e);
}

static struct value text_value(const char *text)
{
    return (struct value){
        .kind = VALUE_TEXT, .text = text, .len = strlen(text)};
}

static bool csv_head(struct row_writer *w, struct err *e)
{
    for (size_t i = 0; i < w->ncols; i++) {
        struct value name = text_value(w->names[i]);

        if ((i && !buf_adds(w->out, ",", e)) || !csv_field(w->out, &name, e))
            return false;
    }
    return buf_adds(w->out, "\r\n", e);
}

/* ---- JSON ---- */

/* Appends a control character or a quote as JSON escapes it. */
static bool json_escape(struct buf *out, unsigned char c, struct err *e)
{
    static const char from[] = "\"\\\b\f\n\r\t";
    static const char to[] = "\"\\bfnrt";
    const char *known = c ? strchr(from, c) : NULL;

    return known ? buf_addf(out, e, "\\%c", to[known - from])
                 : buf_addf(out, e, "\\u%04x", c);
}

static bool json_text(struct row_writer *w, const char *text, size_t len,
                      struct err *e)
{
    size_t at = 0;

    buf_clear(&w->cell);
    if (!terminal_utf8(&w->cell, text, len, e) || !buf_adds(w->out, "\"", e))
        return false;
    text = w->cell.data;
    len = w->cell.len;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= ' ' && c != '"' && c != '\\')
            continue;
        if (!buf_add(w->out, text + at, i - at, e) ||
            !json_escape(w->out, c, e))
            return false;
        at = i + 1;
    }
    return buf_add(w->out, text + at, len - at, e) && buf_adds(w->out, "\"", e);
}

/* The shortest text that reads back as d. */
static bool json_real(struct buf *out, double d, struct err *e)
{
    char text[64];

    if (!isfinite(d))
        return err_set(e, ERR_ARG, "cannot write JSON: %g has no form in JSON",
                       d);
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, d);
        if (strtod(text, NULL) == d)
            break;
    }
    return buf_adds(out, text, e) &&
           (strpbrk(text, ".e") || buf_adds(out, ".0", e));
}

static bool json_value(struct row_writer *w, const struct value *v,
                       struct err *e)
{
    switch (v->kind) {
    case VALUE_TEXT:
        return json_text(w, v->text, v->len, e);
    case VALUE_REAL:
        return json_real(w->out, v->real, e);
    case VALUE_INT:
    case VALUE_BOOL:
        return row_writer_value(w->out, v, e);
    default:
        return buf_adds(w->out, "null", e);
    }
}

static bool json_row(struct row_writer *w, const struct value *values,
                     struct err *e)
{
    if (!buf_adds(w->out, w->nrows ? ",{" : "{", e))
        return false;
    for (size_t i = 0; i < w->ncols; i++)
        if ((i && !buf_adds(w->out, ",", e)) ||
            !json_text(w, w->names[i], strlen(w->names[i]), e) ||
            !buf_adds(w->out, ":", e) || !json_value(w, &values[i], e))
            return false;
    return buf_adds(w->out, "}", e);
}

/* ---- line by line ---- */

static bool line_row(struct row_writer *w, const struct value *values,
                     struct err *e)
{
    size_t widest = 0;

    for (size_t i = 0; i < w->ncols; i++)
        if (w->shapes[i].width > widest)
            widest = w->shapes[i].width;
    if (w->nrows && !buf_adds(w->out, "\n", e))
        return false;
    for (size_t i = 0; i < w->ncols; i++) {
        buf_clear(&w->cell);
        for (size_t pad = w->shapes[i].width; pad < widest; pad++)
            if (!buf_adds(w->out, " ", e))
                return false;
        if (!terminal_printable(w->out, w->names[i], strlen(w->names[i]), e) ||
            !buf_adds(w->out, " = ", e) ||
            !row_writer_value(&w->cell, &values[i], e) ||
            !terminal_printable(w->out, w->cell.data ? w->cell.data : "",
                                w->cell.len, e) ||
            !buf_adds(w->out, "\n", e))
            return false;
    }
    return true;
}

/* ---- all ---- */

static bool measure_names(struct row_writer *w, struct err *e)
{
    for (size_t i = 0; i < w->ncols; i++) {
        buf_clear(&w->cell);
        if (!terminal_printable(&w->cell, w->names[i], strlen(w->names[i]), e))
            return false;
        w->shapes[i].width = terminal_width(w->cell.data, w->cell.len);
    }
    return true;
}

bool row_writer_begin(struct row_writer *w, const char *const *names,
                      size_t ncols, struct err *e)
{
    w->names = names;
    w->ncols = ncols;
    w->shapes = calloc(ncols + 1, sizeof(*w->shapes));
    if (!w->shapes)
        return err_set(e, ERR_NOMEM, "out of memory");
    if (w->format == ROWS_CSV)
        return ncols == 0 || csv_head(w, e);
    if (w->format == ROWS_JSON)
        return buf_adds(w->out, "[", e);
    return measure_names(w, e);
}

bool row_writer_row(struct row_writer *w, const struct value *values,
                    struct err *e)
{
    static bool (*const rows[])(struct row_writer *, const struct value *,
                                struct err *) = {
        [ROWS_TABLE] = row_table_row,
        [ROWS_LINE] = line_row,
        [ROWS_CSV] = csv_row,
        [ROWS_JSON] = json_row,
    };
    bool ok = rows[w->format](w, values, e);

    w->nrows++;
    return ok;
}

bool row_writer_end(struct row_writer *w, struct err *e)
{
    if (w->format == ROWS_JSON)
        return buf_adds(w->out, "]\n", e);
    return w->format != ROWS_TABLE || w->ncols == 0 || row_table_end(w, e);
}

void row_writer_free(struct row_writer *w)
{
    buf_free(&w->cell);
    buf_free(&w->first);
    free(w->shapes);
}
