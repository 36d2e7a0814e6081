#include <stdlib.h>

#include "core/err.h"
#include "search/ranking.h"

/* So many of the best events lend to their neighbours; where more hold a word
 * than these, the others' shares would not be seen. */
#define GIVERS 2000

static int by_score(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->event < y->event ? -1 : x->event > y->event;
}

static bool no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, "out of memory");
}

/* Puts the k greatest of n numbers to the front, in any order: Hoare's
 * selection. */
static void select_greatest(float *list, long n, long k)
{
    long low = 0, high = n - 1;

    while (low < high) {
        float pivot = list[low + (high - low) / 2];
        long i = low, j = high;

        while (i <= j) {
            while (list[i] > pivot)
                i++;
            while (list[j] < pivot)
                j--;
            if (i <= j) {
                float swap = list[i];

                list[i++] = list[j];
                list[j--] = swap;
            }
        }
        if (k - 1 <= j)
            high = j;
        else if (k - 1 >= i)
            low = i;
        else
            return;
    }
}

/* The score of the k-th best candidate, 0 when there are fewer. */
static bool score_of(const struct ranking *r, size_t k, float *score,
                     struct err *e)
{
    float *list;

    *score = 0;
    if (k == 0 || r->n <= k)
        return true;
    list = calloc(r->n, sizeof(*list));
    if (!list)
        return no_memory(e);
    for (size_t i = 0; i < r->n; i++)
        list[i] = r->list[i].score;
    select_greatest(list, (long)r->n, (long)k);
    *score = list[0];
    for (size_t i = 1; i < k; i++)
        *score = list[i] < *score ? list[i] : *score;
    free(list);
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
    double idf = c->idf + r->day_idf[c->session], worth = 1;

    if (r->idf > 0)
        worth += r->w.cover * ((idf < r->idf ? idf / r->idf : 1) - 1);
    if ((v->flags & EVENT_KIND) == EVENT_PROMPT)
        worth *= r->w.prompt;
    c->words = (float)(worth * (c->words + r->day[c->session]));
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
    if (!score_of(r, GIVERS, &least, e))
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

/* The candidates with at least a score, sorted, into r->best; how many. */
static size_t sort_best(struct ranking *r, float least)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        if (r->list[i].score >= least)
            r->best[n++] = r->list[i];
    qsort(r->best, n, sizeof(*r->best), by_score);
    return n;
}

const struct candidate *ranking_best(struct ranking *r, size_t limit,
                                     bool by_session, size_t *n)
{
    /* Of one session there may be many: then more are looked at. */
    size_t k = by_session ? 20 * limit : limit;
    struct err e;
    float least;

    free(r->best);
    r->best = malloc((r->n + 1) * sizeof(*r->best));
    *n = 0;
    if (!r->best || !score_of(r, k, &least, &e))
        return NULL;
    *n = sort_best(r, least);
    if (by_session) {
        *n = one_a_session(r, r->best, *n);
        if (*n < limit && least > 0)
            *n = one_a_session(r, r->best, sort_best(r, 0));
    }
    *n = *n < limit ? *n : limit;
    return r->best;
}
