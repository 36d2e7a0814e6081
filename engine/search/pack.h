/*
 * pack.h - what the index notes of each event and session, packed in pages.
 *
 * Events are numbered from 1 in the order in which they were indexed, those of
 * one run (indexed one after the other, of one session) in time.  Ranking needs
 * a few numbers of each event that holds a word; a page has them for 1,024
 * events in about nine bytes each, sessions likewise.
 */
#ifndef ENGINE_SEARCH_PACK_H
#define ENGINE_SEARCH_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

#define PAGE_SIZE 1024

/* event.flags: its kind and its table, whether the session goes on elsewhere
 * (see index.h, links) before or behind it. */
#define EVENT_KIND 0x0F
#define EVENT_PROMPT 1  /* the kind of what a person asked for */
#define EVENT_DEAD 0x0F /* the kind of an event that is no longer there */
#define EVENT_TABLE 0x30
#define EVENT_TABLE_SHIFT 4
#define EVENT_LINK_BEFORE 0x40
#define EVENT_LINK_BEHIND 0x80

/* What ranking and filters look at. */
struct event {
    uint32_t session, context;
    uint8_t length; /* words, as pack_length() has them */
    uint8_t flags;
};

/* Where it comes from: when it happened (milliseconds since 1970, UTC) and its
 * row in its table of the store. */
struct origin {
    int64_t ms, rowid;
};

struct event_page {
    size_t n;
    bool dirty;
    bool origins_read;
    struct event events[PAGE_SIZE];
    struct origin origins[PAGE_SIZE];
};

struct session {
    uint32_t words, events;
    uint32_t last; /* its latest event */
};

struct session_page {
    size_t n;
    bool dirty;
    struct session sessions[PAGE_SIZE];
};

/* A number of words in a byte, to within five percent, and back. */
uint8_t pack_length(size_t words);
double unpack_length(uint8_t length);

/* Append a page's bytes with a sum of them at their end; false with *e set when
 * memory ran out. */
bool pack_events(const struct event_page *p, struct buf *out, struct err *e);
bool pack_origins(const struct event_page *p, struct buf *out, struct err *e);
bool pack_sessions(const struct session_page *p, struct buf *out,
                   struct err *e);

/* Read them back; false when they are not what was written. */
bool unpack_events(struct event_page *p, const void *data, size_t len);
bool unpack_origins(struct event_page *p, const void *data, size_t len);
bool unpack_sessions(struct session_page *p, const void *data, size_t len);

#endif
