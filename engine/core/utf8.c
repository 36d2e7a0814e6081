#include "core/utf8.h"

#include <stdbool.h>

static bool continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* How many bytes a character with this first byte has. */
static size_t announced(unsigned char lead)
{
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Length of the sequence at p (n bytes left), or 0 when it is none. */
static size_t sequence(const char *p, size_t n)
{
    unsigned char lead = (unsigned char)p[0];
    unsigned char second = n > 1 ? (unsigned char)p[1] : 0;
    size_t len = announced(lead);

    if (len == 1)
        return lead != '\0';
    if (lead < 0xc2 || lead > 0xf4 || len > n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if (!continues(p[i]))
            return 0;
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
        (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
        return 0;
    return len;
}

size_t utf8_decode(const char *text, size_t len, uint32_t *code)
{
    size_t n = sequence(text, len);

    *code = (unsigned char)text[0] & (n > 1 ? 0x7fu >> n : 0x7fu);
    for (size_t i = 1; i < n; i++)
        *code = *code << 6 | ((unsigned char)text[i] & 0x3fu);
    return n;
}

size_t utf8_check(const char *text, size_t len)
{
    size_t i = 0;

    while (i < len) {
        bool ascii = (signed char)text[i] > 0; /* most of it is */
        size_t n = ascii ? 1 : sequence(text + i, len - i);

        if (n == 0)
            return i;
        i += n;
    }
    return len;
}

size_t utf8_next(const char *text, size_t len, size_t at)
{
    do
        at++;
    while (at < len && continues(text[at]));
    return at;
}

size_t utf8_trim(const char *text, size_t len)
{
    size_t at = len;

    while (at > 0 && continues(text[at - 1]))
        at--;
    if (at > 0 && (unsigned char)text[at - 1] >= 0xc0 &&
        len - at + 1 < announced((unsigned char)text[at - 1]))
        return at - 1;
    return len;
}
