#include "search/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "search/ranking.h"

const struct weights rank_defaults = {
    .k1 = 0.9,
    .b = 0.4,
    .column = {[COLUMN_BODY] = 1,
               [COLUMN_AUTHOR] = 0.5,
               [COLUMN_PARTS] = 0.5,
               [COLUMN_DAY] = 1},
    .pairs = 0.5,
    .cover = 0.25,
    .prompt = 2,
    .next = 0.4,
    .after_next = 0.2,
    .best = 0.3,
    .session = 0.5,
    .feedback = 0.2,
};

static bool no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, "out of memory");
}

struct ranking *ranking_new(struct search_index *ix, const struct weights *w,
                            const struct filter *f, struct err *e)
{
    struct ranking *r = calloc(1, sizeof(*r));
    size_t sessions = (size_t)ix->sessions + 1;

    if (r) {
        r->ix = ix;
        r->w = *w;
        r->f = *f;
        r->slot = calloc((size_t)ix->events + 1, sizeof(*r->slot));
        r->whole = calloc(sessions, sizeof(*r->whole));
        r->times = calloc(sessions, sizeof(*r->times));
        r->top = calloc(sessions, sizeof(*r->top));
        r->touched = malloc(sessions * sizeof(*r->touched));
        r->day = calloc(sessions, sizeof(*r->day));
        r->day_idf = calloc(sessions, sizeof(*r->day_idf));
        r->dated = calloc(sessions, sizeof(*r->dated));
    }
    if (r && r->slot && r->whole && r->times && r->top && r->touched &&
        r->day && r->day_idf && r->dated)
        return r;
    no_memory(e);
    ranking_free(r);
    return NULL;
}

void ranking_free(struct ranking *r)
{
    if (!r)
        return;
    free(r->list);
    free(r->slot);
    free(r->whole);
    free(r->times);
    free(r->top);
    free(r->touched);
    free(r->day);
    free(r->day_idf);
    free(r->dated);
    free(r->best);
    free(r);
}

/* ---- candidates ---- */

static bool may_be_hit(struct ranking *r, uint32_t event, const struct event *v,
                       bool *failed, struct err *e)
{
    const struct filter *f = &r->f;
    unsigned kind = v->flags & EVENT_KIND;
    const struct origin *o;

    if (kind == EVENT_DEAD || (f->kinds && !(f->kinds >> kind & 1)) ||
        (f->session && v->session != f->session) ||
        (f->except_session && v->session == f->except_session) ||
        (f->contexts &&
         (v->context >= f->ncontexts || f->contexts[v->context] != 1)))
        return false;
    if (!f->timed)
        return true;
    o = index_origin(r->ix, event, e);
    *failed = *failed || !o;
    return o && o->ms >= f->since && o->ms < f->before;
}

bool ranking_wants(void *ranking, uint32_t event)
{
    struct ranking *r = ranking;
    struct err e;
    bool failed = false;
    const struct event *v = index_event(r->ix, event, &e);

    return v && may_be_hit(r, event, v, &failed, &e);
}

struct candidate *ranking_candidate(struct ranking *r, uint32_t event,
                                    bool *failed, struct err *e)
{
    const struct event *v;
    struct candidate *grown;
    size_t cap = r->cap ? r->cap * 2 : 1024;

    if (r->slot[event] == RANKING_BARRED || (r->closed && !r->slot[event]))
        return NULL;
    if (r->slot[event])
        return &r->list[r->slot[event] - 1];
    v = index_event(r->ix, event, e);
    *failed = *failed || !v;
    if (!v || !may_be_hit(r, event, v, failed, e))
        return NULL;
    if (r->n == r->cap) {
        grown = realloc(r->list, cap * sizeof(*grown));
        if (!grown) {
            *failed = true;
            no_memory(e);
            return NULL;
        }
        r->list = grown;
        r->cap = cap;
    }
    r->list[r->n] = (struct candidate){.event = event, .session = v->session};
    r->slot[event] = (uint32_t)++r->n;
    return &r->list[r->n - 1];
}

