#include "search/ranking.h"

/* How often b stands right behind a, or with one word between: a stop word,
 * which the question left out. */
static unsigned count_pairs(const struct postings *a, const struct posting *x,
                            const struct postings *b, const struct posting *y)
{
    const uint32_t *p = a->places + x->at, *q = b->places + y->at;
    unsigned times = 0;

    for (size_t i = 0; i < x->places; i++)
        for (size_t k = 0; k < y->places; k++)
            times += q[k] > p[i] && q[k] - p[i] <= 2;
    return times;
}

/* Gives each event that has the pair to fn's sum: how many, or their scores. */
struct pair {
    struct ranking *r;
    double idf; /* 0: they are only counted */
    size_t events;
    bool failed;
};

static void meet(struct pair *pair, uint32_t event, unsigned times,
                 struct err *e)
{
    const struct event *v;
    struct candidate *c;

    pair->events++;
    if (pair->idf <= 0 || !pair->r->slot[event] ||
        pair->r->slot[event] == RANKING_BARRED)
        return;
    v = index_event(pair->r->ix, event, e);
    c = v ? ranking_candidate(pair->r, event, &pair->failed, e) : NULL;
    pair->failed = pair->failed || !v;
    if (c)
        c->pairs +=
            (float)(pair->idf * ranking_bm25(pair->r, times,
                                             unpack_length(v->length),
                                             (double)pair->r->ix->words /
                                                 pair->r->ix->events));
}

static void walk(struct pair *pair, const struct postings *a,
                 const struct postings *b, struct err *e)
{
    size_t i = 0, k = 0;
    unsigned times;

    pair->events = 0;
    while (i < a->n && k < b->n && !pair->failed) {
        uint32_t x = a->list[i].event, y = b->list[k].event;

        times = x == y ? count_pairs(a, &a->list[i], b, &b->list[k]) : 0;
        if (times > 0)
            meet(pair, x, times, e);
        i += x <= y;
        k += y <= x;
    }
}

bool ranking_add_pair(struct ranking *r, const struct postings *a,
                      const struct postings *b, double weight, struct err *e)
{
    struct pair pair = {.r = r};

    walk(&pair, a, b, e);
    pair.idf = weight * ranking_idf(r->ix->events, (double)pair.events);
    if (pair.events > 0)
        walk(&pair, a, b, e);
    return !pair.failed;
}
