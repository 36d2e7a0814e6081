#include <string.h>

#include "rows/row_writer.h"
#include "rows/terminal_text.h"

/* Two blanks between columns. */
#define GAP 2

static bool pad(struct buf *out, size_t n, char with, struct err *e)
{
    for (; n > 0; n--)
        if (!buf_add(out, &with, 1, e))
            return false;
    return true;
}

/* Appends a cell; what is wider than its column is cut on a terminal, and
 * else pushes only its own line. */
static bool add_cell(struct row_writer *w, size_t i, const char *text,
                     size_t len, bool bold, struct err *e)
{
    size_t room = w->shapes[i].width;
    size_t width = terminal_width(text, len);
    bool cut = w->terminal && width > room;
    bool right = !w->shapes[i].text && w->nrows > 0;
    size_t gap = i ? GAP : 0;
    size_t blanks = width < room ? room - width : 0;

    if (cut)
        len = terminal_fit(text, len, room > 0 ? room - 1 : 0);
    return pad(w->out, gap + (right ? blanks : 0), ' ', e) &&
           (!bold || buf_adds(w->out, "\033[1m", e)) &&
           buf_add(w->out, text, len, e) &&
           (!cut || buf_adds(w->out, "…", e)) &&
           (!bold || buf_adds(w->out, "\033[0m", e)) &&
           pad(w->out, right ? 0 : blanks, ' ', e);
}

/* Ends the line that began at from, without blanks at its end. */
static bool end_line(struct buf *out, size_t from, struct err *e)
{
    while (out->len > from && out->data[out->len - 1] == ' ')
        out->len--;
    return buf_adds(out, "\n", e);
}

/* The value of column i as it is shown, in w->cell. */
static bool show(struct row_writer *w, const struct value *v, struct err *e)
{
    buf_clear(&w->cell);
    if (v->kind == VALUE_TEXT)
        return terminal_printable(&w->cell, v->text, v->len, e) &&
               buf_add(&w->cell, "", 0, e);
    return row_writer_value(&w->cell, v, e);
}

/* Takes width from the widest columns until the line fits the terminal. */
static void shrink(struct row_writer *w)
{
    size_t total = GAP * (w->ncols - 1);

    for (size_t i = 0; i < w->ncols; i++)
        total += w->shapes[i].width;
    for (; total > w->terminal; total--) {
        size_t widest = 0;

        for (size_t i = 1; i < w->ncols; i++)
            if (w->shapes[i].width > w->shapes[widest].width)
                widest = i;
        if (w->shapes[widest].width <= 4)
            return;
        w->shapes[widest].width--;
    }
}

static bool write_head(struct row_writer *w, struct err *e)
{
    size_t from = w->out->len;

    for (size_t i = 0; i < w->ncols; i++) {
        buf_clear(&w->cell);
        if (!terminal_printable(&w->cell, w->names[i], strlen(w->names[i]),
                                e) ||
            !add_cell(w, i, w->cell.data ? w->cell.data : "", w->cell.len,
                      w->bold, e))
            return false;
    }
    if (!end_line(w->out, from, e))
        return false;
    for (size_t i = 0; i < w->ncols; i++)
        if (!pad(w->out, i ? GAP : 0, ' ', e) ||
            !pad(w->out, w->shapes[i].width, '-', e))
            return false;
    return buf_adds(w->out, "\n", e);
}

/* Sets the widths, and writes the head and the rows that were held back. */
static bool write_first(struct row_writer *w, struct err *e)
{
    const char *text = w->first.data;
    size_t limit = w->terminal ? w->terminal : TABLE_WIDTH;

    for (size_t i = 0; i < w->ncols; i++)
        if (w->shapes[i].width > limit)
            w->shapes[i].width = limit;
    if (w->terminal)
        shrink(w);
    if (!write_head(w, e))
        return false;
    for (; w->held > 0; w->held--) {
        size_t from = w->out->len;

        for (size_t i = 0; i < w->ncols; i++) {
            size_t len = strlen(text); /* printable: it holds no NUL */

            if (!add_cell(w, i, text, len, false, e))
                return false;
            text += len + 1;
        }
        if (!end_line(w->out, from, e))
            return false;
    }
    buf_free(&w->first);
    return true;
}

static bool hold(struct row_writer *w, const struct value *values,
                 struct err *e)
{
    for (size_t i = 0; i < w->ncols; i++) {
        struct column_shape *shape = &w->shapes[i];
        enum value_kind kind = values[i].kind;
        size_t width;

        if (!show(w, &values[i], e) ||
            !buf_add(&w->first, w->cell.data, w->cell.len + 1, e))
            return false;
        width = terminal_width(w->cell.data, w->cell.len);
        if (width > shape->width)
            shape->width = width;
        shape->text =
            shape->text ||
            !(kind == VALUE_INT || kind == VALUE_REAL || kind == VALUE_NULL);
    }
    w->held++;
    return true;
}

bool row_table_row(struct row_writer *w, const struct value *values,
                   struct err *e)
{
    size_t from;

    if (w->held == w->nrows) { /* nothing was written yet */
        if (w->held < TABLE_FIRST_ROWS && w->first.len < TABLE_FIRST_BYTES)
            return hold(w, values, e);
        if (!write_first(w, e))
            return false;
    }
    from = w->out->len;
    for (size_t i = 0; i < w->ncols; i++)
        if (!show(w, &values[i], e) ||
            !add_cell(w, i, w->cell.data, w->cell.len, false, e))
            return false;
    return end_line(w->out, from, e);
}

bool row_table_end(struct row_writer *w, struct err *e)
{
    return w->held != w->nrows || write_first(w, e);
}
