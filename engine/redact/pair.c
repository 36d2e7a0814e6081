#include <string.h>

#include "redact/rule.h"

/* "Bearer ", "Basic ": the word stays when another one follows it. */
static size_t skip_scheme(const struct redact *r, size_t from)
{
    size_t i = from;
    size_t n = redact_backslashes(r, i);
    char quote = byte_at(r, i + n);

    if (is_quote(quote))
        i += n + 1;
    n = i;
    while (i < n + 16 && (is_lower(byte_at(r, i)) || is_upper(byte_at(r, i)) ||
                          (i > n && byte_at(r, i) == '-')))
        i++;
    return i > n && byte_at(r, i) == ' ' && byte_at(r, i + 1) > ' ' ? i + 1
                                                                    : from;
}

/* True when a value goes on at i: with anything but the end of a sentence. */
static bool goes_on(const struct redact *r, size_t i)
{
    char c = byte_at(r, i);

    if (!c || !r->unquoted.has[(unsigned char)c])
        return false;
    return !strchr(".:!?", c) || is_word(byte_at(r, i + 1));
}

/* A value of a known shape, all of it, in quotes or not, also on a line of its
 * own in an element or below a key. */
static bool match_shape(struct redact *r, struct rule *u, const struct pair *p,
                        size_t from, struct redact_hit *hit)
{
    size_t k, start, to;

    if (p->sep == '\n' || p->sep == '>')
        from = redact_first_line(r, from, p->sep);
    k = redact_backslashes(r, from);
    if (is_quote(byte_at(r, from + k)))
        from += k + 1;
    to = redact_parts(r, u, from, &start);
    return to && start < to && !goes_on(r, to) &&
           redact_passes_guard(r->text, start, to, u->guard) &&
           (*hit = (struct redact_hit){.from = start, .to = to}, true);
}

/* Behind a scheme: key="value", as in Digest username="x". */
static bool opens_parameters(const struct redact *r, size_t from)
{
    size_t i = skip_scheme(r, from);
    size_t word = i;

    while (is_word(byte_at(r, i)))
        i++;
    return word > from && i > word && byte_at(r, i) == '=' &&
           (is_word(byte_at(r, i + 1)) || is_quote(byte_at(r, i + 1)));
}

/* The line ends at the quote that opened the value, or all of the header. */
static bool match_line(struct redact *r, const struct rule *u,
                       const struct pair *p, size_t from,
                       struct redact_hit *hit)
{
    size_t name = redact_name_start(r, p->pos);
    size_t k = redact_backslashes(r, from);
    char quote = '\n';

    if (is_quote(byte_at(r, from + k))) {
        quote = byte_at(r, from + k);
        from += k + 1;
    } else if (name > 0 && is_quote(r->text[name - 1])) {
        quote = r->text[name - 1];
    }
    return redact_line(r, u, u->scheme ? skip_scheme(r, from) : from, quote,
                       hit);
}

/* The value that begins at from, by what stands before it. */
static bool match_value(struct redact *r, struct rule *u, struct pair *p,
                        size_t from, struct redact_hit *hit)
{
    size_t to;

    if (u->nparts)
        return match_shape(r, u, p, from, hit);
    if ((u->line || u->scheme) &&
        (strchr("w(|", p->sep) ||
         (p->sep == ',' && !is_quote(byte_at(r, from - 1)) &&
          !is_quote(byte_at(r, p->end + redact_backslashes(r, p->end))))))
        return false;
    if (u->line || (u->scheme && opens_parameters(r, from)))
        return match_line(r, u, p, from, hit);
    if (p->sep == '>')
        return redact_element(r, u, from, hit);
    if (p->sep == '\n')
        return redact_block(r, u, p, from, hit);
    if (u->scheme) {
        to = skip_scheme(r, from);
        if (to > from)
            p->sep = 's';
        if (to > from && is_quote(byte_at(r, to))) /* "Basic " + encoded */
            return false;
        return redact_value(r, u, p, to, hit);
    }
    to = redact_unquoted_end(r, from);
    if (p->sep == ':' && redact_is_type(r->text, from, to) &&
        byte_at(r, redact_skip_blanks(r, to)) ==
            '=') /* password: str = "..." */
        from = redact_skip_blanks(r, redact_skip_blanks(r, to) + 1);
    return redact_value(r, u, p, from, hit);
}

bool redact_pair(struct redact *r, struct rule *u, size_t pos, size_t n,
                 struct redact_hit *hit)
{
    struct pair p = {.pos = pos};
    size_t from;

    if (!redact_is_secret_name(r->text, r->len, u, pos, n, &p.end))
        return false;
    from = redact_separator(r, pos, p.end, &p.sep);
    if (!p.sep)
        return false;
    p.blanks = byte_at(r, from - 1) == ' ' || byte_at(r, p.end) == ' ';
    return match_value(r, u, &p, from, hit) &&
           !redact_is_plain_name(r->text, u, pos, n, p.end);
}
