/*
 * stem.h - Porter's stemmer: "connections", "connected" and "connecting" are
 * one word, "connect".
 */
#ifndef ENGINE_SEARCH_STEM_H
#define ENGINE_SEARCH_STEM_H

#include <stddef.h>

/* Cuts the ending off a word of lower-case ASCII letters, in place, and returns
 * its new length, which is never greater.  M. F. Porter, "An algorithm for
 * suffix stripping", 1980. */
size_t stem_word(char *word, size_t len);

#endif
