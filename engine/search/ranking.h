/*
 * ranking.h - what the files of a ranking share; others include rank.h.
 */
#ifndef ENGINE_SEARCH_RANKING_H
#define ENGINE_SEARCH_RANKING_H

#include "search/rank.h"

/* In a slot: an event that holds what the question leaves out. */
#define RANKING_BARRED UINT32_MAX

struct ranking {
    struct search_index *ix;
    struct weights w;
    struct filter f;

    struct candidate *list;
    size_t n, cap;
    uint32_t *slot; /* by event: its place in the list plus 1, or 0 */
    bool closed;    /* no candidates are added any more */

    /* By session: its score as a whole, its words of the term that is being
     * read, its best event's score. */
    float *whole, *times, *top;
    uint32_t *touched; /* sessions with times */
    size_t ntouched;
    double idf; /* of all the question's words */

    struct candidate *best; /* what ranking_best() gave */
};

/* The candidate of an event that may be a hit, made when it is none yet; NULL
 * when it may not, or with *failed set. */
struct candidate *ranking_candidate(struct ranking *r, uint32_t event,
                                    bool *failed, struct err *e);

/* BM25's part for a word that stands so often in a text of so many words. */
double ranking_bm25(const struct ranking *r, double times, double words,
                    double average);

/* How telling a word is that some of all texts hold. */
double ranking_idf(double all, double some);

/* Adds one term's part of the scores of events and sessions. */
bool ranking_add_term(struct ranking *r, const struct term *t,
                      const struct postings *p, struct err *e);

/* Adds what terms side by side give. */
bool ranking_add_pair(struct ranking *r, const struct postings *a,
                      const struct postings *b, double weight, struct err *e);

/* Lends shares to neighbours, adds sessions, sums up. */
bool ranking_spread(struct ranking *r, struct err *e);

#endif
