#include "rows/terminal_text.h"

#include <stdint.h>

#include "core/buf.h"
#include "core/utf8.h"

struct range {
    uint32_t first, last;
};

/* Code points of two columns, and of none; sorted. */
static const struct range WIDE[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
    {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF},
    {0x20000, 0x3FFFD},
};
static const struct range NARROW[] = {
    {0x0300, 0x036F},   {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
    {0x064B, 0x065F},   {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF},   {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064},
    {0x20D0, 0x20FF},   {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF},
    {0x1F3FB, 0x1F3FF},
};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static bool within(const struct range *list, size_t n, uint32_t code)
{
    for (size_t i = 0; i < n && code >= list[i].first; i++)
        if (code <= list[i].last)
            return true;
    return false;
}

static size_t code_width(uint32_t code)
{
    if (code < 0x300)
        return 1;
    if (within(NARROW, COUNT(NARROW), code))
        return 0;
    return within(WIDE, COUNT(WIDE), code) ? 2 : 1;
}

/* The width of the character at text + at, and in *n its bytes. */
static size_t width_at(const char *text, size_t len, size_t at, size_t *n)
{
    uint32_t code;

    *n = 1;
    if ((unsigned char)text[at] < 0x80)
        return 1;
    *n = utf8_decode(text + at, len - at, &code);
    if (*n == 0)
        *n = 1;
    else
        return code_width(code);
    return 1;
}

size_t terminal_fit(const char *text, size_t len, size_t width)
{
    size_t at = 0;
    size_t used = 0;
    size_t n;

    for (; at < len; at += n) {
        used += width_at(text, len, at, &n);
        if (used > width)
            break;
    }
    return at;
}

size_t terminal_width(const char *text, size_t len)
{
    size_t width = 0;
    size_t n;

    for (size_t at = 0; at < len; at += n)
        width += width_at(text, len, at, &n);
    return width;
}

/* The bytes from at on that may be shown as they are. */
static size_t plain(const char *text, size_t len, size_t at)
{
    size_t from = at;

    while (at < len) {
        unsigned char c = (unsigned char)text[at];
        uint32_t code = c;
        size_t n = c < 0x80 ? 1 : utf8_decode(text + at, len - at, &code);

        if (n == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
            break;
        at += n;
    }
    return at - from;
}

bool terminal_printable(struct buf *out, const char *text, size_t len,
                        struct err *e)
{
    size_t at = 0;

    for (;;) {
        size_t n = plain(text, len, at);
        unsigned char c;
        bool ok;

        if (!buf_add(out, text + at, n, e))
            return false;
        at += n;
        if (at >= len)
            return true;
        c = (unsigned char)text[at++];
        if (c == '\n' || c == '\r' || c == '\t')
            ok = buf_addf(out, e, "\\%c",
                          c == '\n'   ? 'n'
                          : c == '\r' ? 'r'
                                      : 't');
        else if (c == 0xc2 && at < len &&
                 ((unsigned char)text[at] & 0xe0) == 0x80)
            ok = buf_addf(out, e, "\\u%04x", (unsigned char)text[at++]);
        else
            ok = buf_addf(out, e, "\\x%02x", c);
        if (!ok)
            return false;
    }
}

bool terminal_utf8(struct buf *out, const char *text, size_t len, struct err *e)
{
    for (;;) {
        size_t n = utf8_check(text, len);

        if (!buf_add(out, text, n, e))
            return false;
        if (n == len)
            return true;
        if (!(text[n] ? buf_adds(out, "\xEF\xBF\xBD", e)
                      : buf_add(out, "", 1, e)))
            return false;
        text += n + 1;
        len -= n + 1;
    }
}
