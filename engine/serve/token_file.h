/*
 * token_file.h - the list of tokens in force, and whether the file that it
 * was read from has changed since.
 *
 * server.c owns the one struct token_file: its own thread watches the file
 * and sets the list, the loops only read.  Each loop has a struct token_view,
 * its own reference to the list, so that no request takes a lock.
 */
#ifndef ENGINE_SERVE_TOKEN_FILE_H
#define ENGINE_SERVE_TOKEN_FILE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "serve/token.h"

/* Which version of the file a list was read from; no file is one, too. */
struct file_version {
    uint64_t ino;
    int64_t size, sec, nsec;
};

struct token_file {
    const char *path;         /* borrowed */
    struct file_version seen; /* the server's thread: at its last look */
    atomic_uint generation;   /* counts the lists */
    pthread_mutex_t lock;     /* of the two below */
    struct token_list *list;
    struct file_version version;
};

/* (struct token_view){0} is valid: no list yet. */
struct token_view {
    struct token_list *list;
    struct file_version version;
    unsigned generation;
};

void token_file_init(struct token_file *f); /* then set path */
void token_file_free(struct token_file *f);

/* For the server's thread.  Looks at the file: whether it is another than the
 * one the list in force was read from. */
bool token_file_look(struct token_file *f);

/* For the server's thread.  Takes over list (or NULL: it cannot be read),
 * which was read from the file as the last look saw it. */
void token_file_set(struct token_file *f, struct token_list *list);

/* Brings a loop's view up to date; whether there was something new. */
bool token_view_renew(struct token_view *view, struct token_file *f);

/* Whether the file is another than the one the view's list came from. */
bool token_view_stale(const struct token_view *view,
                      const struct token_file *f);

#endif
