/*
 * feedback.h - the words that the best answers share (RM3).
 *
 * From feedback_new() through feedback_skip() and feedback_add() to
 * feedback_pick(); feedback_free() ends it.
 */
#ifndef ENGINE_SEARCH_FEEDBACK_H
#define ENGINE_SEARCH_FEEDBACK_H

#include <stdbool.h>
#include <stddef.h>

#include "search/rank.h"

struct err;
struct feedback;

struct feedback *feedback_new(struct search_index *ix, struct err *e);
void feedback_free(struct feedback *f);

/* The words of this text are not picked: the question's, and stop words. */
bool feedback_skip(struct feedback *f, const char *text, size_t len,
                   struct err *e);

/* An answer's text and score; the text must stay until words are picked. */
bool feedback_add(struct feedback *f, const char *text, size_t len,
                  double score, struct err *e);

/* Picks at most most words, those first that the answers share and the index as
 * a whole does not; *n of them, in whose postings are the caller's from then
 * on. */
bool feedback_pick(struct feedback *f, struct postings in[], size_t most,
                   size_t *n, struct err *e);

#endif
