#include <string.h>

#include "redact/rule.h"

#define ODD_MIN 8
#define CELL_MIN 8
#define QUOTES_MAX 16 /* in a value, before its end is given up */

/* name = ' or name: ' where an escaped line's end may stand before it: then a
 * quote opened there, and closed none. */
static bool opens_field(const struct redact *r, size_t from, size_t to)
{
    while (to > from && (byte_at(r, to - 1) == ' ' || r->text[to - 1] == '\\'))
        to--;
    return to > from && strchr("=:", r->text[to - 1]) != NULL;
}

/* In text that was escaped m times k is 2^m - 1, and so is what
 * closes it, after any number of escaped backslashes of the value's own; a
 * line's end has half as many backslashes, rounded up, and an n. */
size_t redact_closing_quote(const struct redact *r, size_t from, size_t k,
                            char quote)
{
    size_t n = 0, quotes = 0, line = 0;

    for (size_t i = from; i < r->len && r->text[i] != '\n'; i++) {
        if (r->text[i] == '\\') {
            n++;
            continue;
        }
        if (r->text[i] == quote) {
            if (n >= k && (n - k) % (2 * (k + 1)) == 0)
                return line && opens_field(r, line, i) ? 0 : i - k;
            if (++quotes == QUOTES_MAX)
                return 0;
        }
        if (r->text[i] == 'n' && k > 0 && n % (k + 1) == (k + 1) / 2)
            return 0;
        if (r->text[i] == 'n' && n > 0 && !line)
            line = i;
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
size_t redact_unquoted_end(struct redact *r, size_t from)
{
    size_t to = redact_run(r, &r->unquoted_runs[0], &r->unquoted, from);

    for (size_t i = 1; i < REDACT_UNQUOTED_RUNS && byte_at(r, to) == '\\';
         i++) {
        size_t n = redact_backslashes(r, to);
        char c = byte_at(r, to + n);

        if (c == '\0' || strchr("nrtbfvu0x\"'`/\n", c) ||
            !r->unquoted.has[(unsigned char)c])
            break;
        to = redact_run(r, &r->unquoted_runs[i], &r->unquoted, to + n);
    }
    return to;
}

/* x=1 behind an ampersand, as in a form's body. */
static bool is_next_field(const struct redact *r, size_t i)
{
    for (i++; is_word(byte_at(r, i)); i++)
        continue;
    return byte_at(r, i) == '=';
}

/* On a line of its own, NAME=value or name: value, a value without quotes has
 * any punctuation and ends at white space. */
size_t redact_line_end(const struct redact *r, size_t to)
{
    for (; (unsigned char)byte_at(r, to) > ' '; to++)
        if ((r->text[to] == '&' && is_next_field(r, to)) ||
            (r->text[to] == '\\' && byte_at(r, to + 1) &&
             strchr("nrt\"", byte_at(r, to + 1))))
            break;
    while (r->text[to - 1] == ',' || r->text[to - 1] == ';')
        to--;
    return to;
}

static bool set_hit(struct redact_hit *hit, size_t from, size_t to)
{
    *hit = (struct redact_hit){.from = from, .to = to};
    return true;
}

/* Separators behind which other things than values stand more often. */
static bool is_distant(char sep)
{
    return sep == '|' || sep == ',' || sep == 'w' || sep == '(';
}

/* True when [from, to) is all of a table's cell or of an element, and more than
 * a word or a number: letters and digits. */
static bool is_cell(const struct redact *r, size_t from, size_t to)
{
    size_t k = redact_backslashes(r, to), i = to;

    if (is_quote(byte_at(r, to + k)))
        i = to + k + 1;
    i = redact_skip_blanks(r, i);
    return (byte_at(r, i) == '|' || redact_word_at(r->text, r->len, i, "</")) &&
           to - from >= CELL_MIN &&
           redact_passes_guard(r->text, from, to, REDACT_DIGIT | REDACT_LETTER);
}

/* On a line of its own: a value of any signs, such as {{h}o)p$, whose brackets
 * are those of no code. */
static bool match_odd(struct redact *r, const struct rule *u,
                      const struct pair *p, size_t from, struct redact_hit *hit)
{
    size_t to;

    if ((p->sep != '=' && p->sep != ':') || !byte_at(r, from) ||
        !strchr("{[(<>&|;,", r->text[from]) ||
        !redact_starts_line(r, redact_name_start(r, p->pos)))
        return false;
    to = redact_line_end(r, from + 1);
    return to - from >= ODD_MIN && redact_breaks_brackets(r->text, from, to) &&
           redact_is_secret_value(u, r->text, from, to) &&
           set_hit(hit, from, to);
}

static bool match_unquoted(struct redact *r, const struct rule *u,
                           const struct pair *p, size_t from,
                           struct redact_hit *hit)
{
    size_t to = redact_unquoted_end(r, from);
    bool line = (p->sep == '=' && !p->blanks) || p->sep == ':';

    if (to == from)
        return match_odd(r, u, p, from, hit);
    if (!redact_is_secret_value(u, r->text, from, to) || p->sep == '(' ||
        (p->sep == ',' &&
         (is_quote(byte_at(r, p->end)) || byte_at(r, from - 1) == ' ')) ||
        (p->sep == '|' && !is_cell(r, from, to)) ||
        (is_distant(p->sep) && p->sep != '|' &&
         !redact_is_random(r->text, from, to) &&
         (p->sep != 'w' || !redact_is_long_hash(r->text, from, to))) ||
        (p->sep != 's' &&
         (redact_is_code(r, from, to) || redact_is_variable(r, p, from, to))) ||
        (p->sep == ':' &&
         (redact_is_prose(r, from, to) || redact_is_type(r->text, from, to))))
        return false;
    if (p->sep != 's' && (p->blanks || is_quote(byte_at(r, p->end))) &&
        redact_is_identifier(r, from, to))
        return false;
    if (line && redact_starts_line(r, redact_name_start(r, p->pos)))
        to = redact_line_end(r, to);
    return set_hit(hit, from, to);
}

/* The end of a value that three quotes opened, or 0. */
static size_t closing_three(const struct redact *r, size_t from, char quote)
{
    size_t limit = r->len - from > BLOCK_MAX ? from + BLOCK_MAX : r->len;

    for (size_t i = from; i + 2 < limit; i++)
        if (r->text[i] == quote && r->text[i + 1] == quote &&
            r->text[i + 2] == quote)
            return i;
    return 0;
}

/* setPassword("…"), withToken("…"): the name of a function that takes one. */
static bool is_setter(const struct redact *r, size_t pos)
{
    size_t name = redact_name_start(r, pos);

    if (is_upper(r->text[pos]) && is_upper(byte_at(r, pos + 1)))
        return true; /* a function of SQL: PASSWORD('…') */
    for (size_t i = name; i < pos; i++)
        if ((i == name || r->text[i - 1] == '.') &&
            (redact_word_at(r->text, pos, i, "set") ||
             redact_word_at(r->text, pos, i, "with")))
            return true;
    return false;
}

/* True when the quoted argument [from, to) of p's call may be its value. */
static bool is_argument_of(const struct redact *r, const struct pair *p,
                           size_t from, size_t to)
{
    bool next =
        p->sep == 'w' || (p->sep == ',' && is_quote(byte_at(r, p->end)));

    if (p->sep == '|')
        return is_cell(r, from, to);
    return next || is_setter(r, p->pos) ? redact_is_argument(r, from, to)
                                        : redact_is_random(r->text, from, to);
}

bool redact_value(struct redact *r, const struct rule *u, const struct pair *p,
                  size_t from, struct redact_hit *hit)
{
    size_t k, end;
    char quote;

    if (byte_at(r, from) && strchr("bfruL@", byte_at(r, from)) &&
        is_quote(byte_at(r, from + 1)))
        from++;
    k = redact_backslashes(r, from);
    quote = byte_at(r, from + k);
    if (!is_quote(quote))
        return match_unquoted(r, u, p, from, hit);
    if (k == 0 && byte_at(r, from + 1) == quote &&
        byte_at(r, from + 2) == quote) {
        from += 2;
        end = closing_three(r, from + 1, quote);
    } else {
        end = redact_closing_quote(r, from + k + 1, k, quote);
    }
    from += k + 1;
    if (!end) {
        struct pair open = {.pos = p->pos, .end = p->pos, .sep = '='};

        return match_unquoted(r, u, &open, from, hit);
    }
    if (is_distant(p->sep) && !is_argument_of(r, p, from, end))
        return false;
    return redact_is_secret_value(u, r->text, from, end) &&
           set_hit(hit, from, end);
}
