#include <stdlib.h>

#include "core/err.h"
#include "search/ranking.h"

/* So many of the best events lend to their neighbours; where more hold a word
 * than these, the others' shares would not be seen. */
#define GIVERS 4000

static int by_score(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->event < y->event ? -1 : x->event > y->event;
}

/* Where those begin that lend: the score of the last one of them. */
static bool least_giver(const struct ranking *r, float *least, struct err *e)
{
    struct candidate *copy;

    *least = 0;
    if (r->n <= GIVERS)
        return true;
    copy = malloc(r->n * sizeof(*copy));
    if (!copy)
        return err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < r->n; i++)
        copy[i] = r->list[i];
    qsort(copy, r->n, sizeof(*copy), by_score);
    *least = copy[GIVERS - 1].score;
    free(copy);
    return true;
}

static bool lend(struct ranking *r, uint32_t event, float own, int step,
                 struct err *e)
{
    const double shares[] = {r->w.next, r->w.after_next};
    bool failed = false;

    for (size_t i = 0; i < 2; i++) {
        struct candidate *c;

        event = index_neighbour(r->ix, event, step);
        if (!event)
            break;
        c = ranking_candidate(r, event, &failed, e);
        if (failed)
            return false;
        if (c)
            c->neighbours += (float)(shares[i] * own);
    }
    return true;
}

static float greatest(const float *list, size_t n)
{
    float top = 0;

    for (size_t i = 0; i < n; i++)
        top = list[i] > top ? list[i] : top;
    return top > 0 ? top : 1;
}

/* Each part scaled so that the best event has 1 of words and their shares. */
static void sum_up(struct ranking *r)
{
    float whole = greatest(r->whole, (size_t)r->ix->sessions + 1), top = 0;

    for (size_t i = 0; i < r->n; i++) {
        struct candidate *c = &r->list[i];

        c->neighbours += (float)(r->w.best * r->top[c->session]);
        c->score = c->words + c->pairs + c->neighbours;
        top = c->score > top ? c->score : top;
    }
    top = top > 0 ? top : 1;
    for (size_t i = 0; i < r->n; i++) {
        struct candidate *c = &r->list[i];

        c->words /= top;
        c->pairs /= top;
        c->neighbours /= top;
        c->whole = (float)(r->w.session * r->whole[c->session] / whole);
        c->score = c->score / top + c->whole;
    }
}

/* What a candidate's own words are worth: a prompt counts more, one that lacks
 * words of the question less. */
static void weigh(const struct ranking *r, struct candidate *c,
                  const struct event *v)
{
    double worth =
        r->idf > 0 ? 1 - r->w.cover + r->w.cover * c->idf / r->idf : 1;

    if ((v->flags & EVENT_KIND) == EVENT_PROMPT)
        worth *= r->w.prompt;
    c->words *= (float)worth;
    c->pairs *= (float)worth;
    c->score = c->words + c->pairs;
}

bool ranking_spread(struct ranking *r, struct err *e)
{
    size_t n = r->n;
    float least;

    for (size_t i = 0; i < n; i++) {
        struct candidate *c = &r->list[i];
        const struct event *v = index_event(r->ix, c->event, e);

        if (!v)
            return false;
        weigh(r, c, v);
        if (c->score > r->top[c->session])
            r->top[c->session] = c->score;
    }
    if (!least_giver(r, &least, e))
        return false;
    for (size_t i = 0; i < n; i++) {
        uint32_t event = r->list[i].event;
        float own = r->list[i].score;

        if (own >= least &&
            (!lend(r, event, own, -1, e) || !lend(r, event, own, 1, e)))
            return false;
    }
    sum_up(r);
    return true;
}

/* ---- the best ---- */

/* Keeps the best candidate of each session, in place; the list is sorted. */
static size_t one_a_session(struct ranking *r, struct candidate *list, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        float *seen = &r->times[list[i].session];

        if (*seen == 0)
            list[kept++] = list[i];
        *seen = 1;
    }
    for (size_t i = 0; i < kept; i++)
        r->times[list[i].session] = 0;
    return kept;
}

const struct candidate *ranking_best(struct ranking *r, size_t limit,
                                     bool by_session, size_t *n)
{
    free(r->best);
    r->best = malloc((r->n + 1) * sizeof(*r->best));
    *n = 0;
    if (!r->best)
        return NULL;
    for (size_t i = 0; i < r->n; i++)
        r->best[i] = r->list[i];
    qsort(r->best, r->n, sizeof(*r->best), by_score);
    *n = by_session ? one_a_session(r, r->best, r->n) : r->n;
    *n = *n < limit ? *n : limit;
    return r->best;
}
