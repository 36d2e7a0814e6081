#include "search/postings.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "search/tokenizer.h"

/*
 * FTS5 gives the rows of one question, each with its score; here several words
 * are wanted, each by itself, with their places.  So the question is any of the
 * phrases, and with its first row propolis_read() reads all of each phrase.
 */
struct reading {
    struct search_index *ix;
    const struct match *match; /* or NULL: each phrase by itself */
    size_t matched;
    const struct phrase *phrases;
    size_t n;
    struct postings *out;
    struct postings *now; /* the one that is being read */
    const struct phrase *phrase;
    bool out_of_memory;
};

static bool grow(void **list, size_t *cap, size_t n, size_t size)
{
    size_t more = *cap ? *cap * 2 : 64;
    void *grown;

    if (n < *cap)
        return true;
    grown = realloc(*list, more * size);
    if (grown) {
        *list = grown;
        *cap = more;
    }
    return grown != NULL;
}

static bool add_place(struct postings *p, struct posting *v, int place)
{
    if (v->places == POSTING_PLACES)
        return true;
    if (!grow((void **)&p->places, &p->places_cap, p->nplaces,
              sizeof(*p->places)))
        return false;
    p->places[p->nplaces++] = (uint32_t)place;
    v->places++;
    return true;
}

static bool is_event(const struct search_index *ix, sqlite3_int64 n)
{
    return n > 0 && n <= (sqlite3_int64)ix->events;
}

/* Adds the posting of one phrase in the current row; nothing where it has
 * none. */
static void add_phrase_of(const Fts5ExtensionApi *api, Fts5Context *fts,
                          int phrase, struct reading *r, struct postings *p)
{
    struct posting v = {.at = (uint32_t)p->nplaces};
    Fts5PhraseIter it;
    int column, place;

    v.event = (uint32_t)api->xRowid(fts);
    api->xPhraseFirst(fts, phrase, &it, &column, &place);
    if (column < 0)
        return;
    for (; column >= 0; api->xPhraseNext(fts, &it, &column, &place)) {
        if (column >= COLUMNS)
            continue;
        v.times[column] += v.times[column] < UINT8_MAX;
        if (column == COLUMN_BODY && !add_place(p, &v, place))
            r->out_of_memory = true;
    }
    if (!grow((void **)&p->list, &p->cap, p->n, sizeof(*p->list)))
        r->out_of_memory = true;
    else
        p->list[p->n++] = v;
}

/* Called for each event that holds the phrase. */
static int add_posting(const Fts5ExtensionApi *api, Fts5Context *fts, void *ctx)
{
    struct reading *r = ctx;

    if (r->now->n >= r->phrase->most) {
        r->now->whole = false;
        return SQLITE_DONE;
    }
    if (is_event(r->ix, api->xRowid(fts)))
        add_phrase_of(api, fts, 0, r, r->now);
    return r->out_of_memory ? SQLITE_NOMEM : SQLITE_OK;
}

/* As many in all as there are up to where the reading ended. */
static void estimate(const struct search_index *ix, struct postings *p)
{
    uint32_t last = p->n ? p->list[p->n - 1].event : 0;

    p->events = (double)p->n;
    if (!p->whole && last > 0)
        p->events *= (double)ix->events / last;
}

static void read_all(const Fts5ExtensionApi *api, Fts5Context *fts,
                     sqlite3_context *result, int n, sqlite3_value **args)
{
    struct reading *r = ((struct search_index *)api->xUserData(fts))->reading;
    int rc = r ? SQLITE_OK : SQLITE_MISUSE;

    (void)n, (void)args;
    for (size_t i = 0; rc == SQLITE_OK && i < r->n; i++) {
        r->now = &r->out[i];
        r->phrase = &r->phrases[i];
        rc = api->xQueryPhrase(fts, (int)i, r, add_posting);
        estimate(r->ix, r->now);
    }
    if (rc != SQLITE_OK)
        sqlite3_result_error_code(result, rc);
}

/* Called for each row of a match. */
static void read_row(const Fts5ExtensionApi *api, Fts5Context *fts,
                     sqlite3_context *result, int n, sqlite3_value **args)
{
    struct reading *r = ((struct search_index *)api->xUserData(fts))->reading;
    sqlite3_int64 event = api->xRowid(fts);

    (void)n, (void)args;
    if (!r || !r->match || !is_event(r->ix, event) ||
        !r->match->wanted(r->match->ctx, (uint32_t)event))
        return;
    r->matched++;
    for (size_t i = r->match->from; i < r->n; i++)
        add_phrase_of(api, fts, (int)i, r, &r->out[i]);
    if (r->out_of_memory)
        sqlite3_result_error_nomem(result);
}

