#include "core/err.h"
#include "search/ranking.h"

/* Takes out the candidates that lack a word they must have; no others can be
 * added then. */
static void demand(struct ranking *r, const struct postings *p)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->n; i++) {
        struct candidate c = r->list[i];

        r->slot[c.event] = 0;
        if (!postings_find(p, c.event))
            continue;
        r->list[kept++] = c;
        r->slot[c.event] = (uint32_t)kept;
    }
    r->n = kept;
    r->closed = true;
}

/* Bars the events that have a word which they must not; before there are
 * candidates. */
static void bar(struct ranking *r, const struct postings *p)
{
    for (size_t i = 0; i < p->n; i++)
        r->slot[p->list[i].event] = RANKING_BARRED;
}

static bool add_terms(struct ranking *r, const struct term terms[],
                      const struct reads *s, struct err *e)
{
    for (size_t i = 0; i < s->n; i++)
        if (terms[i].need == NEED_NONE)
            bar(r, &s->found[i]);
    for (size_t i = 0; i < s->n; i++)
        if (terms[i].need != NEED_NONE &&
            !ranking_add_term(r, &terms[i], &s->found[i], e))
            return false;
    for (size_t i = 1; i < s->n; i++)
        if (terms[i].follows &&
            !ranking_add_pair(r, &s->found[i - 1], &s->found[i], r->w.pairs, e))
            return false;
    for (size_t i = 0; i < s->n; i++)
        if (terms[i].need == NEED_ALL)
            demand(r, &s->found[i]);
    return true;
}

/* With more candidates than these, the best ones have all that was asked for:
 * what else they share is not looked for. */
#define MANY 5000

bool ranking_run(struct ranking *r, const struct term terms[], size_t n,
                 struct err *e)
{
    struct reads *s = reads_new(r, terms, n, e);
    bool ok = s && add_terms(r, terms, s, e) && ranking_spread(r, e);

    r->complete = s && s->whole && r->n <= MANY;
    reads_free(s);
    return ok;
}

/* ---- the second question ---- */

static bool add_feedback(struct ranking *r, const struct postings *p,
                         struct err *e)
{
    double idf = ranking_idf(r->ix->events, p->events);
    double average = (double)r->ix->words / r->ix->events;
    bool failed = false;

    for (size_t i = 0; i < p->n && !failed; i++) {
        const struct posting *v = &p->list[i];
        struct candidate *c = v->times[COLUMN_BODY]
                                  ? ranking_candidate(r, v->event, &failed, e)
                                  : NULL;
        const struct event *about = c ? index_event(r->ix, v->event, e) : NULL;

        if (about)
            c->feedback +=
                (float)(idf * ranking_bm25(r, v->times[COLUMN_BODY],
                                           unpack_length(about->length),
                                           average));
    }
    return !failed;
}

/* The best one is 1 of the score so far and of the second question's. */
static void mix(struct ranking *r)
{
    float best = 0, top = 0;
    double share = r->w.feedback;

    for (size_t i = 0; i < r->n; i++) {
        top = r->list[i].score > top ? r->list[i].score : top;
        best = r->list[i].feedback > best ? r->list[i].feedback : best;
    }
    for (size_t i = 0; i < r->n && top > 0 && best > 0; i++) {
        struct candidate *c = &r->list[i];

        c->feedback = (float)(share * c->feedback / best);
        c->score = (float)((1 - share) * c->score / top) + c->feedback;
    }
}

bool ranking_feedback(struct ranking *r, const struct postings words[],
                      size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        if (!add_feedback(r, &words[i], e))
            return false;
    mix(r);
    return true;
}
