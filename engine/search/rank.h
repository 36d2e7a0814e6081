/*
 * rank.h - which events answer a question best.
 *
 * An event's score has these parts:
 *
 *   words       BM25 of the question's words, over body, author, parts, day;
 *               less where words are missing
 *   pairs       words that stand side by side in the question and in the event
 *   neighbours  an answer stands beside the question that it answers: an event
 *               lends a share of its words and pairs to those next to it, and
 *               the session's best one to all candidates of the session
 *   session     BM25 of the session as a whole, which may hold words together
 *               that no single event does
 *   feedback    words that the best events share (RM3), asked as a second
 *               question
 *
 * Statistics are those of the whole index; what a filter leaves out is no
 * candidate.  A struct ranking goes from ranking_new() through ranking_run()
 * and, if wanted, ranking_feedback() to ranking_best(), as often as wanted;
 * ranking_free() ends it.  It borrows the index.
 */
#ifndef ENGINE_SEARCH_RANK_H
#define ENGINE_SEARCH_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "search/index.h"
#include "search/postings.h"

struct err;

/* A question has at most so many words; the others are left out. */
#define RANK_TERMS 64

enum need {
    NEED_ANY, /* counts where it is */
    NEED_ALL, /* an event without it is no candidate */
    NEED_NONE /* an event with it is none */
};

/* One word, or a phrase; its text is borrowed until ranking_run() is done. */
struct term {
    const char *text;
    size_t len;
    bool start;   /* the start of a word */
    bool follows; /* stands behind the term before it in the question */
    bool author;  /* somebody's name: what they said is meant */
    enum need need;
    double weight;
};

/* How much each part of a score counts; see rank_defaults. */
struct weights {
    double k1, b;            /* of BM25 */
    double column[COLUMNS];  /* of a word in each */
    double pairs;            /* of a pair, in words */
    double cover;            /* how much is lost without all the words */
    double prompt;           /* what a person asked for */
    double next, after_next; /* shares for neighbours */
    double best;             /* share of the session's best for its events */
    double session;          /* of the session as a whole */
    double feedback;         /* of the second question */
};

extern const struct weights rank_defaults;

/* What may be a hit; all numbers 0 or NULL: everything. */
struct filter {
    const char *contexts; /* 1 for each context that may, by its number */
    size_t ncontexts;
    uint32_t session, except_session;
    uint32_t kinds; /* a bit for each */
    int64_t since, before;
    bool timed; /* since and before count */
};

struct candidate {
    uint32_t event, session;
    float idf; /* of the words that it holds */
    float words, pairs, neighbours, whole, feedback, score;
};

struct ranking;

struct ranking *ranking_new(struct search_index *ix, const struct weights *w,
                            const struct filter *f, struct err *e);
void ranking_free(struct ranking *r);

/* Finds the candidates and their scores. */
bool ranking_run(struct ranking *r, const struct term terms[], size_t n,
                 struct err *e);

/* Mixes a second question in: the postings of n words. */
bool ranking_feedback(struct ranking *r, const struct postings words[],
                      size_t n, struct err *e);

/* The best candidates, at most limit, in order; with by_session the best one of
 * each session.  They belong to the ranking. */
const struct candidate *ranking_best(struct ranking *r, size_t limit,
                                     bool by_session, size_t *n);

/* Whether all events with words of the question were looked at, and feedback is
 * of use; not so with very many of them. */
bool ranking_whole(const struct ranking *r);

#endif
