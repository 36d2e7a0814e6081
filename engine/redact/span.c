#include <string.h>

#include "redact/rule.h"

#define URL_MAX 512
#define SCHEME_MAX 24
#define LINE_MAX ((size_t)8 << 10) /* of a header */

/* A word that documentation has for the password. */
static bool is_example(const struct redact *r, size_t from, size_t to)
{
    static const char *const words[] = {"password", "passwd", "pass", "pwd"};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (to - from == strlen(words[i]) &&
            redact_word_at(r->text, to, from, words[i]))
            return true;
    return false;
}

/* A port, and a path that holds an @. */
static bool is_port(const struct redact *r, size_t from, size_t to)
{
    size_t i = from;

    while (i < to && is_digit(r->text[i]))
        i++;
    return i > from && i < to && strchr("/?#\\", r->text[i]);
}

/* True when the scheme before at stands behind a quote. */
static bool opens_in_quotes(const struct redact *r, size_t at)
{
    size_t low = at > SCHEME_MAX ? at - SCHEME_MAX : 0;

    while (at > low && (is_word(r->text[at - 1]) || r->text[at - 1] == '+' ||
                        r->text[at - 1] == ':'))
        at--;
    return at > 0 && is_quote(r->text[at - 1]);
}

bool redact_url(struct redact *r, size_t at, size_t n, struct redact_hit *hit)
{
    const char *t = r->text;
    size_t i = at + n, colon = 0, host = 0;
    size_t limit = r->len - i > URL_MAX ? i + URL_MAX : r->len;
    bool quoted = opens_in_quotes(r, at);

    for (; i < limit &&
           ((unsigned char)t[i] > ' ' ||
            (quoted && t[i] == ' ' && colon && i > colon + 1)) &&
           !is_quote(t[i]) && (t[i] != '\\' || byte_at(r, i + 1) == '/');
         i++) {
        if (!colon && strchr("/?#@", t[i])) /* https://TOKEN@host */
            return t[i] == '@' && redact_is_random(t, at + n, i) &&
                   (*hit = (struct redact_hit){.from = at + n, .to = i}, true);
        if (t[i] == ':' && !colon)
            colon = i;
        if (t[i] == '@' &&
            (is_word(byte_at(r, i + 1)) || byte_at(r, i + 1) == '['))
            host = i;
    }
    if (!colon || host <= colon + 1 || is_port(r, colon + 1, host) ||
        is_example(r, colon + 1, host) ||
        redact_is_placeholder(t, colon + 1, host) ||
        redact_is_own_name(t, colon + 1, host))
        return false;
    *hit = (struct redact_hit){.from = colon + 1, .to = host};
    return true;
}

static size_t word_len_at(const struct redact *r, size_t at, const char *word)
{
    return redact_word_at(r->text, r->len, at, word) ? strlen(word) : 0;
}

static size_t closes_at(const struct redact *r, const struct rule *u, size_t at)
{
    for (size_t i = 0; i < u->nparts; i++) {
        size_t n =
            u->parts[i].literal ? word_len_at(r, at, u->parts[i].literal) : 0;

        if (n)
            return n;
    }
    return 0;
}

static size_t opens_at(const struct redact *r, const struct rule *u, size_t at)
{
    for (size_t i = 1; i < r->nkeywords; i++)
        if (r->keywords[i].rule == u && word_len_at(r, at, r->keywords[i].text))
            return r->keywords[i].len;
    return 0;
}

bool redact_span(struct redact *r, const struct rule *u, size_t at, size_t n,
                 struct redact_hit *hit)
{
    size_t pos = at + n, depth = 1, step, paragraph = 0;

    while (pos < r->len && depth) {
        if (!paragraph && r->text[pos] == '\n' &&
            byte_at(r, redact_skip_blanks(r, pos + 1)) == '\n')
            paragraph = pos;
        if ((step = closes_at(r, u, pos)) > 0)
            depth--;
        else if ((step = opens_at(r, u, pos)) > 0)
            depth++;
        pos += step ? step : 1;
    }
    if (depth && paragraph)
        pos = paragraph;
    *hit = (struct redact_hit){.from = at, .to = pos};
    return true;
}

/* name=value, as cookies and a digest's parameters are written. */
static bool has_field(const struct redact *r, size_t from, size_t to)
{
    const char *sign = memchr(r->text + from, '=', to - from);

    return sign && sign > r->text + from && is_word(sign[-1]);
}

bool redact_line(const struct redact *r, const struct rule *u, size_t from,
                 char quote, struct redact_hit *hit)
{
    size_t to = from;

    for (; to < r->len && to - from < LINE_MAX; to++) {
        char c = r->text[to];

        if (c == '\n' || c == '\r' || c == quote ||
            (c == '\\' &&
             (byte_at(r, to + 1) == quote || byte_at(r, to + 1) == 'n' ||
              byte_at(r, to + 1) == 'r')))
            break;
    }
    *hit = (struct redact_hit){.from = from, .to = to};
    return has_field(r, from, to) &&
           redact_is_secret_value(u, r->text, from, to);
}
