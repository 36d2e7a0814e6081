/* What stands where a value could, and is none: a word of a program's text, or
 * of a sentence. */
#include <string.h>

#include "redact/rule.h"

#define WORD_MAX 128 /* no word of a program is longer */

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

bool redact_is_type(const char *text, size_t from, size_t to)
{
    static const char *const words[] = {
        "string",  "str",    "text",       "&str",   "bytes",
        "char",    "any",    "&'static",   "number", "bool",
        "boolean", "int",    "float",      "object", "void",
        "varchar", "Buffer", "Uint8Array", "[]byte", NULL};

    return redact_is_one_of(text, from, to, words);
}

/* Code: getenv(...), process.env.X, args[0], Token{}, &cfg.Secret, ${X}. */
bool redact_is_code(const struct redact *r, size_t from, size_t to)
{
    bool dots = false;

    if (byte_at(r, to) && strchr("([{", r->text[to]))
        return true;
    while (from < to && strchr("*&!", r->text[from]))
        from++;
    for (size_t i = from; i < to && i < from + 256; i++) {
        char c = r->text[i];

        if (c == '.' && i > from && i + 1 < to)
            dots = true;
        else if (!is_lower(c) && !is_upper(c) && c != '_')
            return false;
    }
    return dots;
}

/* True when one of the words for secrets stands in [from, to). */
static bool names_secret(const char *text, size_t from, size_t to)
{
    static const char *const words[] = {"pass", "pwd",  "secret", "token",
                                        "key",  "cred", "auth"};

    for (size_t i = from; i < to; i++)
        for (size_t k = 0; k < sizeof(words) / sizeof(*words); k++)
            if (redact_word_at(text, to, i, words[k]))
                return true;
    return false;
}

/* A variable's name: letters only, and joined as names are, or saying itself
 * what it holds: new_password, dbPassword, cfg.Secret, password. */
bool redact_is_identifier(const struct redact *r, size_t from, size_t to)
{
    bool joined = byte_at(r, to) == ')' || byte_at(r, to) == '(';
    bool digits = false, dots = false;

    if (to > from + 256)
        to = from + 256;
    for (size_t i = from; i < to; i++) {
        char c = r->text[i];

        if (!is_word(c) && !strchr(".$", c))
            return false;
        digits = digits || is_digit(c);
        dots = dots || c == '.';
        joined = joined || c == '_' || c == '.' ||
                 (i > from && is_upper(c) && is_lower(r->text[i - 1]));
    }
    if (dots && r->text[from] == '_' && !is_digit(r->text[from + 1]))
        return true; /* of a compiler: _context6.t7 */
    return digits ? dots && names_secret(r->text, from, to)
                  : joined || names_secret(r->text, from, to);
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

/* The next byte behind i that is no blank, on the same line. */
static char next_on_line(const struct redact *r, size_t i)
{
    return byte_at(r, redact_skip_blanks(r, i));
}

/* True when nothing but a comment stands behind i on its line. */
static bool ends_line(const struct redact *r, size_t i)
{
    char c = next_on_line(r, i);

    return c == '\0' || c == '#' || c == '\n' || c == '\r' || c == '\\' ||
           (c == '/' && byte_at(r, redact_skip_blanks(r, i) + 1) == '/');
}

static bool is_letters(const char *text, size_t from, size_t to)
{
    if (to - from > WORD_MAX)
        return false;
    for (; from < to; from++)
        if (!is_lower(text[from]) && !is_upper(text[from]) && text[from] != '_')
            return false;
    return true;
}

/* Before a name: const, let, a tuple's comma, self. */
static bool declares(const struct redact *r, size_t name)
{
    static const char *const words[] = {"const ", "let ",   "var ", "my ",
                                        "local ", "auto ",  ", ",   "self.",
                                        "this.",  "final ", "val "};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        size_t n = strlen(words[i]);

        if (name >= n && memcmp(r->text + name - n, words[i], n) == 0)
            return true;
    }
    return false;
}

/* password = split, self.password = pw, Password: pw, -- the value is a word of
 * the program's text, not one of an INI or YAML file. */
bool redact_is_variable(const struct redact *r, const struct pair *p,
                        size_t from, size_t to)
{
    size_t name = redact_name_start(r, p->pos);

    if (r->text[from] == '$' && to - from > 1)
        return is_letters(r->text, from + 1, to);
    if (!is_letters(r->text, from, to))
        return false;
    for (size_t i = name; i < p->pos; i++)
        if (r->text[i] == '.' && (is_upper(byte_at(r, i + 1)) ||
                                  redact_word_at(r->text, i, name, "self") ||
                                  redact_word_at(r->text, i, name, "this")))
            return true;
    if (p->sep == ':')
        return byte_at(r, to) == ',' && p->blanks && ends_line(r, to + 1);
    return p->blanks && (declares(r, name) || !ends_line(r, to) ||
                         byte_at(r, p->end + 1) == ':');
}

/* NoPassword, ENCRYPTED_PASSWORD, srt-password, AWS::SecretsManager::Secret:
 * letters joined to a name that says itself what it is for. */
bool redact_is_own_name(const char *text, size_t from, size_t to)
{
    bool joined = false;

    if (to - from > WORD_MAX)
        return false;
    for (size_t i = from; i < to; i++) {
        char c = text[i];

        if (!is_lower(c) && !is_upper(c) && !strchr("_-:.", c))
            return false;
        joined =
            joined ||
            (i > from && i + 1 < to &&
             (strchr("_-:.", c) || (is_upper(c) && is_lower(text[i - 1]))));
    }
    return joined && names_secret(text, from, to);
}

bool redact_breaks_brackets(const char *text, size_t from, size_t to)
{
    static const char open[] = "([{", closed[] = ")]}";
    char stack[32];
    size_t n = 0;

    for (size_t i = from; i < to && i < from + WORD_MAX; i++) {
        const char *o = text[i] ? strchr(open, text[i]) : NULL;
        const char *c = text[i] ? strchr(closed, text[i]) : NULL;

        if (o && n < sizeof(stack))
            stack[n++] = closed[o - open];
        else if (c && (n == 0 || stack[--n] != *c))
            return true;
    }
    return false;
}

/* "password: the one you chose" is prose, "password: hunter" at the end of a
 * line is not, and a digit or a sign in the word makes it a password too. */
bool redact_is_prose(const struct redact *r, size_t from, size_t to)
{
    char c = byte_at(r, to);

    for (size_t i = from; i < to && i < from + 256; i++) {
        bool sign = (i + 1 == to && strchr(".:!?", r->text[i])) ||
                    (i > from && strchr("-'", r->text[i]));

        if (!is_lower(r->text[i]) && !is_upper(r->text[i]) && !sign)
            return false;
    }
    return !(c == '\0' || strchr("\r\n\\,;&}\"'", c));
}
