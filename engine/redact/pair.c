#include <string.h>

#include "redact/rule.h"

#define TAIL_MAX 32   /* DB_PASSWORD_PROD: what may follow the keyword */
#define QUOTES_MAX 16 /* in a value, before its end is given up */
#define BACKSLASHES_MAX 64

static size_t skip_blanks(const struct redact *r, size_t i)
{
    while (byte_at(r, i) == ' ' || byte_at(r, i) == '\t')
        i++;
    return i;
}

static size_t count_backslashes(const struct redact *r, size_t i)
{
    size_t n = 0;

    while (n < BACKSLASHES_MAX && byte_at(r, i + n) == '\\')
        n++;
    return n;
}

/* Where a name ends that goes on after its keyword, words and blanks of a
 * sentence included. */
static size_t name_end(const char *text, size_t len, size_t i)
{
    size_t limit = len - i > TAIL_MAX ? i + TAIL_MAX : len;

    while (i < limit && (is_word(text[i]) ||
                         (text[i] && strchr("-. \t", text[i]))))
        i++;
    while (text[i - 1] == ' ' || text[i - 1] == '\t')
        i--;
    return i;
}

bool redact_is_secret_name(const char *text, size_t len, const struct rule *u,
                           size_t pos, size_t n, size_t *end)
{
    size_t i = pos + n;
    bool camel = pos > 0 && is_lower(text[pos - 1]) && is_upper(text[pos]);

    if (!u->inside && !camel && !(pos > 0 && text[pos - 1] == '_') &&
        !redact_at_word_start(text, pos))
        return false;
    while (i < len && i < pos + n + TAIL_MAX && is_digit(text[i]))
        i++;
    if (is_upper(text[pos]) && is_upper(text[pos + n - 1]) && i < len &&
        text[i] == '_')
        while (i < len && i < pos + n + TAIL_MAX &&
               (is_upper(text[i]) || is_digit(text[i]) || text[i] == '_'))
            i++;
    if (u->anywhere)
        i = name_end(text, len, i);
    *end = i;
    return i >= len || !(is_lower(text[i]) || is_upper(text[i]) ||
                         is_digit(text[i]) || text[i] == '_');
}

/* True when the name around pos is an option: --password VALUE. */
static bool is_option(const struct redact *r, size_t pos)
{
    size_t low = pos > TAIL_MAX ? pos - TAIL_MAX : 0;

    while (pos > low && (is_lower(r->text[pos - 1]) || r->text[pos - 1] == '-'))
        pos--;
    return r->text[pos] == '-' && byte_at(r, pos + 1) == '-';
}

/* True when the name around pos opens an XML element. */
static bool is_element(const struct redact *r, size_t pos)
{
    size_t low = pos > TAIL_MAX ? pos - TAIL_MAX : 0;

    while (pos > low && (is_word(r->text[pos - 1]) || r->text[pos - 1] == '.' ||
                         r->text[pos - 1] == '-'))
        pos--;
    return pos > 0 && r->text[pos - 1] == '<';
}

/* Skips what stands between a name and its value; *sep tells what it was:
 * '=', ':', ' ' (an option), '>' (an XML element) or 0 for nothing of all. */
static size_t separator(const struct redact *r, const struct rule *u,
                        size_t pos, size_t end, char *sep)
{
    size_t i = end, n = count_backslashes(r, i);

    *sep = 0;
    if (byte_at(r, i) == '>' && is_element(r, pos)) {
        *sep = '>';
        return i + 1;
    }
    if (is_quote(byte_at(r, i + n)))
        i += n + 1;
    if (byte_at(r, i) == ']')
        i++;
    n = skip_blanks(r, i) - i;
    i += n;
    if (byte_at(r, i) == ':' && byte_at(r, i + 1) != ':' &&
        byte_at(r, i + 1) != '/')
        *sep = byte_at(r, ++i) == '=' ? '=' : ':';
    else if (byte_at(r, i) == '=')
        *sep = '=';
    else if (redact_word_at(r->text, r->len, i, "%3d") ||
             redact_word_at(r->text, r->len, i, "%3a"))
        i += 2, *sep = '=';
    else if (n > 0 && byte_at(r, i) != '-' && is_option(r, pos))
        *sep = ' ';
    else if (u->nparts && byte_at(r, i) == ',')
        *sep = '=';
    if (*sep == '=')
        for (i++; byte_at(r, i) == '=' || byte_at(r, i) == '>'; i++)
            continue;
    return skip_blanks(r, i);
}

/* The end of a value that k backslashes and a quote opened, or 0 when its line
 * ends first.  In text that was escaped m times k is 2^m - 1, and so is what
 * closes it, after any number of escaped backslashes of the value's own; a
 * line's end has half as many backslashes, rounded up, and an n. */