bool postings_register(struct search_index *ix, struct err *e)
{
    fts5_api *api = tokenizer_api(ix->h);

    if (!api ||
        api->xCreateFunction(api, "propolis_read", ix, read_all, NULL) !=
            SQLITE_OK ||
        api->xCreateFunction(api, "propolis_row", ix, read_row, NULL) !=
            SQLITE_OK)
        return err_set(e, ERR_NOMEM, "out of memory");
    return true;
}

static bool add_phrase(struct buf *out, const struct phrase *p, struct err *e)
{
    const char *quote;
    size_t at = 0, len;
    bool ok = buf_adds(out, "\"", e);

    while (ok && at < p->len) {
        quote = memchr(p->text + at, '"', p->len - at);
        len = quote ? (size_t)(quote - p->text) - at : p->len - at;
        ok = buf_add(out, p->text + at, len, e) &&
             (!quote || buf_adds(out, "\"\"", e));
        at += len + (quote != NULL);
    }
    return ok && buf_adds(out, p->start ? "\"*" : "\"", e);
}

/* Steps the statement to its end, or until enough rows were taken. */
static bool run(struct search_index *ix, enum index_sql which,
                const struct buf *match, struct reading *r, struct err *e)
{
    sqlite3_stmt *st = index_sql(ix, which, e);
    int rc = SQLITE_ROW;

    if (!st)
        return false;
    sqlite3_bind_text(st, 1, match->data, (int)match->len, SQLITE_STATIC);
    ix->reading = r;
    while (rc == SQLITE_ROW && (!r->match || r->matched < r->match->most))
        rc = sqlite3_step(st);
    ix->reading = NULL;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        index_fail(ix, e);
    sqlite3_reset(st);
    if (r->out_of_memory)
        return err_set(e, ERR_NOMEM, "out of memory");
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

bool postings_read(struct search_index *ix, const struct phrase phrases[],
                   size_t n, struct postings out[], struct err *e)
{
    struct reading r = {.ix = ix, .phrases = phrases, .n = n, .out = out};
    struct buf match = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < n; i++) {
        out[i].whole = true;
        ok = buf_adds(&match, i ? " OR " : "", e) &&
             add_phrase(&match, &phrases[i], e);
    }
    if (ok && n > 0)
        ok = run(ix, SQL_READ, &match, &r, e);
    buf_free(&match);
    return ok;
}

static bool add_match(struct buf *out, const struct match *m, struct err *e)
{
    bool ok = true;

    for (size_t i = 0; ok && i < m->n; i++) {
        const char *before = i < m->any ? " OR " : " AND ";

        before = i == 0 ? (m->any ? "(" : "") : before;
        ok = buf_adds(out, before, e) && add_phrase(out, &m->phrases[i], e) &&
             buf_adds(out, i + 1 == m->any ? ")" : "", e);
    }
    return ok;
}

/* The newest were read first. */
static void reverse(struct postings *p)
{
    for (size_t i = 0, k = p->n; i + 1 < k; i++) {
        struct posting v = p->list[i];

        p->list[i] = p->list[--k];
        p->list[k] = v;
    }
    p->whole = true;
    p->events = (double)p->n;
}

bool postings_match(struct search_index *ix, const struct match *m,
                    struct postings out[], size_t *n, struct err *e)
{
    struct reading r = {.ix = ix, .match = m, .n = m->n, .out = out};
    struct buf match = {0};
    bool ok = add_match(&match, m, e) && run(ix, SQL_MATCH, &match, &r, e);

    for (size_t i = 0; i < m->n; i++)
        reverse(&out[i]);
    *n = r.matched;
    buf_free(&match);
    return ok;
}

const struct posting *postings_find(const struct postings *p, uint32_t event)
{
    size_t low = 0, high = p->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (p->list[mid].event < event)
            low = mid + 1;
        else
            high = mid;
    }
    return low < p->n && p->list[low].event == event ? &p->list[low] : NULL;
}

void postings_free(struct postings *p)
{
    free(p->list);
    free(p->places);
    *p = (struct postings){0};
}
