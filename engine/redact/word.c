/* Words and blanks: what the matchers ask about a place in a text. */
#include <string.h>

#include "redact/rule.h"

bool redact_word_at(const char *text, size_t len, size_t at, const char *word)
{
    for (; *word; word++, at++) {
        if (at >= len)
            return false;
        if (text[at] == *word)
            continue;
        if ((text[at] ^ *word) != 32 || !(is_upper(*word) || is_lower(*word)))
            return false;
    }
    return true;
}

/* ESC [ 3 2 m */
static bool ends_colour(const char *text, size_t at)
{
    size_t i = at - 1;

    if (text[i] != 'm')
        return false;
    while (i > 0 && at - i < 16 &&
           (is_digit(text[i - 1]) || text[i - 1] == ';'))
        i--;
    return i > 0 && text[i - 1] == '[';
}

static bool ends_unicode(const char *text, size_t at)
{
    if (at < 6 || text[at - 5] != 'u' || text[at - 6] != '\\')
        return false;
    for (size_t i = at - 4; i < at; i++)
        if (!is_hex(text[i]))
            return false;
    return true;
}

bool redact_at_word_start(const char *text, size_t at)
{
    if (at == 0 || !is_word(text[at - 1]))
        return true;
    if (at >= 2 && text[at - 2] == '\\' && strchr("nrtbfv0", text[at - 1]))
        return true;
    if (at >= 3 && text[at - 3] == '%' && is_hex(text[at - 2]) &&
        is_hex(text[at - 1]))
        return true;
    return ends_unicode(text, at) || ends_colour(text, at);
}

static bool equals(const char *text, size_t from, size_t to, const char *word)
{
    return strlen(word) == to - from && redact_word_at(text, to, from, word);
}

bool redact_is_one_of(const char *text, size_t from, size_t to,
                      const char *const words[])
{
    for (; *words; words++)
        if (equals(text, from, to, *words))
            return true;
    return false;
}

size_t redact_skip_blanks(const struct redact *r, size_t i)
{
    while (byte_at(r, i) == ' ' || byte_at(r, i) == '\t')
        i++;
    return i;
}
