/*
 * token.h - which bearer token may do what.
 *
 * A token reads pls_<id>_<secret>; only a salted hash of it (HMAC-SHA256 with
 * the salt as key) is kept.
 *
 * A struct token_list is made with one reference and filled by one thread;
 * then it never changes and is shared.  Who keeps it takes a reference; the
 * last one that is given back frees it with its tokens, so a request keeps
 * what it was checked against while a new list takes over.
 *
 * server.c owns the one struct token_file: its own thread watches the file
 * and sets the list in force, the loops only read.  Each loop has a struct
 * token_view, its own reference to the list, so that no request takes a lock.
 */
#ifndef ENGINE_SERVE_TOKEN_H
#define ENGINE_SERVE_TOKEN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum { TOKEN_ID = 16, TOKEN_SALT = 32, TOKEN_HASH = 64, TOKEN_TEXT = 85 };

struct token {
    char id[TOKEN_ID + 1];
    char salt[TOKEN_SALT + 1];
    char hash[TOKEN_HASH + 1];
    bool write;
    char *name;
    char *org;
    char *org_name;
    char **workspaces; /* NULL-terminated */
};

struct token_list;

/* Space for at most room tokens, with one reference; NULL without memory. */
struct token_list *token_list_new(size_t room);

/* Adds one, copying what it points to. */
bool token_list_add(struct token_list *list, const struct token *from,
                    struct err *e);

struct token_list *token_list_ref(struct token_list *list);
void token_list_unref(struct token_list *list); /* NULL is fine */

/* The one whose text this is, or NULL; hashes compare in constant time. */
const struct token *token_list_find(const struct token_list *list,
                                    const char *token);

bool token_allows(const struct token *token, const char *workspace);

/* A fresh token and what is kept of it: id, salt and hash of *out. */
bool token_new(struct token *out, char token[TOKEN_TEXT + 1], struct err *e);

/* hex(HMAC-SHA256(secret, a NUL b)), what role passwords are made of. */
bool token_derive(const char *secret, const char *a, const char *b,
                  char out[TOKEN_HASH + 1]);

/* Whether a name can be a workspace: [A-Za-z0-9_][A-Za-z0-9_.-]*, at most 63
 * bytes, and none of PostgreSQL's own schemas. */
bool workspace_name_ok(const char *name);

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

void token_file_init(struct token_file *f, const char *path);
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
