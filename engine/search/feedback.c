#include "search/feedback.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "search/tokenizer.h"

/* Places for words; answers have at most half as many that count. */
#define PLACES 8192

/* So many words are looked up in the index, of those that weigh the most. */
#define LOOKED_UP 64

/* A word that more events hold is too common to say what is looked for. */
#define COMMON 1500

/* Shorter words tell little. */
#define SHORTEST 3

struct word {
    char term[TOKEN_MAX];
    size_t len; /* 0: a free place */
    const char *text;
    size_t text_len;
    double weight;
    unsigned answers; /* how many hold it */
    unsigned last;    /* the latest one that does */
    bool skip;
};

struct feedback {
    struct search_index *ix;
    struct tokenizer *words;
    struct word places[PLACES];
    size_t n;
    unsigned answers, answer; /* how many; the one being read, or 0 */
    const char *text;
    double score;
};

struct feedback *feedback_new(struct search_index *ix, struct err *e)
{
    struct feedback *f = calloc(1, sizeof(*f));

    if (!f) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    f->ix = ix;
    f->words = tokenizer_new(ix->h, e);
    if (f->words)
        return f;
    free(f);
    return NULL;
}

void feedback_free(struct feedback *f)
{
    if (!f)
        return;
    tokenizer_free(f->words);
    free(f);
}

/* The word's place, or a free one. */
static struct word *place_of(struct feedback *f, const struct token *t)
{
    uint32_t at = 2166136261U; /* FNV-1a */
    struct word *w;

    for (size_t i = 0; i < t->len; i++)
        at = (at ^ (unsigned char)t->term[i]) * 16777619U;
    for (;; at++) {
        w = &f->places[at % PLACES];
        if (!w->len || (w->len == t->len && !memcmp(w->term, t->term, w->len)))
            return w;
    }
}

static bool note(void *ctx, const struct token *t)
{
    struct feedback *f = ctx;
    struct word *w = place_of(f, t);

    if (f->n >= PLACES / 2)
        return false;
    if (!w->len) {
        memcpy(w->term, t->term, t->len);
        w->len = t->len;
        f->n++;
    }
    w->skip = w->skip || f->answer == 0 || t->to - t->from < SHORTEST;
    if (w->skip || w->last == f->answer)
        return true;
    w->text = f->text + t->from;
    w->text_len = t->to - t->from;
    w->weight += f->score;
    w->last = f->answer;
    w->answers++;
    return true;
}

bool feedback_skip(struct feedback *f, const char *text, size_t len,
                   struct err *e)
{
    f->answer = 0;
    return tokenizer_read(f->words, text, len, note, f, e);
}

bool feedback_add(struct feedback *f, const char *text, size_t len,
                  double score, struct err *e)
{
    f->answer = ++f->answers;
    f->text = text;
    f->score = score;
    return tokenizer_read(f->words, text, len, note, f, e);
}

static int by_weight(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    int order = memcmp(x->term, y->term, sizeof(x->term));

    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return order;
}

/* Moves the words that may be picked to the front, heaviest first. */
static size_t sort_words(struct feedback *f)
{
    size_t n = 0;

    for (size_t i = 0; i < PLACES; i++)
        if (f->places[i].len && !f->places[i].skip)
            f->places[n++] = f->places[i];
    qsort(f->places, n, sizeof(*f->places), by_weight);
    return n;
}

/* A word that was looked up. */
struct choice {
    double weight;
    size_t word; /* its place */
};

static int by_choice(const void *a, const void *b)
{
    const struct choice *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return x->word < y->word ? -1 : x->word > y->word;
}

/* Looks up n words, and weighs them by how few events hold them. */
static bool weigh(struct feedback *f, size_t n, struct postings found[],
                  struct choice choices[], struct err *e)
{
    struct phrase phrases[LOOKED_UP] = {0};

    for (size_t i = 0; i < n; i++)
        phrases[i] = (struct phrase){.text = f->places[i].text,
                                     .len = f->places[i].text_len,
                                     .most = COMMON};
    if (!postings_read(f->ix, phrases, n, found, e))
        return false;
    for (size_t i = 0; i < n; i++) {
        choices[i].word = i;
        choices[i].weight = found[i].whole
                                ? f->places[i].weight *
                                      log(f->ix->events / (1 + found[i].events))
                                : 0;
    }
    qsort(choices, n, sizeof(*choices), by_choice);
    return true;
}

bool feedback_pick(struct feedback *f, struct postings in[], size_t most,
                   size_t *n, struct err *e)
{
    struct postings found[LOOKED_UP] = {0};
    struct choice choices[LOOKED_UP] = {0};
    size_t words = sort_words(f);
    bool ok;

    words = words < LOOKED_UP ? words : LOOKED_UP;
    *n = 0;
    ok = weigh(f, words, found, choices, e);
    for (; ok && *n < words && *n < most && choices[*n].weight > 0; ++*n) {
        in[*n] = found[choices[*n].word];
        found[choices[*n].word] = (struct postings){0};
    }
    for (size_t i = 0; i < words; i++)
        postings_free(&found[i]);
    return ok;
}
