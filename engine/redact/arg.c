#include <string.h>

#include "redact/rule.h"

#define CONTEXT_MAX 256 /* between the program's name and its option */

/* True when a command's text begins behind i: not where its line goes on. */
static bool begins_command(const struct redact *r, size_t i)
{
    char c = r->text[i];

    if (c == '\n' && i > 0 && r->text[i - 1] == '\r')
        i--;
    return c == '\n' ? i == 0 || r->text[i - 1] != '\\'
                     : strchr(";|&(", c) != NULL;
}

/* Blanks, and the end of a line that goes on. */
static size_t skip_between(const struct redact *r, size_t i)
{
    i = redact_skip_blanks(r, i);
    while (byte_at(r, i) == '\\' &&
           (byte_at(r, i + 1) == '\n' || byte_at(r, i + 1) == '\r'))
        i = redact_skip_blanks(r, i + 2);
    return i;
}

/* True when one of the rule's programs stands before at in its command. */
static bool has_context(const struct redact *r, const struct rule *u, size_t at)
{
    size_t low = at > CONTEXT_MAX ? at - CONTEXT_MAX : 0;

    for (size_t i = at; i > low && !begins_command(r, i - 1); i--)
        for (size_t k = 0; k < u->nparts; k++)
            if (redact_at_word_start(r->text, i - 1) &&
                redact_word_at(r->text, at, i - 1, u->parts[k].literal) &&
                !is_word(byte_at(r, i - 1 + u->parts[k].len)))
                return true;
    return false;
}

/* The end of a shell's word: bare letters and pieces in quotes. */
static size_t word_end(const struct redact *r, size_t i)
{
    while (i < r->len && (unsigned char)r->text[i] > ' ' &&
           !strchr(";|&<>)\\", r->text[i])) {
        if (is_quote(r->text[i])) {
            const char *end =
                memchr(r->text + i + 1, r->text[i],
                       r->len - i > CONTEXT_MAX ? CONTEXT_MAX : r->len - i - 1);

            if (!end)
                break;
            i = (size_t)(end - r->text);
        }
        i++;
    }
    return i;
}

/* An option's value: bare, or in quotes that escapes may stand before. */
static bool match_word(struct redact *r, const struct rule *u, size_t from,
                       struct redact_hit *hit)
{
    size_t k = redact_backslashes(r, from), to;
    char quote = byte_at(r, from + k);

    to = is_quote(quote) ? redact_closing_quote(r, from + k + 1, k, quote) : 0;
    if (to && (unsigned char)byte_at(r, to + k + 1) <= ' ')
        from += k + 1;
    else
        to = word_end(r, from);
    if (u->after) {
        const char *sign = memchr(r->text + from, u->after, to - from);

        if (!sign)
            return false;
        if (sign == r->text + to - 1) { /* no password: the user is the key */
            *hit = (struct redact_hit){.from = from, .to = to - 1};
            return redact_is_key(r->text, from, to - 1);
        }
        if (sign == r->text + from && /* no user: -a :8080 is a port */
            !redact_passes_guard(r->text, from, to,
                                 REDACT_DIGIT | REDACT_LETTER))
            return false;
        from = (size_t)(sign - r->text) + 1;
        from += is_quote(byte_at(r, from)) &&
                byte_at(r, to - 1) == byte_at(r, from);
        to -= is_quote(byte_at(r, to - 1)) && to > from;
    }
    *hit = (struct redact_hit){.from = from, .to = to};
    return redact_is_secret_value(u, r->text, from, to) &&
           !redact_is_code(r, from, to);
}

bool redact_arg(struct redact *r, const struct rule *u, size_t at, size_t n,
                struct redact_hit *hit)
{
    size_t from = at + n;
    bool word = r->text[at + 1] == '-'; /* --user, not -u */
    char c = byte_at(r, from);

    if (at == 0 || (unsigned char)r->text[at - 1] > ' ' ||
        (word && !strchr(" =\\", c)) || (u->attached && c == ' '))
        return false;
    from = c == '=' ? from + 1 : skip_between(r, from);
    return byte_at(r, from) != '-' && has_context(r, u, at) &&
           match_word(r, u, from, hit);
}
