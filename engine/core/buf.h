/*
 * buf.h - growable bytes with a hard cap.
 *
 * (struct buf){0} is a valid empty buffer.  After a failed append the buffer
 * still owns what it had; freeing it stays the caller's job.
 */
#ifndef ENGINE_CORE_BUF_H
#define ENGINE_CORE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/* No statement and no answer is larger: an agent that pastes 2 GB gets an
 * error and not a dead machine. */
#define BUF_MAX ((size_t)256 << 20)

struct buf {
    char *data; /* NUL-terminated once anything was added */
    size_t len;
    size_t cap;
};

/* Appends n bytes; ERR_NOMEM past BUF_MAX or without memory. */
bool buf_add(struct buf *b, const void *bytes, size_t n, struct err *e);

/* Appends text up to its NUL. */
bool buf_adds(struct buf *b, const char *text, struct err *e);

/* Appends a formatted piece of at most 255 bytes: numbers, fixed words. */
bool buf_addf(struct buf *b, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Forgets the content and keeps the memory. */
void buf_clear(struct buf *b);

/* Releases the memory; the buffer is empty and usable afterwards. */
void buf_free(struct buf *b);

#endif
