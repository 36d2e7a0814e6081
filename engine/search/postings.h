/*
 * postings.h - which events hold a word, and where in them it stands.
 */
#ifndef ENGINE_SEARCH_POSTINGS_H
#define ENGINE_SEARCH_POSTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "search/index.h"

struct err;

/* So many places of a word in one body are kept. */
#define POSTING_PLACES 8

/* One event that holds the word: how often in each column, and where in the
 * body: places at to at + n of the list's. */
struct posting {
    uint32_t event;
    uint8_t times[COLUMNS]; /* 255 stands for more */
    uint8_t places;
    uint32_t at;
};

/* The events of one word, in ascending order; {0} is an empty one.  When there
 * were more than could be read, whole is false, and events is an estimate. */
struct postings {
    struct posting *list;
    size_t n, cap;
    uint32_t *places;
    size_t nplaces, places_cap;
    bool whole;
    double events; /* how many hold the word */
};

/* What to look for: a piece of text with at least one word; more than one must
 * stand in a row.  With start, the last word may go on. */
struct phrase {
    const char *text;
    size_t len;
    bool start;
    size_t most; /* postings to read */
};

/* Makes the function that reads known to the index's connection. */
bool postings_register(struct search_index *ix, struct err *e);

/* Reads n phrases into out[], each {0} before; false with *e set. */
bool postings_read(struct search_index *ix, const struct phrase phrases[],
                   size_t n, struct postings out[], struct err *e);

/* What to look for in the same events, the newest first: all phrases, or all
 * but the first `any` of them, of which one is enough. */
struct match {
    const struct phrase *phrases;
    size_t n, any, from; /* postings of phrases before from are not kept */
    size_t most;         /* events to take */
    bool (*wanted)(void *ctx, uint32_t event); /* which ones count */
    void *ctx;
};

/* Reads the postings that such events have into out[], each {0} before; *n is
 * how many events there were, at most m->most.  False with *e set. */
bool postings_match(struct search_index *ix, const struct match *m,
                    struct postings out[], size_t *n, struct err *e);

/* The posting of an event, or NULL. */
const struct posting *postings_find(const struct postings *p, uint32_t event);

void postings_free(struct postings *p);

#endif
