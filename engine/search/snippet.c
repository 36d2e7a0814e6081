#include "search/snippet.h"

#include <stdint.h>
#include <string.h>

#include "core/err.h"
#include "core/utf8.h"
#include "search/tokenizer.h"

/* How many bytes a piece may give up to begin and end between words. */
#define SNAP 24

/* What a word counts when it stands in a piece once more. */
#define AGAIN 0.05

struct hit {
    size_t from, to, term;
};

struct gather {
    const char *text;
    const struct snippet_wish *w;
    struct buf hits; /* struct hit */
    struct err *e;
    bool ok;
};

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Whether len bytes at text begin with a prefix, whatever their case. */
static bool begins(const char *text, size_t len, const struct snippet_term *s)
{
    if (s->len > len)
        return false;
    for (size_t i = 0; i < s->len; i++)
        if (lower(text[i]) != s->term[i])
            return false;
    return true;
}

static bool is_term(const char *text, const struct token *t,
                    const struct snippet_term *s)
{
    if (s->prefix)
        return begins(text + t->from, t->to - t->from, s) ||
               begins(t->term, t->len, s);
    return s->len == t->len && memcmp(s->term, t->term, t->len) == 0;
}

static bool keep(void *ctx, const struct token *t)
{
    struct gather *g = ctx;
    struct hit h = {t->from, t->to, 0};

    if (!g->ok || g->hits.len >= SNIPPET_HITS * sizeof(h))
        return false;
    while (h.term < g->w->n && !is_term(g->text, t, &g->w->terms[h.term]))
        h.term++;
    if (h.term < g->w->n)
        g->ok = buf_add(&g->hits, &h, sizeof(h), g->e);
    return g->ok;
}

/* ---- where ---- */

/* The hits first (incl.) to last (excl.) that lie within the room and weigh
 * most; seen is zeroed room for a count per term. */
static void choose(const struct hit *h, size_t n, const struct snippet_wish *w,
                   size_t *seen, size_t *first, size_t *last)
{
    double score = 0, best = 0;

    for (size_t i = 0, j = 0; j < n; j++) {
        double more = w->terms[h[j].term].weight;

        score += seen[h[j].term]++ == 0 ? more : more * AGAIN;
        while (i < j && h[j].to - h[i].from > w->room) {
            double less = w->terms[h[i].term].weight;

            score -= --seen[h[i].term] == 0 ? less : less * AGAIN;
            i++;
        }
        if (score > best * (1 + 1e-9)) {
            best = score;
            *first = i;
            *last = j + 1;
        }
    }
}

static bool continues(const char *text, size_t len, size_t at)
{
    return at < len && ((unsigned char)text[at] & 0xc0) == 0x80;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Behind the first space from at on, before limit and near; else at, behind
 * the character that it lies in. */
static size_t begin_at(const char *text, size_t len, size_t at, size_t limit)
{
    if (at == 0)
        return 0;
    for (size_t i = at - 1; i < limit && i < at + SNAP; i++)
        if (is_space(text[i]))
            return i + 1;
    for (int i = 0; i < 3 && at < limit && continues(text, len, at); i++)
        at++;
    return at;
}

/* At the last space up to at, behind limit and near; else at, before the
 * character that it lies in. */
static size_t end_at(const char *text, size_t len, size_t at, size_t limit)
{
    if (at >= len)
        return len;
    for (size_t i = at; i > limit && i + SNAP > at; i--)
        if (is_space(text[i]))
            return i;
    for (int i = 0; i < 3 && at > limit && continues(text, len, at); i++)
        at--;
    return at;
}

/* Lays the piece around the bytes from to to, which get more room behind. */
static void place(struct snippet *out, const char *text, size_t len,
                  size_t from, size_t to, size_t room)
{
    size_t spare, before;

    if (to - from > room)
        to = end_at(text, len, from + room, from);
    spare = room - (to - from);
    before = from < spare / 3 ? from : spare / 3;
    if (len - to < spare - before) /* the end is near */
        before = from < spare - (len - to) ? from : spare - (len - to);
    out->from = begin_at(text, len, from - before, from);
    out->to = out->from + room < len ? out->from + room : len;
    out->to = end_at(text, len, out->to, to);
    if (out->to < out->from)
        out->to = out->from;
}

/* ---- what ---- */

static bool mark(struct snippet *out, const struct hit *h, size_t n,
                 struct err *e)
{
    struct snippet_mark m = {0, 0};

    for (size_t i = 0; i < n; i++) {
        size_t from = h[i].from > out->from ? h[i].from : out->from;
        size_t to = h[i].to < out->to ? h[i].to : out->to;

        if (from >= to)
            continue;
        if (m.to > 0 && from <= m.to) {
            m.to = to > m.to ? to : m.to;
            continue;
        }
        if (m.to > 0 && !buf_add(&out->marks, &m, sizeof(m), e))
            return false;
        m = (struct snippet_mark){from, to};
    }
    return m.to == 0 || buf_add(&out->marks, &m, sizeof(m), e);
}

/* The piece around the hits that are best. */
static bool show(struct snippet *out, const struct gather *g, size_t len,
                 struct err *e)
{
    const struct hit *h = (const void *)g->hits.data;
    size_t n = g->hits.len / sizeof(*h);
    size_t first = 0, last = 0, zero = 0;
    struct buf seen = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < g->w->n; i++)
        ok = buf_add(&seen, &zero, sizeof(zero), e);
    if (ok && seen.data) {
        choose(h, n, g->w, (size_t *)(void *)seen.data, &first, &last);
        place(out, g->text, len, h[first].from, h[last - 1].to, g->w->room);
        ok = mark(out, h, n, e);
    }
    buf_free(&seen);
    return ok;
}

bool snippet_make(struct tokenizer *t, const char *text, size_t len,
                  const struct snippet_wish *w, struct snippet *out,
                  struct err *e)
{
    struct gather g = {.text = text, .w = w, .e = e, .ok = true};
    size_t reach = len > SNIPPET_REACH ? utf8_trim(text, SNIPPET_REACH) : len;
    bool ok = w->n == 0 || tokenizer_read(t, text, reach, keep, &g, e);

    ok = ok && g.ok;
    if (ok && g.hits.len > 0)
        ok = show(out, &g, len, e);
    else
        place(out, text, len, 0, 0, w->room);
    buf_free(&g.hits);
    return ok;
}
