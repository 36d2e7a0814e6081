#include "rows/inert.h"

#include "core/buf.h"
#include "core/utf8.h"

struct range {
    uint32_t first;
    uint32_t last;
    enum inert_class class;
};

/* In rising order.  Hidden are Unicode's default ignorable code points, the
 * marks of annotation and what has no meaning at all. */
static const struct range ranges[] = {
    {0x00, 0x20, INERT_SPACE},        {0x22, 0x22, INERT_QUOTE},
    {0x3C, 0x3C, INERT_ANGLE},        {0x7F, 0xA0, INERT_SPACE},
    {0xAD, 0xAD, INERT_HIDDEN},       {0x2BA, 0x2BA, INERT_QUOTE},
    {0x2C2, 0x2C2, INERT_ANGLE},      {0x2DD, 0x2DD, INERT_QUOTE},
    {0x2EE, 0x2EE, INERT_QUOTE},      {0x34F, 0x34F, INERT_HIDDEN},
    {0x61C, 0x61C, INERT_BIDI},       {0x115F, 0x1160, INERT_HIDDEN},
    {0x1438, 0x1438, INERT_ANGLE},    {0x1680, 0x1680, INERT_SPACE},
    {0x16B2, 0x16B2, INERT_ANGLE},    {0x17B4, 0x17B5, INERT_HIDDEN},
    {0x180B, 0x180F, INERT_HIDDEN},   {0x2000, 0x200A, INERT_SPACE},
    {0x200B, 0x200D, INERT_HIDDEN},   {0x200E, 0x200F, INERT_BIDI},
    {0x201C, 0x201F, INERT_QUOTE},    {0x2028, 0x2029, INERT_SPACE},
    {0x202A, 0x202E, INERT_BIDI},     {0x202F, 0x202F, INERT_SPACE},
    {0x2033, 0x2033, INERT_QUOTE},    {0x2036, 0x2036, INERT_QUOTE},
    {0x2039, 0x2039, INERT_ANGLE},    {0x205F, 0x205F, INERT_SPACE},
    {0x2060, 0x2065, INERT_HIDDEN},   {0x2066, 0x2069, INERT_BIDI},
    {0x206A, 0x206F, INERT_HIDDEN},   {0x2329, 0x2329, INERT_ANGLE},
    {0x275D, 0x275E, INERT_QUOTE},    {0x276C, 0x276C, INERT_ANGLE},
    {0x276E, 0x276E, INERT_ANGLE},    {0x2770, 0x2770, INERT_ANGLE},
    {0x27E8, 0x27E8, INERT_ANGLE},    {0x2800, 0x2800, INERT_SPACE},
    {0x29FC, 0x29FC, INERT_ANGLE},    {0x3000, 0x3000, INERT_SPACE},
    {0x3003, 0x3003, INERT_QUOTE},    {0x3008, 0x3008, INERT_ANGLE},
    {0x301D, 0x301F, INERT_QUOTE},    {0x3164, 0x3164, INERT_HIDDEN},
    {0xFDD0, 0xFDEF, INERT_HIDDEN},   {0xFE00, 0xFE0F, INERT_HIDDEN},
    {0xFE3F, 0xFE3F, INERT_ANGLE},    {0xFE64, 0xFE64, INERT_ANGLE},
    {0xFEFF, 0xFEFF, INERT_HIDDEN},   {0xFF02, 0xFF02, INERT_QUOTE},
    {0xFF1C, 0xFF1C, INERT_ANGLE},    {0xFFA0, 0xFFA0, INERT_HIDDEN},
    {0xFFF0, 0xFFFC, INERT_HIDDEN},   {0xFFFE, 0xFFFF, INERT_HIDDEN},
    {0x1BCA0, 0x1BCA3, INERT_HIDDEN}, {0x1D173, 0x1D17A, INERT_HIDDEN},
    {0xE0000, 0xE0FFF, INERT_HIDDEN}, {0xF0000, 0x10FFFF, INERT_HIDDEN},
    {UINT32_MAX, 0, INERT_PLAIN}};

enum inert_class inert_class(uint32_t code)
{
    const struct range *r = ranges;

    while (code > r->last && r->first <= code)
        r++;
    return r->first <= code ? r->class : INERT_PLAIN;
}

static const char angle[] = "&lt;";
static const char quote[] = "'";
static const char unknown[] = "\xEF\xBF\xBD";
static const char dots[] = "\xE2\x80\xA6";

/* A line that grows up to a limit. */
struct line {
    struct buf *out;
    size_t start; /* of the line in the buffer */
    size_t limit; /* of the buffer's length */
    size_t fits;  /* the length up to which "…" still has room */
    bool gap;     /* a space is due before the next character */
    bool full;    /* something did not fit */
};

static bool add(struct line *l, const char *bytes, size_t n, struct err *e)
{
    size_t space = l->gap ? 1 : 0;

    if (l->out->len + space + n > l->limit) {
        l->full = true;
        return true;
    }
    if ((space && !buf_add(l->out, " ", 1, e)) || !buf_add(l->out, bytes, n, e))
        return false;
    l->gap = false;
    if (l->out->len + sizeof(dots) - 1 <= l->limit)
        l->fits = l->out->len;
    return true;
}

/* The length of what steers a terminal at a control character: ESC [ or the
 * one character for it, parameters, a letter; else that of the character. */
static size_t sequence(const char *text, size_t len, size_t n)
{
    size_t at = n;

    if (text[0] == '\x1b' && len > 1 && text[1] == '[')
        at = 2;
    else if (n != 2 || text[0] != '\xC2' || text[1] != '\x9B')
        return n;
    while (at < len && text[at] >= 0x20 && text[at] < 0x40)
        at++;
    return at < len && text[at] >= 0x40 && text[at] < 0x7f ? at + 1 : n;
}

/* Adds the character at text, of n bytes; *used is how many were read. */
static bool add_character(struct line *l, const char *text, size_t len,
                          size_t *used, struct err *e)
{
    uint32_t code;
    size_t n = utf8_decode(text, len, &code);
    size_t steers;

    *used = n ? n : 1;
    if (n == 0 && text[0] != '\0')
        return add(l, unknown, sizeof(unknown) - 1, e);
    switch (inert_class(code)) {
    case INERT_SPACE:
        steers = sequence(text, len, *used);
        l->gap |= steers == *used && l->out->len > l->start;
        *used = steers;
        return true;
    case INERT_HIDDEN:
    case INERT_BIDI:
        return true;
    case INERT_ANGLE:
        return add(l, angle, sizeof(angle) - 1, e);
    case INERT_QUOTE:
        return add(l, quote, sizeof(quote) - 1, e);
    default:
        return add(l, text, n, e);
    }
}

bool text_inert(struct buf *out, const char *text, size_t len, size_t max,
                struct err *e)
{
    struct line l = {.out = out, .start = out->len, .fits = out->len};

    l.limit = out->len + max;
    for (size_t i = 0, n; i < len && !l.full; i += n)
        if (!add_character(&l, text + i, len - i, &n, e))
            return false;
    if (!l.full)
        return true;
    out->len = l.fits;
    return buf_adds(out, dots, e);
}
