#include "rows/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/utf8.h"

struct range {
    uint32_t first;
    uint32_t last;
};

/* In rising order, as the next ones. */
static const struct range wide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
    {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF},
    {0x20000, 0x3FFFD}, {UINT32_MAX, 0}};

static const struct range none[] = {
    {0x0300, 0x036F},   {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
    {0x064B, 0x065F},   {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF},   {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064},
    {0x20D0, 0x20FF},   {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF},
    {0x1F3FB, 0x1F3FF}, {UINT32_MAX, 0}};

/* What a terminal shows as nothing and obeys: controls of its own, marks that
 * turn the direction of what follows, line ends, tags. */
static const struct range unseen[] = {
    {0x80, 0x9F},     {0x61C, 0x61C},   {0x200E, 0x200F},   {0x2028, 0x202E},
    {0x2066, 0x2069}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F}, {UINT32_MAX, 0}};

static bool within(const struct range *r, uint32_t code)
{
    while (code > r->last && r->first <= code)
        r++;
    return r->first <= code;
}

static size_t code_width(uint32_t code)
{
    if (code < 0x300)
        return 1;
    if (within(none, code))
        return 0;
    return within(wide, code) ? 2 : 1;
}

/* As text_fit(); *used is how many columns the bytes take. */
static size_t fit(const char *text, size_t len, size_t width, size_t *used)
{
    *used = 0;
    if (utf8_check(text, len) < len)
        return *used = len < width ? len : width;
    for (size_t at = 0, n; at < len; at += n) {
        uint32_t code;
        size_t w;

        n = utf8_decode(text + at, len - at, &code);
        w = code_width(code);
        if (w > width - *used)
            return at;
        *used += w;
    }
    return len;
}

size_t text_fit(const char *text, size_t len, size_t width)
{
    size_t used;

    return fit(text, len, width, &used);
}

size_t text_width(const char *text, size_t len)
{
    size_t used;

    fit(text, len, SIZE_MAX, &used);
    return used;
}

static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f;
}

bool text_is_plain(const char *text, size_t len)
{
    bool plain = true;

    for (size_t i = 0; plain && i < len; i += 64) {
        size_t end = len - i < 64 ? len : i + 64;

        for (size_t k = i; k < end; k++)
            plain &= is_plain(text[k]);
    }
    return plain;
}

enum { PIECE = 12 };

/* What stands for the bytes at a place: how many there are, 0 to keep them.
 * bad says that the first is NUL or no UTF-8. */
typedef size_t stand_in(const char *at, bool bad, char piece[PIECE]);

/* Appends a text with what stands for some of its bytes. */
static bool add_replaced(struct buf *out, const char *text, size_t len,
                         stand_in *replace, struct err *e)
{
    size_t bad = utf8_check(text, len);
    size_t from = 0;
    char piece[PIECE];

    for (size_t i = 0; i < len;) {
        size_t n = 0;

        if (i == bad || !is_plain(text[i]) || text[i] == '"' || text[i] == '\\')
            n = replace(text + i, i == bad, piece);
        if (n > 0 && (!buf_add(out, text + from, i - from, e) ||
                      !buf_adds(out, piece, e)))
            return false;
        i += n > 0 ? n : 1;
        from = n > 0 ? i : from;
        if (bad < i)
            bad = i + utf8_check(text + i, len - i);
    }
    return buf_add(out, text + from, len - from, e);
}

/* The letter behind a backslash for a control character, or NUL. */
static char letter(char c, const char *known)
{
    const char *at = c ? strchr(known, c) : NULL;

    if (at)
        return at[1];
    return '\0';
}

/* Shows a character that a terminal would obey, and its length; 0 for others.
 */
static size_t show_unseen(const char *at, char piece[PIECE])
{
    unsigned char c = (unsigned char)at[0];
    uint32_t code;
    size_t n;

    if (c != 0xc2 && c != 0xd8 && c != 0xe2 && c != 0xef && c != 0xf3)
        return 0;
    n = utf8_decode(at, 4, &code);
    if (!within(unseen, code))
        return 0;
    snprintf(piece, PIECE, code > 0xffff ? "\\U%08x" : "\\u%04x",
             (unsigned)code);
    return n;
}

static size_t show(const char *at, bool bad, char piece[PIECE])
{
    unsigned char c = (unsigned char)at[0];
    char short_form = letter(at[0], "\nn\rr\tt");

    if (short_form && c < 0x20)
        snprintf(piece, PIECE, "\\%c", short_form);
    else if (bad || c < 0x20 || c == 0x7f)
        snprintf(piece, PIECE, "\\x%02x", c);
    else
        return show_unseen(at, piece);
    return 1;
}

bool text_printable(struct buf *out, const char *text, size_t len,
                    struct err *e)
{
    return add_replaced(out, text, len, show, e);
}

static size_t mend(const char *at, bool bad, char piece[PIECE])
{
    if (!bad || *at == '\0')
        return 0;
    snprintf(piece, PIECE, "\xEF\xBF\xBD");
    return 1;
}

bool text_utf8(struct buf *out, const char *text, size_t len, struct err *e)
{
    return add_replaced(out, text, len, mend, e);
}

static size_t in_json(const char *at, bool bad, char piece[PIECE])
{
    char short_form = letter(at[0], "\nn\rr\tt\bb\ff");

    if (at[0] == '"' || at[0] == '\\')
        short_form = at[0];
    else if ((unsigned char)at[0] >= 0x20)
        return mend(at, bad, piece);
    if (!short_form)
        snprintf(piece, PIECE, "\\u%04x", (unsigned char)at[0]);
    else
        memcpy(piece, (char[]){'\\', short_form, '\0'}, 3);
    return 1;
}

static size_t in_json_bytes(const char *at, bool bad, char piece[PIECE])
{
    (void)bad;
    return in_json(at, false, piece);
}

bool text_json(struct buf *out, const char *text, size_t len, struct err *e)
{
    return add_replaced(out, text, len, in_json, e);
}

bool text_quoted(struct buf *out, const char *text, size_t len, struct err *e)
{
    return buf_add(out, "\"", 1, e) &&
           add_replaced(out, text, len, in_json_bytes, e) &&
           buf_add(out, "\"", 1, e);
}