bool ranking_whole(const struct ranking *r)
{
    return r->complete;
}

/* ---- words ---- */

double ranking_bm25(const struct ranking *r, double times, double words,
                    double average)
{
    double length = average > 0 ? words / average : 1;

    return times * (r->w.k1 + 1) /
           (times + r->w.k1 * (1 - r->w.b + r->w.b * length));
}

double ranking_idf(double all, double some)
{
    double v = log((all - some + 0.5) / (some + 0.5));

    return v > 1e-6 ? v : 1e-6;
}

static double average_event(const struct ranking *r)
{
    return (double)r->ix->words / (r->ix->events ? r->ix->events : 1);
}

static double average_session(const struct ranking *r)
{
    return (double)r->ix->words / (r->ix->sessions ? r->ix->sessions : 1);
}

/* How often, in words of the body; the date is the session's. */
static double weighted(const struct ranking *r, const struct term *t,
                       const struct posting *p)
{
    double times = 0;

    if (t->author) /* what somebody said, not what is said of them */
        return p->times[COLUMN_AUTHOR] * r->w.column[COLUMN_AUTHOR];
    for (size_t i = 0; i < COLUMNS; i++)
        times += i != COLUMN_DAY ? p->times[i] * r->w.column[i] : 0;
    return times;
}

/* The same within a session: its author and day count once. */
static void count_session(struct ranking *r, const struct posting *p,
                          uint32_t session)
{
    float body = (float)(p->times[COLUMN_BODY] +
                         r->w.column[COLUMN_PARTS] * p->times[COLUMN_PARTS]);

    if (r->times[session] == 0) {
        r->touched[r->ntouched++] = session;
        r->times[session] = body > 0 ? body : 0.5F;
    } else {
        r->times[session] += body;
    }
}

static bool end_term(struct ranking *r, const struct term *t, double share,
                     struct err *e)
{
    double idf = ranking_idf(r->ix->sessions, (double)r->ntouched * share);
    double average = average_session(r);

    for (size_t i = 0; i < r->ntouched; i++) {
        uint32_t n = r->touched[i];
        const struct session *s = index_session(r->ix, n, e);

        if (!s)
            return false;
        r->whole[n] += (float)(t->weight * idf *
                               ranking_bm25(r, r->times[n], s->words, average));
        r->times[n] = 0;
    }
    r->ntouched = 0;
    return true;
}

/* The date stands with the first event of a session's day only; it counts for
 * all of them. */
static void add_day(struct ranking *r, const struct term *t, double some,
                    uint32_t session)
{
    double idf = t->weight * ranking_idf(r->ix->sessions, some);

    if (r->dated[session] == r->terms)
        return;
    r->dated[session] = r->terms;
    r->day[session] +=
        (float)(idf * ranking_bm25(r, r->w.column[COLUMN_DAY], 1, 1));
    r->day_idf[session] += (float)idf;
}

bool ranking_add_term(struct ranking *r, const struct term *t,
                      const struct postings *p, struct err *e)
{
    double idf = t->weight * ranking_idf(r->ix->events, p->events);
    double average = average_event(r), times;
    bool failed = false;

    r->idf += idf;
    r->terms++;
    for (size_t i = 0; i < p->n && !failed; i++) {
        const struct posting *v = &p->list[i];
        const struct event *about = index_event(r->ix, v->event, e);
        struct candidate *c;

        if (!about)
            return false;
        if ((about->flags & EVENT_KIND) == EVENT_DEAD)
            continue;
        count_session(r, v, about->session);
        if (v->times[COLUMN_DAY])
            add_day(r, t, p->events, about->session);
        times = weighted(r, t, v);
        c = times > 0 || v->times[COLUMN_DAY]
                ? ranking_candidate(r, v->event, &failed, e)
                : NULL;
        if (c && times > 0) {
            c->idf += (float)idf;
            c->words += (float)(idf * ranking_bm25(r, times,
                                                   unpack_length(about->length),
                                                   average));
        }
    }
    return !failed && end_term(r, t, p->n ? p->events / (double)p->n : 1, e);
}
