#include <string.h>

#include "redact/rule.h"

/* How much of a value a guard looks at: enough to judge it, and a bound on
 * what a value that fails again and again can cost. */
#define GUARD_BYTES 256
#define BEFORE_MAX 64
#define RANDOM_MIN 16
#define KEY_MIN 10
#define HASH_MIN 32

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool redact_word_at(const char *text, size_t len, size_t at, const char *word)
{
    for (; *word; word++, at++) {
        if (at >= len)
            return false;
        if (text[at] == *word)
            continue;
        if ((text[at] ^ *word) != 32 || !(is_upper(*word) || is_lower(*word)))
            return false;
    }
    return true;
}

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

/* ESC [ 3 2 m */
static bool ends_colour(const char *text, size_t at)
{
    size_t i = at - 1;

    if (text[i] != 'm')
        return false;
    while (i > 0 && at - i < 16 &&
           (is_digit(text[i - 1]) || text[i - 1] == ';'))
        i--;
    return i > 0 && text[i - 1] == '[';
}

static bool ends_unicode(const char *text, size_t at)
{
    if (at < 6 || text[at - 5] != 'u' || text[at - 6] != '\\')
        return false;
    for (size_t i = at - 4; i < at; i++)
        if (!is_hex(text[i]))
            return false;
    return true;
}

bool redact_at_word_start(const char *text, size_t at)
{
    if (at == 0 || !is_word(text[at - 1]))
        return true;
    if (at >= 2 && text[at - 2] == '\\' && strchr("nrtbfv0", text[at - 1]))
        return true;
    if (at >= 3 && text[at - 3] == '%' && is_hex(text[at - 2]) &&
        is_hex(text[at - 1]))
        return true;
    return ends_unicode(text, at) || ends_colour(text, at);
}

static int class_of(char c)
{
    return is_digit(c) ? 1 : is_lower(c) ? 2 : is_upper(c) ? 3 : 0;
}

/* Random letters change between digits and letters of either case all the
 * time; words and numbers do so seldom, also where they are joined by signs or
 * as camelCase: a capital and the small letters behind it are one word. */
static bool changes_often(const char *text, size_t from, size_t to)
{
    size_t changes = 0, words = 0, small = 0;
    int last = 0;

    for (size_t i = from; i < to; i++) {
        int now = class_of(text[i]);

        changes += now && last && now != last && !(last == 3 && now == 2);
        small = now == 2 ? small + 1 : 0;
        words += small == 3 && i >= from + 3 && is_upper(text[i - 3]) ? 4
                 : small > 3 && words > 0                             ? 1
                                                                      : 0;
        last = now ? now : last;
    }
    return changes * 5 >= to - from && words * 2 < to - from;
}

static bool is_hash(const char *text, size_t from, size_t to)
{
    while (from < to && (is_hex(text[from]) || text[from] == '-'))
        from++;
    return from == to;
}

bool redact_is_long_hash(const char *text, size_t from, size_t to)
{
    return to - from >= HASH_MIN && is_hash(text, from, to);
}

bool redact_passes_guard(const char *text, size_t from, size_t to,
                         unsigned guard)
{
    unsigned seen = 0;

    if (to - from > GUARD_BYTES)
        to = from + GUARD_BYTES;
    for (size_t i = from; i < to; i++) {
        if (is_digit(text[i]))
            seen |= REDACT_DIGIT;
        else if (is_upper(text[i]))
            seen |= REDACT_UPPER | REDACT_LETTER;
        else if (is_lower(text[i]))
            seen |= REDACT_LOWER | REDACT_LETTER;
    }
    if (((guard & REDACT_RANDOM) && !changes_often(text, from, to)) ||
        ((guard & REDACT_NO_HASH) && is_hash(text, from, to)))
        return false;
    guard &= REDACT_DIGIT | REDACT_LETTER | REDACT_UPPER | REDACT_LOWER;
    return (guard & ~seen) == 0;
}

bool redact_is_key(const char *text, size_t from, size_t to)
{
    for (size_t i = from; i < to && i < from + GUARD_BYTES; i++)
        if (strchr(" \t._([{/$%", text[i]))
            return false;
    return to - from >= KEY_MIN &&
           redact_passes_guard(text, from, to,
                               REDACT_DIGIT | REDACT_LETTER | REDACT_RANDOM);
}

bool redact_is_random(const char *text, size_t from, size_t to)
{
    return to - from >= RANDOM_MIN &&
           redact_passes_guard(text, from, to,
                               REDACT_DIGIT | REDACT_LETTER | REDACT_RANDOM |
                                   REDACT_NO_HASH);
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
        if (u->nparts == 1 && pos - from <= GUARD_BYTES) {
            u->failed_scan = r->scan; /* no part of this run can do better */
            u->failed_to = pos;
        }
        return false;
    }
    *hit = (struct redact_hit){.from = from, .to = pos};
    return pos > from && !redact_is_placeholder(r->text, from, pos);
}
