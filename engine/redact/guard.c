/* What a value is made of: random letters, a hash, the words of a name. */
#include <string.h>

#include "redact/rule.h"

#define RANDOM_MIN 16
#define KEY_MIN 10
#define HASH_MIN 32

static int class_of(char c)
{
    return is_digit(c) ? 1 : is_lower(c) ? 2 : is_upper(c) ? 3 : 0;
}

/* Random letters change between digits and letters of either case all the
 * time; words and numbers do so seldom, also where they are joined by signs or
 * as camelCase: a capital and the small letters behind it are one word. */
static bool changes_often(const char *text, size_t from, size_t to)
{
    size_t changes = 0, words = 0, small = 0;
    int last = 0;

    for (size_t i = from; i < to; i++) {
        int now = class_of(text[i]);

        changes += now && last && now != last && !(last == 3 && now == 2);
        small = now == 2 ? small + 1 : 0;
        words += small == 3 && i >= from + 3 && is_upper(text[i - 3]) ? 4
                 : small > 3 && words > 0                             ? 1
                                                                      : 0;
        last = now ? now : last;
    }
    return changes * 5 >= to - from && words * 2 < to - from;
}

static bool is_hash(const char *text, size_t from, size_t to)
{
    while (from < to && (is_hex(text[from]) || text[from] == '-'))
        from++;
    return from == to;
}

bool redact_is_long_hash(const char *text, size_t from, size_t to)
{
    return to - from >= HASH_MIN && is_hash(text, from, to);
}

bool redact_passes_guard(const char *text, size_t from, size_t to,
                         unsigned guard)
{
    unsigned seen = 0;

    if (to - from > REDACT_GUARD_BYTES)
        to = from + REDACT_GUARD_BYTES;
    for (size_t i = from; i < to; i++) {
        if (is_digit(text[i]))
            seen |= REDACT_DIGIT;
        else if (is_upper(text[i]))
            seen |= REDACT_UPPER | REDACT_LETTER;
        else if (is_lower(text[i]))
            seen |= REDACT_LOWER | REDACT_LETTER;
    }
    if (((guard & REDACT_RANDOM) && !changes_often(text, from, to)) ||
        ((guard & REDACT_NO_HASH) && is_hash(text, from, to)))
        return false;
    guard &= REDACT_DIGIT | REDACT_LETTER | REDACT_UPPER | REDACT_LOWER;
    return (guard & ~seen) == 0;
}

bool redact_is_key(const char *text, size_t from, size_t to)
{
    for (size_t i = from; i < to && i < from + REDACT_GUARD_BYTES; i++)
        if (strchr(" \t._([{/$%", text[i]))
            return false;
    return to - from >= KEY_MIN &&
           redact_passes_guard(text, from, to,
                               REDACT_DIGIT | REDACT_LETTER | REDACT_RANDOM);
}

bool redact_is_random(const char *text, size_t from, size_t to)
{
    return to - from >= RANDOM_MIN &&
           redact_passes_guard(text, from, to,
                               REDACT_DIGIT | REDACT_LETTER | REDACT_RANDOM |
                                   REDACT_NO_HASH);
}
