#include "rows/row_table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/sql.h"
#include "core/utf8.h"
#include "rows/row_out.h"
#include "rows/text.h"

/* So many rows or bytes of text are looked at for the widths. */
#define HELD_ROWS 100
#define HELD_BYTES ((size_t)256 << 10)

/* No column is wider without a terminal; on one it is the terminal. */
#define WIDEST 100
#define NARROWEST 4

#define GAP 2 /* between two columns */

struct row_column {
    size_t width;
    bool left; /* some value is no number */
};

/* A cell before it is written, and how wide it is then. */
struct cell {
    char number[ROW_NUMBER];
    const char *text;
    size_t len;
    size_t width;
};

static bool read_cell(struct row_out *o, const struct value *v, struct cell *c,
                      struct err *e)
{
    c->text = row_value_text(v, c->number, &c->len);
    if (!c->text) {
        c->text = "NULL";
        c->len = 4;
    }
    c->width = c->len;
    return text_is_plain(c->text, c->len) ||
           row_out_measure(o, c->text, c->len, &c->width, e);
}

/* Adds the first columns of a cell and "…". */
static bool add_cut(struct row_out *o, const struct cell *c, size_t width,
                    struct err *e)
{
    size_t most = c->len < 4 * width ? c->len : utf8_trim(c->text, 4 * width);
    size_t fits;

    buf_clear(&o->scratch);
    if (!text_printable(&o->scratch, c->text, most, e))
        return false;
    fits = text_fit(o->scratch.data, o->scratch.len, width ? width - 1 : 0);
    return row_out_add(o, o->scratch.data, fits, e) &&
           row_out_adds(o, "\xE2\x80\xA6", e);
}

/* Adds a cell in its column.  One that is wider takes of the line's slack. */
static bool add_cell(struct row_out *o, const struct cell *c,
                     const struct row_column *column, size_t *slack,
                     struct err *e)
{
    size_t width = column->width;
    size_t pad = c->width < width ? width - c->width : 0;
    size_t over = c->width > width ? c->width - width : 0;
    bool cut = over > *slack;

    over = cut ? *slack : over;
    *slack -= over;
    if (!column->left)
        row_out_fill(o, ' ', pad, e);
    if (!(cut ? add_cut(o, c, width + over, e)
              : row_out_shown(o, c->text, c->len, e)))
        return false;
    return !column->left || row_out_fill(o, ' ', pad, e);
}

static bool add_line(const struct row_table *t, struct row_out *o,
                     const struct value *row, struct err *e)
{
    size_t slack = t->slack;
    struct cell c;

    for (size_t i = 0; i < t->ncols; i++) {
        if (i > 0)
            row_out_fill(o, ' ', GAP, e);
        if (!read_cell(o, &row[i], &c, e) ||
            !add_cell(o, &c, &t->columns[i], &slack, e))
            return false;
    }
    return row_out_end_line(o, e);
}

static struct value name_of(const struct row_table *t, size_t i)
{
    return (struct value){
        .kind = VALUE_TEXT, .text = t->names[i], .len = strlen(t->names[i])};
}

static bool add_head(const struct row_table *t, struct row_out *o,
                     struct err *e)
{
    size_t slack = t->slack;
    struct cell c;

    for (size_t i = 0; i < t->ncols; i++) {
        struct value name = name_of(t, i);

        if (i > 0)
            row_out_fill(o, ' ', GAP, e);
        if (!read_cell(o, &name, &c, e) ||
            (t->bold && !row_out_adds(o, "\033[1m", e)) ||
            !add_cell(o, &c, &t->columns[i], &slack, e) ||
            (t->bold && !row_out_adds(o, "\033[0m", e)))
            return false;
    }
    if (!row_out_end_line(o, e))
        return false;
    for (size_t i = 0; i < t->ncols; i++) {
        row_out_fill(o, ' ', i > 0 ? GAP : 0, e);
        if (!row_out_fill(o, '-', t->columns[i].width, e))
            return false;
    }
    return row_out_end_line(o, e);
}