static size_t closing_quote(const struct redact *r, size_t from, size_t k,
                            char quote)
{
    size_t n = 0, quotes = 0;

    for (size_t i = from; i < r->len && r->text[i] != '\n'; i++) {
        if (r->text[i] == '\\') {
            n++;
            continue;
        }
        if (r->text[i] == quote) {
            if (n >= k && (n - k) % (2 * (k + 1)) == 0)
                return i - k;
            if (++quotes == QUOTES_MAX)
                return 0;
        }
        if (r->text[i] == 'n' && k > 0 && n % (k + 1) == (k + 1) / 2)
            return 0;
        n = 0;
    }
    return 0;
}

void redact_unquoted_set(struct charset *set)
{
    for (unsigned c = '!'; c < 256; c++)
        set->has[c] = !strchr("\"'`,;&|<>(){}[]\\", (int)c) && c != 127;
}

/* The end of a value without quotes: at white space, a quote, punctuation or
 * an escape such as \n or \"; any other backslash belongs to the value. */
static size_t unquoted_end(struct redact *r, size_t from)
{
    size_t to = redact_run(r, &r->unquoted_runs[0], &r->unquoted, from);

    for (size_t i = 1; i < REDACT_UNQUOTED_RUNS && byte_at(r, to) == '\\';
         i++) {
        size_t n = count_backslashes(r, to);
        char c = byte_at(r, to + n);

        if (c == '\0' || strchr("nrtbfvu0x\"'`/\n", c) ||
            !r->unquoted.has[(unsigned char)c])
            break;
        to = redact_run(r, &r->unquoted_runs[i], &r->unquoted, to + n);
    }
    return to;
}

static bool set_hit(struct redact_hit *hit, size_t from, size_t to)
{
    *hit = (struct redact_hit){.from = from, .to = to};
    return true;
}

static bool match_unquoted(struct redact *r, const struct rule *u, size_t from,
                           char sep, struct redact_hit *hit)
{
    size_t to = unquoted_end(r, from);

    if (!redact_is_secret_value(u, r->text, from, to) ||
        (sep != 's' && redact_is_code(r, from, to)) ||
        (sep == ':' && redact_is_prose(r, from, to)))
        return false;
    return set_hit(hit, from, to);
}

static bool match_value(struct redact *r, const struct rule *u, size_t from,
                        char sep, struct redact_hit *hit)
{
    size_t k, end;

    if (byte_at(r, from) && strchr("bfruL@", byte_at(r, from)) &&
        is_quote(byte_at(r, from + 1)))
        from++;
    k = count_backslashes(r, from);
    if (!is_quote(byte_at(r, from + k)))
        return match_unquoted(r, u, from, sep, hit);
    end = closing_quote(r, from + k + 1, k, byte_at(r, from + k));
    from += k + 1;
    if (!end)
        return match_unquoted(r, u, from, '=', hit);
    return redact_is_secret_value(u, r->text, from, end) &&
           set_hit(hit, from, end);
}

/* "Bearer ", "Basic ": the word stays when another one follows it. */
static size_t skip_scheme(const struct redact *r, size_t from)
{
    size_t i = from;
    size_t n = count_backslashes(r, i);

    if (is_quote(byte_at(r, i + n)))
        i += n + 1;
    n = i;
    while (i < n + 16 && (is_lower(byte_at(r, i)) || is_upper(byte_at(r, i))))
        i++;
    return i > n && byte_at(r, i) == ' ' && byte_at(r, i + 1) > ' ' ? i + 1
                                                                    : from;
}

/* A value of a known shape, in quotes or not. */
static bool match_shape(struct redact *r, struct rule *u, size_t from,
                        struct redact_hit *hit)
{
    size_t k = count_backslashes(r, from);
    size_t start, to;

    if (is_quote(byte_at(r, from + k)))
        from += k + 1;
    to = redact_parts(r, u, from, &start);
    return to && redact_passes_guard(r->text, start, to, u->guard) &&
           set_hit(hit, start, to);
}

bool redact_pair(struct redact *r, struct rule *u, size_t pos, size_t n,
                 struct redact_hit *hit)
{
    size_t end, from, to;
    char sep;

    if (!redact_is_secret_name(r->text, r->len, u, pos, n, &end))
        return false;
    from = separator(r, u, pos, end, &sep);
    if (!sep)
        return false;
    if (u->nparts)
        return match_shape(r, u, from, hit);
    if (sep == '>')
        return match_value(r, u, from, '=', hit);
    if (u->scheme) {
        to = skip_scheme(r, from);
        return match_value(r, u, to, to > from ? 's' : '=', hit);
    }
    to = unquoted_end(r, from);
    if (sep == ':' && redact_is_type(r->text, from, to) &&
        byte_at(r, skip_blanks(r, to)) == '=') /* password: str = "..." */
        from = skip_blanks(r, skip_blanks(r, to) + 1);
    return match_value(r, u, from, sep, hit);
}
