/* Masks what a scan finds, and the same values wherever else they stand: a
 * program that is given a key prints it again. */
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "redact/rule.h"

#define AGAIN_MIN 10   /* shorter values may be words of their own */
#define AGAIN_MAX 256  /* of a value that is looked for again */
#define AGAIN_SLOTS 64 /* such values; those found first */
#define HEAD 8         /* of their bytes are hashed */

struct hits {
    struct redact_hit *list; /* owned */
    size_t n, room;
};

/* Values that are looked for again, by their first bytes. */
struct again {
    const struct redact_hit *slots[AGAIN_SLOTS]; /* borrowed */
    size_t n;
};

struct mask {
    struct redact *r;
    const char *text;
    size_t len;
    struct again again;
    struct buf *out;
    size_t hits;
};

static bool collect(struct redact *r, struct hits *all, struct err *e)
{
    struct redact_hit hit;

    while (redact_next(r, &hit)) {
        if (all->n == all->room) {
            size_t room = all->room ? 2 * all->room : 16;
            struct redact_hit *list = realloc(all->list, room * sizeof(*list));

            if (!list)
                return err_set(e, ERR_NOMEM, "no memory for the hits");
            all->list = list;
            all->room = room;
        }
        all->list[all->n++] = hit;
    }
    return true;
}

static size_t slot_of(const char *head)
{
    unsigned h = 0;

    for (size_t i = 0; i < HEAD; i++)
        h = h * 31 + (unsigned char)head[i];
    return (h ^ h >> 7) % AGAIN_SLOTS;
}

/* Remembers the value of a hit when it is too random to be anything else. */
static void remember(struct mask *m, const struct redact_hit *hit)
{
    size_t n = hit->to - hit->from, slot;
    const unsigned guard = REDACT_DIGIT | REDACT_LETTER | REDACT_RANDOM;

    if (n < AGAIN_MIN || n > AGAIN_MAX || m->again.n == AGAIN_SLOTS / 2 ||
        memchr(m->text + hit->from, ' ', n) ||
        !redact_passes_guard(m->text, hit->from, hit->to, guard))
        return;
    slot = slot_of(m->text + hit->from);
    while (m->again.slots[slot])
        slot = (slot + 1) % AGAIN_SLOTS;
    m->again.slots[slot] = hit;
    m->again.n++;
}

/* The hit whose value stands at at, ending before to; or NULL. */
static const struct redact_hit *known_at(const struct mask *m, size_t at,
                                         size_t to)
{
    size_t slot;

    if (to - at < AGAIN_MIN)
        return NULL;
    for (slot = slot_of(m->text + at); m->again.slots[slot];
         slot = (slot + 1) % AGAIN_SLOTS) {
        const struct redact_hit *hit = m->again.slots[slot];
        size_t n = hit->to - hit->from;

        if (n <= to - at && memcmp(m->text + hit->from, m->text + at, n) == 0 &&
            (at + n == m->len || !is_word(m->text[at + n])))
            return hit;
    }
    return NULL;
}

/* Spans vanish; whatever else is masked leaves a word that says why. */
static bool replacement(struct mask *m, const char *id, struct err *e)
{
    m->hits++;
    for (const struct rule *u = m->r->rules; u; u = u->next)
        if (u->id == id && u->kind == REDACT_SPAN)
            return true;
    return buf_adds(m->out, "[redacted:", e) && buf_adds(m->out, id, e) &&
           buf_adds(m->out, "]", e);
}

/* The text between two hits, without the values that are known. */
static bool between(struct mask *m, size_t from, size_t to, struct err *e)
{
    size_t done = from;

    for (size_t at = from; m->again.n > 0 && at < to; at++) {
        const struct redact_hit *hit = at == from || !is_word(m->text[at - 1])
                                           ? known_at(m, at, to)
                                           : NULL;

        if (!hit)
            continue;
        if (!buf_add(m->out, m->text + done, at - done, e) ||
            !replacement(m, hit->id, e))
            return false;
        done = at + (hit->to - hit->from);
        at = done - 1;
    }
    return buf_add(m->out, m->text + done, to - done, e);
}

static bool write_all(struct mask *m, const struct hits *all, struct err *e)
{
    size_t done = 0;

    for (size_t i = 0; i < all->n; i++)
        remember(m, &all->list[i]);
    for (size_t i = 0; i < all->n; i++) {
        if (!between(m, done, all->list[i].from, e) ||
            !replacement(m, all->list[i].id, e))
            return false;
        done = all->list[i].to;
    }
    return between(m, done, m->len, e);
}

bool redact_mask(struct redact *r, const char *text, size_t len,
                 struct buf *out, size_t *hits, struct err *e)
{
    struct hits all = {0};
    struct mask m = {.r = r, .text = text, .len = len, .out = out};
    bool ok;

    redact_start(r, text, len);
    ok = collect(r, &all, e) && (all.n == 0 || write_all(&m, &all, e));
    *hits = m.hits;
    free(all.list);
    return ok;
}
