#include <string.h>

#include "redact/rule.h"

/* What stands for no value, or is the name of one. */
static const char *const null_words[] = {"none",
                                         "null",
                                         "nil",
                                         "undefined",
                                         "true",
                                         "false",
                                         "string",
                                         "",
                                         "required",
                                         "optional",
                                         "password",
                                         "passwd",
                                         "secret",
                                         "token",
                                         "bearer",
                                         "basic",
                                         "pass",
                                         "pwd",
                                         "0",
                                         "1",
                                         "yes",
                                         "no",
                                         "changeme",
                                         "changeit",
                                         "test",
                                         "option",
                                         "options",
                                         "flag",
                                         "flags",
                                         "argument",
                                         "field",
                                         "is",
                                         "are",
                                         "or",
                                         "and",
                                         "return",
                                         "raise",
                                         "await",
                                         "if",
                                         "function",
                                         "new",
                                         "auto",
                                         "authorization",
                                         NULL};

static bool is_null_word(const char *text, size_t from, size_t to)
{
    return redact_is_one_of(text, from, to, null_words);
}

/* %NAME%, and the keys that AWS prints in its manuals: …EXAMPLE. */
static bool is_example(const char *text, size_t from, size_t to)
{
    static const char *const ends[] = {"EXAMPLE", "EXAMPLEKEY"};
    size_t i = from + 1;

    for (size_t k = 0; k < 2; k++) {
        size_t n = strlen(ends[k]);

        if (to - from > n && memcmp(text + to - n, ends[k], n) == 0)
            return true;
    }
    if (to - from < 3 || text[from] != '%')
        return false;
    while (i < to && is_word(text[i]))
        i++;
    return i + 1 == to && text[i] == '%';
}

/* What stands between {{ and }}, or behind them where the value was cut. */
static bool is_expression(const char *text, size_t from, size_t to)
{
    if (to - from > 1 && text[to - 1] == '}' && text[to - 2] == '}')
        to -= 2;
    for (size_t i = from; i < to && i < from + 256; i++)
        if (!is_word(text[i]) && !strchr(" \t.()|$\"'-,:/[]=!*\\", text[i]))
            return false;
    return true;
}

/* {name}, {0}, {config.x!r}: between braces stands what a template fills in,
 * but not where the last word of it is random: {AQAA 8f3kX0…}. */
static bool is_template(const char *text, size_t from, size_t to)
{
    size_t word = to - 1;

    if (text[from] != '{' || to - from < 2)
        return false;
    if (text[from + 1] == '{')
        return is_expression(text, from + 2, to);
    if (text[to - 1] != '}')
        return false;
    while (word > from + 1 && text[word - 1] != ' ')
        word--;
    return !redact_is_key(text, word, to - 1) &&
           !redact_is_random(text, word, to - 1) &&
           !redact_is_long_hash(text, word, to - 1);
}

/* [YOUR PASSWORD], and a word of one letter only: yyyy. */
static bool is_stand_in(const char *text, size_t from, size_t to)
{
    size_t i = from + 1;

    if (text[from] == '[' && text[to - 1] == ']') {
        while (i + 1 < to && (is_upper(text[i]) || is_lower(text[i]) ||
                              strchr(" _-", text[i])))
            i++;
        return i + 1 == to;
    }
    while (i < to && text[i] == text[from])
        i++;
    return i == to && to - from > 2 && !is_digit(text[from]);
}

/* %s, %w, %-10q, %(name)s: what a format fills in. */
static bool is_verb(const char *text, size_t from, size_t to)
{
    size_t i = from + 1;

    if (to - from < 2 || text[from] != '%')
        return false;
    while (i < to && strchr("+-#0123456789.", text[i]))
        i++;
    return text[from + 1] == '(' || text[from + 1] == '{' || i + 1 == to;
}

/* Basic ${…}, a value that was cut …, and the first line of a key, which has a
 * rule of its own. */
static bool is_filled_in(const char *text, size_t from, size_t to)
{
    size_t i = from;

    while (i < to && i < from + 8 && (is_word(text[i]) || text[i] == ' '))
        i++;
    if (i + 1 < to && strchr("$#", text[i]) && text[i + 1] == '{')
        return true;
    return redact_word_at(text, to, from, "-----BEGIN ") ||
           (to - from > 3 && memcmp(text + to - 3, "...", 3) == 0);
}

bool redact_is_placeholder(const char *text, size_t from, size_t to)
{
    size_t i, n;

    while (from + 1 < to && text[from] == ' ')
        from++;
    i = from;
    n = to - from;
    if (n > 1 && text[i] == '$')
        return n == 2 || (!is_digit(text[i + 1]) && !is_lower(text[i + 1]));
    if ((text[i] == '<' && text[to - 1] == '>') ||
        is_template(text, from, to) || is_example(text, from, to) ||
        is_stand_in(text, from, to) || is_verb(text, from, to) ||
        is_filled_in(text, from, to) ||
        redact_word_at(text, to, from, "[redacted:") ||
        redact_word_at(text, to, from, "http://") ||
        redact_word_at(text, to, from, "https://"))
        return true;
    while (i < to && strchr("*.xX-?:_#", text[i]))
        i++;
    return i == to;
}

bool redact_is_secret_value(const struct rule *u, const char *text, size_t from,
                            size_t to)
{
    if (to <= from || to - from < u->min || is_null_word(text, from, to) ||
        redact_is_placeholder(text, from, to) ||
        redact_is_own_name(text, from, to))
        return false;
    if ((u->guard & REDACT_NO_PATH) &&
        (strchr("/~.", text[from]) || (to - from > 2 && text[from + 1] == ':')))
        return false;
    return redact_passes_guard(text, from, to, u->guard);
}
