#include <string.h>

#include "redact/rule.h"

static bool equals(const char *text, size_t from, size_t to, const char *word)
{
    return strlen(word) == to - from && redact_word_at(text, to, from, word);
}

static bool is_one_of(const char *text, size_t from, size_t to,
                      const char *const words[])
{
    for (; *words; words++)
        if (equals(text, from, to, *words))
            return true;
    return false;
}

static bool is_null_word(const char *text, size_t from, size_t to)
{
    static const char *const words[] = {
        "none",     "null",     "nil",      "undefined", "true",
        "false",    "string",   "",         "required",  "optional",
        "password", "passwd",   "secret",   "token",     "authorization",
        "bearer",   "basic",    "0",        "1",         "yes",
        "no",       "changeme", "changeit", "test",      "pass",
        "pwd",      NULL};

    return is_one_of(text, from, to, words);
}

bool redact_is_type(const char *text, size_t from, size_t to)
{
    static const char *const words[] = {"string", "str",  "text", "&str",
                                        "bytes",  "char", "any",  "&'static",
                                        "number", NULL};

    return is_one_of(text, from, to, words);
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

/* {name}, {0}, {config.x!r}: between braces stands what a template fills in,
 * but not where the last word of it is random: {AQAA 8f3kX0…}. */
static bool is_template(const char *text, size_t from, size_t to)
{
    size_t word = to - 1;

    if (text[from] != '{' || to - from < 2)
        return false;
    if (text[from + 1] == '{')
        return true;
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

bool redact_is_placeholder(const char *text, size_t from, size_t to)
{
    size_t i = from;
    size_t n = to - from;

    if (n > 1 && text[i] == '$')
        return n == 2 || (!is_digit(text[i + 1]) && !is_lower(text[i + 1]));
    if ((text[i] == '<' && text[to - 1] == '>') ||
        is_template(text, from, to) || is_example(text, from, to) ||
        is_stand_in(text, from, to) ||
        (n > 1 && text[i] == '%' && strchr("s({d", text[i + 1])) ||
        redact_word_at(text, to, from, "[redacted:") ||
        redact_word_at(text, to, from, "http://") ||
        redact_word_at(text, to, from, "https://"))
        return true;
    while (i < to && strchr("*.xX-?", text[i]))
        i++;
    return i == to;
}

bool redact_is_secret_value(const struct rule *u, const char *text, size_t from,
                            size_t to)
{
    if (to <= from || to - from < u->min || is_null_word(text, from, to) ||
        redact_is_placeholder(text, from, to))
        return false;
    if ((u->guard & REDACT_NO_PATH) &&
        (strchr("/~.", text[from]) || (to - from > 2 && text[from + 1] == ':')))
        return false;
    return redact_passes_guard(text, from, to, u->guard);
}

/* Code: getenv(...), process.env.X, args[0], ${X}. */
bool redact_is_code(const struct redact *r, size_t from, size_t to)
{
    bool dots = false;

    if (byte_at(r, to) == '(' || byte_at(r, to) == '[' ||
        (byte_at(r, to) == '{' && r->text[to - 1] == '$'))
        return true;
    for (size_t i = from; i < to && i < from + 256; i++) {
        char c = r->text[i];

        if (c == '.' && i > from && i + 1 < to)
            dots = true;
        else if (!is_lower(c) && !is_upper(c) && c != '_')
            return false;
    }
    return dots;
}

/* A variable's name: letters only, and joined as names are, or saying itself
 * what it holds: new_password, dbPassword, cfg.Secret, password. */
bool redact_is_identifier(const struct redact *r, size_t from, size_t to)
{
    static const char *const words[] = {"pass", "pwd",  "secret", "token",
                                        "key",  "cred", "auth"};
    bool joined = byte_at(r, to) == ')' || byte_at(r, to) == '(';
    bool named = false, digits = false, dots = false;

    for (size_t i = from; i < to && i < from + 256; i++) {
        char c = r->text[i];

        if (!is_word(c) && !strchr(".$", c))
            return false;
        digits = digits || is_digit(c);
        dots = dots || c == '.';
        joined = joined || c == '_' || c == '.' ||
                 (i > from && is_upper(c) && is_lower(r->text[i - 1]));
        for (size_t k = 0; k < sizeof(words) / sizeof(*words) && !named; k++)
            named = redact_word_at(r->text, to, i, words[k]);
    }
    return digits ? dots && named : joined || named;
}

bool redact_is_argument(const struct redact *r, size_t from, size_t to)
{
    bool other = false;

    for (size_t i = from; i < to; i++) {
        char c = r->text[i];

        if ((unsigned char)c <= ' ')
            return false;
        other = other || !(is_lower(c) || is_upper(c) || strchr("_-./:", c));
    }
    return other;
}

/* "password: the one you chose" is prose, "password: hunter" at the end of a
 * line is not, and a digit or a sign in the word makes it a password too. */
bool redact_is_prose(const struct redact *r, size_t from, size_t to)
{
    char c = byte_at(r, to);

    for (size_t i = from; i < to && i < from + 256; i++) {
        bool dot = i + 1 == to && strchr(".:!?", r->text[i]);

        if (!is_lower(r->text[i]) && !is_upper(r->text[i]) && !dot)
            return false;
    }
    return !(c == '\0' || strchr("\r\n\\,;&}\"'", c));
}