static bool widen(struct row_table *t, struct row_out *o, size_t i,
                  const struct value *v, struct err *e)
{
    size_t most = t->room ? t->room : WIDEST;
    struct row_column *column = &t->columns[i];
    struct cell c;

    if (!read_cell(o, v, &c, e))
        return false;
    if (c.width > most)
        c.width = most;
    if (c.width > column->width)
        column->width = c.width;
    return true;
}

static bool measure(struct row_table *t, struct row_out *o,
                    const struct value *row, struct err *e)
{
    for (size_t i = 0; i < t->ncols; i++) {
        enum value_kind kind = row[i].kind;

        t->columns[i].left |=
            kind != VALUE_NULL && kind != VALUE_INT && kind != VALUE_REAL;
        if (!widen(t, o, i, &row[i], e))
            return false;
    }
    return true;
}

static bool prepare(struct row_table *t, struct row_out *o, struct err *e)
{
    t->columns = calloc(t->ncols + 1, sizeof(*t->columns));
    t->held = calloc(t->ncols * HELD_ROWS + 1, sizeof(*t->held));
    if (!t->columns || !t->held)
        return err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < t->ncols; i++) {
        struct value name = name_of(t, i);

        if (!widen(t, o, i, &name, e))
            return false;
    }
    return true;
}

/* Takes width from the widest columns until all fit into the terminal. */
static void shrink(struct row_table *t)
{
    size_t total = t->ncols ? GAP * (t->ncols - 1) : 0;

    for (size_t i = 0; i < t->ncols; i++)
        total += t->columns[i].width;
    while (t->room && total > t->room) {
        struct row_column *widest = t->columns;

        for (size_t i = 1; i < t->ncols; i++)
            if (t->columns[i].width > widest->width)
                widest = &t->columns[i];
        if (widest->width <= NARROWEST)
            break;
        widest->width--;
        total--;
    }
    t->slack = !t->room ? SIZE_MAX : total < t->room ? t->room - total : 0;
}

static bool hold(struct row_table *t, const struct value *row, struct err *e)
{
    struct value *copy = t->held + t->nheld++ * t->ncols;

    for (size_t i = 0; i < t->ncols; i++) {
        char *text = NULL;

        if (row[i].text) {
            text = malloc(row[i].len + 1);
            if (!text)
                return err_set(e, ERR_NOMEM, "out of memory");
            memcpy(text, row[i].text, row[i].len);
            t->bytes += row[i].len;
        }
        copy[i] = row[i];
        copy[i].text = text;
    }
    return true;
}

/* Ends the time of holding: the widths are known. */
static bool start(struct row_table *t, struct row_out *o, struct err *e)
{
    bool ok;

    t->started = true;
    shrink(t);
    ok = add_head(t, o, e);
    for (size_t r = 0; ok && r < t->nheld; r++)
        ok = add_line(t, o, t->held + r * t->ncols, e);
    return ok;
}

bool row_table_add(struct row_table *t, struct row_out *o,
                   const struct value *row, struct err *e)
{
    if (t->started)
        return add_line(t, o, row, e);
    if ((!t->columns && !prepare(t, o, e)) || !measure(t, o, row, e) ||
        !hold(t, row, e))
        return false;
    return (t->nheld < HELD_ROWS && t->bytes < HELD_BYTES) || start(t, o, e);
}

bool row_table_end(struct row_table *t, struct row_out *o, struct err *e)
{
    if (!t->columns && !prepare(t, o, e))
        return false;
    return t->started || start(t, o, e);
}

void row_table_free(struct row_table *t)
{
    for (size_t i = 0; t->held && i < t->nheld * t->ncols; i++)
        free((char *)t->held[i].text);
    free(t->held);
    free(t->columns);
    *t = (struct row_table){0};
}
