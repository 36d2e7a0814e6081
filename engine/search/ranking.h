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
    bool complete;  /* all postings of the question were read */

    /* By session: its score as a whole, its words of the term that is being
     * read, its best event's score. */
    float *whole, *times, *top;
    uint32_t *touched; /* sessions with times */
    size_t ntouched;
    double idf; /* of all the question's words */

    /* By session: what its date's words give each of its events, their idf,
     * and the number of the last of these terms. */
    float *day, *day_idf;
    uint32_t *dated;
    uint32_t terms;

    struct candidate *best; /* what ranking_best() gave */
};

/* The candidate of an event that may be a hit, made when it is none yet; NULL
 * when it may not, or with *failed set. */
struct candidate *ranking_candidate(struct ranking *r, uint32_t event,
                                    bool *failed, struct err *e);

/* Whether an event may be a hit; false also when that could not be read. */
bool ranking_wants(void *ranking, uint32_t event);

/* What was read for a question's terms, in their order. */
struct reads {
    struct phrase phrases[RANK_TERMS];
    struct postings found[RANK_TERMS];
    size_t n;
    bool whole; /* all of each word */
};

/* Reads them: all, or what there is time for in a large index.  NULL with *e
 * set. */
struct reads *reads_new(struct ranking *r, const struct term terms[], size_t n,
                        struct err *e);
void reads_free(struct reads *s);

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
