#include "redact/redact.h"

#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "redact/rule.h"

void redact_start(struct redact *r, const char *text, size_t len)
{
    r->scan++; /* forgets every run that was measured */
    r->text = text;
    r->len = len;
    r->at = 0;
    r->done = 0;
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
    case REDACT_SPAN:
        return redact_span(r, k->rule, r->at, k->len, hit);
    }
    return false;
}

bool redact_next(struct redact *r, struct redact_hit *hit)
{
    for (; r->at + 1 < r->len; r->at++) {
        unsigned k = r->heads[redact_bucket(r->text + r->at)];

        for (; k; k = r->keywords[k].next) {
            if (!keyword_at(r, &r->keywords[k]) ||
                !match(r, &r->keywords[k], hit))
                continue;
            hit->id = r->keywords[k].rule->id;
            r->at = r->done = hit->to;
            return true;
        }
    }
    return false;
}

/* Spans vanish; whatever else is masked leaves a word that says why. */
static bool replacement(const struct redact *r, const struct redact_hit *hit,
                        struct buf *out, struct err *e)
{
    for (const struct rule *u = r->rules; u; u = u->next)
        if (u->id == hit->id && u->kind == REDACT_SPAN)
            return true;
    return buf_adds(out, "[redacted:", e) && buf_adds(out, hit->id, e) &&
           buf_adds(out, "]", e);
}

bool redact_mask(struct redact *r, const char *text, size_t len,
                 struct buf *out, size_t *hits, struct err *e)
{
    struct redact_hit hit;
    size_t done = 0;

    *hits = 0;
    redact_start(r, text, len);
    while (redact_next(r, &hit)) {
        if (!buf_add(out, text + done, hit.from - done, e) ||
            !replacement(r, &hit, out, e))
            return false;
        done = hit.to;
        ++*hits;
    }
    return *hits == 0 || buf_add(out, text + done, len - done, e);
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
                end == nlen && masks_value(r, w->rule, value, vlen))
                return w->rule->id;
        }
    }
    return NULL;
}
