#include <string.h>

#include "redact/rule.h"

#define BETWEEN_MIN 16 /* bytes of a name and a sign hold no secret */

void redact_start(struct redact *r, const char *text, size_t len)
{
    r->scan++; /* forgets every run that was measured */
    r->text = text;
    r->len = len;
    r->at = 0;
    r->done = 0;
    r->later = (struct redact_hit){0};
}

static bool keyword_at(const struct redact *r, const struct keyword *k)
{
    if (k->rule->anycase)
        return redact_word_at(r->text, r->len, r->at, k->text);
    return r->len - r->at >= k->len &&
           memcmp(r->text + r->at, k->text, k->len) == 0;
}

static bool match(struct redact *r, const struct keyword *k,
                  struct redact_hit *hit)
{
    switch (k->rule->kind) {
    case REDACT_TOKEN:
        return redact_token(r, k->rule, r->at, k->len, hit);
    case REDACT_PAIR:
        return redact_pair(r, k->rule, r->at, k->len, hit);
    case REDACT_ARG:
        return redact_arg(r, k->rule, r->at, k->len, hit);
    case REDACT_URL:
        return redact_url(r, r->at, k->len, hit);
    case REDACT_PEM:
        return redact_pem(r, r->at, k->len, hit);
    case REDACT_MANIFEST:
        return redact_manifest(r, r->at, k->len, hit);
    case REDACT_SPAN:
        return redact_span(r, k->rule, r->at, k->len, hit);
    }
    return false;
}

/* The first token rule that holds at r->at, and its hit; or NULL. */
static const struct rule *token_at(struct redact *r, struct redact_hit *hit)
{
    unsigned k = r->heads[redact_bucket(r->text + r->at)];

    for (; k; k = r->keywords[k].next) {
        struct rule *u = r->keywords[k].rule;

        if (u->kind == REDACT_TOKEN && !u->keep &&
            keyword_at(r, &r->keywords[k]) &&
            redact_token(r, u, r->at, r->keywords[k].len, hit))
            return u;
    }
    return NULL;
}

/* A token that is all of a pair's value is the better name for it: api_key =
 * ghp_… */
static const char *better_id(struct redact *r, const struct redact_hit *hit)
{
    size_t at = r->at, to = hit->to > hit->from + 64 ? hit->from + 64 : hit->to;
    struct redact_hit token;
    const char *id = hit->id;

    for (r->at = hit->from; r->at + 1 < to; r->at++) {
        const struct rule *u = token_at(r, &token);

        if (u && token.from <= hit->from && token.to >= hit->to) {
            id = u->id;
            break;
        }
    }
    r->at = at;
    return id;
}

/* The first hit of a keyword at r->at that ends before limit. */
static bool match_before(struct redact *r, size_t limit, struct redact_hit *hit)
{
    unsigned k = r->heads[redact_bucket(r->text + r->at)];

    for (; k; k = r->keywords[k].next) {
        if (!keyword_at(r, &r->keywords[k]) ||
            !match(r, &r->keywords[k], hit) || hit->to > limit)
            continue;
        hit->id = r->keywords[k].rule->id;
        if (r->keywords[k].rule->kind == REDACT_PAIR)
            hit->id = better_id(r, hit);
        return true;
    }
    return false;
}

/* Between a name and its value, in the attributes of an element, other secrets
 * may stand: they come first. */
bool redact_next(struct redact *r, struct redact_hit *hit)
{
    struct redact_hit *later = &r->later;
    size_t limit = later->to ? later->from : r->len;

    for (; r->at + 1 < limit; r->at++) {
        if (!match_before(r, limit, hit))
            continue;
        if (!later->to && hit->from > r->at + BETWEEN_MIN) {
            *later = *hit;
            limit = later->from;
            continue;
        }
        r->at = r->done = hit->to;
        return true;
    }
    if (!later->to)
        return false;
    *hit = *later;
    later->to = 0;
    r->at = r->done = hit->to;
    return true;
}

/* True when rule u masks all of value below a name that it knows. */
static bool masks_value(struct redact *r, struct rule *u, const char *value,
                        size_t vlen)
{
    size_t from;

    if (!u->nparts)
        return redact_is_secret_value(u, value, 0, vlen);
    redact_start(r, value, vlen);
    return redact_parts(r, u, 0, &from) == vlen &&
           redact_passes_guard(value, 0, vlen, u->guard);
}

const char *redact_named(struct redact *r, const char *name, size_t nlen,
                         const char *value, size_t vlen)
{
    size_t end;

    for (size_t at = 0; at + 1 < nlen && at < 256; at++) {
        unsigned k = r->heads[redact_bucket(name + at)];

        for (; k; k = r->keywords[k].next) {
            const struct keyword *w = &r->keywords[k];

            if (w->rule->kind == REDACT_PAIR &&
                redact_word_at(name, nlen, at, w->text) &&
                redact_is_secret_name(name, nlen, w->rule, at, w->len, &end) &&
                end == nlen && masks_value(r, w->rule, value, vlen) &&
                !redact_is_plain_name(name, w->rule, at, w->len, nlen))
                return w->rule->id;
        }
    }
    return NULL;
}
