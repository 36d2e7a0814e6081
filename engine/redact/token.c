#include <string.h>

#include "redact/rule.h"

#define BEFORE_MAX 64

size_t redact_run(const struct redact *r, struct run *run,
                  const struct charset *set, size_t at)
{
    size_t to = at;

    if (run->scan == r->scan && at >= run->from && at < run->to)
        return run->to;
    while (to < r->len && set->has[(unsigned char)r->text[to]])
        to++;
    *run = (struct run){.scan = r->scan, .from = at, .to = to};
    return to;
}

/* Where the part ends that starts at at, or 0 when it is not there. */
static size_t part_end(const struct redact *r, struct part *p, size_t at)
{
    size_t to;

    if (p->literal) {
        if (r->len - at < p->len ||
            memcmp(r->text + at, p->literal, p->len) != 0)
            return 0;
        return at + p->len;
    }
    to = redact_run(r, &p->run, p->set, at);
    return to - at < p->min || to - at > p->max ? 0 : to;
}

size_t redact_parts(const struct redact *r, struct rule *u, size_t at,
                    size_t *from)
{
    bool kept = true;

    for (size_t i = 0; i < u->nparts; i++) {
        struct part *p = &u->parts[i];
        size_t end = part_end(r, p, at);

        if (!end)
            return 0;
        if (kept && !p->keep) {
            *from = at;
            kept = false;
        }
        at = end;
    }
    if (kept)
        *from = at;
    return at < r->len && is_word(r->text[at]) ? 0 : at;
}

bool redact_token(struct redact *r, struct rule *u, size_t at, size_t n,
                  struct redact_hit *hit)
{
    size_t from = at, pos;

    if ((!u->inside && !redact_at_word_start(r->text, at)) ||
        (u->failed_scan == r->scan && at < u->failed_to))
        return false;
    pos = redact_parts(r, u, at + n, &from);
    if (!pos)
        return false;
    if (!u->keep)
        from = at;
    while (u->before && from > r->done && at - from < BEFORE_MAX &&
           u->before->has[(unsigned char)r->text[from - 1]])
        from--;
    if (u->before_min > 0 && at - from < u->before_min)
        return false;
    if (!redact_passes_guard(r->text, from, pos, u->guard)) {
        if (u->nparts == 1 && pos - from <= REDACT_GUARD_BYTES) {
            u->failed_scan = r->scan; /* no part of this run can do better */
            u->failed_to = pos;
        }
        return false;
    }
    *hit = (struct redact_hit){.from = from, .to = pos};
    return pos > from && !redact_is_placeholder(r->text, from, pos);
}
