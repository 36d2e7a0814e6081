#include <stdlib.h>

#include "core/err.h"
#include "search/ranking.h"

/*
 * Postings of a question within bounds, so that any question has its answer in
 * a tenth of a second in a million events:
 *
 *   a little of each word tells how many there are;
 *   all of them where they are few enough together; else
 *   the newest events that hold all the words, where there are some; else
 *   all of the rarest words, and the others where they stand in the same
 *   events.
 */

/* Postings of each word that are read at first. */
#define FIRST 1024

/* Postings that are read in all. */
#define BUDGET 20000

/* Events with all the words: so many are taken, so many are enough. */
#define TOGETHER 4000
#define ENOUGH 200

/* Common words that are looked for in the events of the rare ones. */
#define COMMON 3

void reads_free(struct reads *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++)
        postings_free(&s->found[i]);
    free(s);
}

/* Reads one word anew, all of it. */
static bool read_all(struct ranking *r, struct reads *s, size_t i,
                     struct err *e)
{
    postings_free(&s->found[i]);
    s->phrases[i].most = SIZE_MAX;
    return postings_read(r->ix, &s->phrases[i], 1, &s->found[i], e);
}

/* Puts what a match has found in the place of what was read before. */
static void take(struct reads *s, size_t i, struct postings *found)
{
    double events = s->found[i].events;

    postings_free(&s->found[i]);
    s->found[i] = *found;
    s->found[i].events = events > (double)found->n ? events : (double)found->n;
    *found = (struct postings){0};
}

/* The newest events that hold all words, or any of them: *n is how many. */
static bool match_words(struct ranking *r, struct reads *s,
                        const struct term terms[], bool any, size_t *n,
                        struct err *e)
{
    struct phrase phrases[RANK_TERMS];
    struct postings found[RANK_TERMS] = {0};
    struct match m = {.phrases = phrases,
                      .most = TOGETHER,
                      .wanted = ranking_wants,
                      .ctx = r};
    size_t of[RANK_TERMS] = {0};
    bool ok;

    for (size_t i = 0; i < s->n; i++)
        if (terms[i].need != NEED_NONE) {
            of[m.n] = i;
            phrases[m.n++] = s->phrases[i];
        }
    m.any = any ? m.n : 0;
    *n = 0;
    ok = m.n > 0 && postings_match(r->ix, &m, found, n, e);
    for (size_t i = 0; i < m.n; i++) {
        if (ok && (any || *n >= ENOUGH))
            take(s, of[i], &found[i]);
        postings_free(&found[i]);
    }
    return ok || m.n == 0;
}

/* The words by how rare they are. */
static void sort_words(const struct reads *s, size_t order[])
{
    for (size_t i = 0; i < s->n; i++) {
        size_t k = i;

        for (; k > 0 && s->found[order[k - 1]].events > s->found[i].events; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
}

/* A common word, where it stands in events of the rare ones. */
static bool read_among(struct ranking *r, struct reads *s, const size_t order[],
                       size_t rare, size_t i, struct err *e)
{
    struct phrase phrases[RANK_TERMS];
    struct postings found[RANK_TERMS] = {0};
    struct match m = {.phrases = phrases,
                      .n = rare + 1,
                      .any = rare,
                      .from = rare,
                      .most = TOGETHER,
                      .wanted = ranking_wants,
                      .ctx = r};
    size_t n;
    bool ok;

    for (size_t k = 0; k < rare; k++)
        phrases[k] = s->phrases[order[k]];
    phrases[rare] = s->phrases[i];
    ok = postings_match(r->ix, &m, found, &n, e);
    if (ok)
        take(s, i, &found[rare]);
    postings_free(&found[rare]);
    return ok;
}

/* All of the rare words; *rare is how many these are. */
static bool read_rare(struct ranking *r, struct reads *s, const size_t order[],
                      size_t *rare, struct err *e)
{
    double sum = 0;

    for (*rare = 0; *rare < s->n; ++*rare) {
        size_t i = order[*rare];

        sum += s->found[i].events;
        if (sum > BUDGET)
            return true;
        if (!s->found[i].whole && !read_all(r, s, i, e))
            return false;
    }
    return true;
}

static bool read_some(struct ranking *r, struct reads *s,
                      const struct term terms[], struct err *e)
{
    size_t order[RANK_TERMS] = {0}, n, rare;

    s->whole = false;
    if (!match_words(r, s, terms, false, &n, e))
        return false;
    if (n >= ENOUGH)
        return true;
    sort_words(s, order);
    if (!read_rare(r, s, order, &rare, e))
        return false;
    if (rare == 0)
        return match_words(r, s, terms, true, &n, e);
    for (size_t k = rare; k < s->n; k++) {
        size_t i = order[k];

        if (k - rare >= COMMON || terms[i].need == NEED_NONE)
            s->found[i].n = 0;
        else if (!read_among(r, s, order, rare, i, e))
            return false;
    }
    return true;
}

/* Reads the rest of the words of which only a part was read, where that can be
 * done in time. */
static bool read_rest(struct ranking *r, struct reads *s,
                      const struct term terms[], struct err *e)
{
    double sum = 0;
    bool ok = true;

    for (size_t i = 0; i < s->n; i++)
        sum += s->found[i].events;
    if (sum > BUDGET)
        return read_some(r, s, terms, e);
    for (size_t i = 0; ok && i < s->n; i++)
        ok = s->found[i].whole || read_all(r, s, i, e);
    return ok;
}

struct reads *reads_new(struct ranking *r, const struct term terms[], size_t n,
                        struct err *e)
{
    struct reads *s = calloc(1, sizeof(*s));

    if (!s) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    s->n = n < RANK_TERMS ? n : RANK_TERMS;
    s->whole = true;
    for (size_t i = 0; i < s->n; i++)
        s->phrases[i] = (struct phrase){.text = terms[i].text,
                                        .len = terms[i].len,
                                        .start = terms[i].start,
                                        .most = FIRST};
    if (postings_read(r->ix, s->phrases, s->n, s->found, e) &&
        read_rest(r, s, terms, e))
        return s;
    reads_free(s);
    return NULL;
}
