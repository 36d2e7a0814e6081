#include "rows/row_writer.h"

#include <math.h>
#include <string.h>

#include "core/err.h"
#include "core/sql.h"
#include "rows/text.h"

const char *const row_formats[] = {[ROWS_TABLE] = "table",
                                   [ROWS_CSV] = "csv",
                                   [ROWS_JSON] = "json",
                                   [ROWS_LINE] = "line",
                                   NULL};

/* CSV ---------------------------------------------------------------------- */

static bool csv_field(struct row_out *o, const char *text, size_t len,
                      struct err *e)
{
    const char *end = text + len;
    const char *quote;

    if (len > 0 && !memchr(text, '"', len) && !memchr(text, ',', len) &&
        !memchr(text, '\n', len) && !memchr(text, '\r', len))
        return row_out_add(o, text, len, e);
    if (!row_out_adds(o, "\"", e))
        return false;
    while ((quote = memchr(text, '"', (size_t)(end - text))) != NULL) {
        if (!row_out_add(o, text, (size_t)(quote + 1 - text), e) ||
            !row_out_adds(o, "\"", e))
            return false;
        text = quote + 1;
    }
    return row_out_add(o, text, (size_t)(end - text), e) &&
           row_out_adds(o, "\"", e);
}

static bool csv_head(struct row_writer *w, struct err *e)
{
    const char *const *names = w->table.names;

    for (size_t i = 0; i < w->table.ncols; i++)
        if ((i > 0 && !row_out_adds(&w->out, ",", e)) ||
            !csv_field(&w->out, names[i], strlen(names[i]), e))
            return false;
    return row_out_adds(&w->out, "\r\n", e);
}

static bool csv_row(struct row_writer *w, const struct value *row,
                    struct err *e)
{
    char number[ROW_NUMBER];

    for (size_t i = 0; i < w->table.ncols; i++) {
        size_t len;
        const char *text = row_value_text(&row[i], number, &len);

        if ((i > 0 && !row_out_adds(&w->out, ",", e)) ||
            (text && !csv_field(&w->out, text, len, e)))
            return false;
    }
    return row_out_adds(&w->out, "\r\n", e);
}

/* JSON --------------------------------------------------------------------- */

static bool json_text(struct row_out *o, const char *text, size_t len,
                      struct err *e)
{
    return row_out_adds(o, "\"", e) && row_out_as(o, text, len, text_json, e) &&
           row_out_adds(o, "\"", e);
}

static bool json_value(struct row_out *o, const struct value *v, struct err *e)
{
    char number[ROW_NUMBER];
    size_t len;
    const char *text = row_value_text(v, number, &len);

    if (!text)
        return row_out_adds(o, "null", e);
    if (v->kind == VALUE_TEXT)
        return json_text(o, text, len, e);
    if (v->kind == VALUE_REAL && !isfinite(v->real))
        return err_set(e, ERR_ARG, "cannot write JSON: %s has no form in JSON",
                       number);
    return row_out_add(o, text, len, e);
}

static bool json_row(struct row_writer *w, const struct value *row, bool first,
                     struct err *e)
{
    bool ok = row_out_adds(&w->out, first ? "{" : ",{", e);

    for (size_t i = 0; ok && i < w->table.ncols; i++) {
        const char *name = w->table.names[i];

        ok = (i == 0 || row_out_adds(&w->out, ",", e)) &&
             json_text(&w->out, name, strlen(name), e) &&
             row_out_adds(&w->out, ":", e) && json_value(&w->out, &row[i], e);
    }
    return ok && row_out_adds(&w->out, "}", e);
}

/* Lines -------------------------------------------------------------------- */

static bool line(struct row_writer *w, size_t i, const struct value *v,
                 struct err *e)
{
    const char *name = w->table.names[i];
    char number[ROW_NUMBER];
    size_t width;
    size_t len = 4;
    const char *text = row_value_text(v, number, &len);

    return row_out_measure(&w->out, name, strlen(name), &width, e) &&
           row_out_fill(&w->out, ' ', w->name_width - width, e) &&
           row_out_shown(&w->out, name, strlen(name), e) &&
           row_out_adds(&w->out, " = ", e) &&
           row_out_shown(&w->out, text ? text : "NULL", len, e) &&
           row_out_adds(&w->out, "\n", e);
}

static bool lines(struct row_writer *w, const struct value *row, bool first,
                  struct err *e)
{
    bool ok = first || row_out_adds(&w->out, "\n", e);

    for (size_t i = 0; ok && i < w->table.ncols; i++)
        ok = line(w, i, &row[i], e);
    return ok;
}

static bool measure_names(struct row_writer *w, struct err *e)
{
    for (size_t i = 0; i < w->table.ncols; i++) {
        const char *name = w->table.names[i];
        size_t width;

        if (!row_out_measure(&w->out, name, strlen(name), &width, e))
            return false;
        if (width > w->name_width)
            w->name_width = width;
    }
    return true;
}

/* All ---------------------------------------------------------------------- */

static bool begin(struct row_writer *w, struct err *e)
{
    w->begun = true;
    switch (w->format) {
    case ROWS_CSV:
        return w->table.ncols == 0 || csv_head(w, e);
    case ROWS_JSON:
        return row_out_adds(&w->out, "[", e);
    case ROWS_LINE:
        return measure_names(w, e);
    case ROWS_TABLE:
        break;
    }
    return true;
}

bool row_writer_add(struct row_writer *w, const struct value *row,
                    struct err *e)
{
    bool first = !w->begun;

    if (first && !begin(w, e))
        return false;
    switch (w->format) {
    case ROWS_CSV:
        return csv_row(w, row, e);
    case ROWS_JSON:
        return json_row(w, row, first, e);
    case ROWS_LINE:
        return lines(w, row, first, e);
    case ROWS_TABLE:
        break;
    }
    return row_table_add(&w->table, &w->out, row, e);
}

bool row_writer_flush(struct row_writer *w, struct err *e)
{
    bool table = w->format == ROWS_TABLE && w->table.ncols > 0;

    return (!table || row_table_end(&w->table, &w->out, e)) &&
           row_out_flush(&w->out, e);
}

bool row_writer_end(struct row_writer *w, struct err *e)
{
    return (w->begun || begin(w, e)) &&
           (w->format != ROWS_JSON || row_out_adds(&w->out, "]\n", e)) &&
           row_writer_flush(w, e);
}

void row_writer_free(struct row_writer *w)
{
    row_table_free(&w->table);
    row_out_free(&w->out);
}
