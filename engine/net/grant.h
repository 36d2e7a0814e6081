/*
 * grant.h - which bearer token may do what.
 *
 * A token reads pls_<id>_<secret>; only a salted hash of it
 * (HMAC-SHA256 with the salt as key) is kept.  A
 * struct grants never changes once made and is shared by count, so a request
 * keeps what it was checked against while a new list takes over.
 */
#ifndef ENGINE_NET_GRANT_H
#define ENGINE_NET_GRANT_H

#include <stdbool.h>
#include <stddef.h>

struct err;

enum { GRANT_ID = 16, GRANT_SALT = 32, GRANT_HASH = 64, GRANT_TOKEN = 85 };

struct grant {
    char id[GRANT_ID + 1];
    char salt[GRANT_SALT + 1];
    char hash[GRANT_HASH + 1];
    bool write;
    char *name;
    char *org;
    char *org_name;
    char **workspaces; /* NULL-terminated */
};

struct grants;

/* Space for at most room grants, held once; NULL without memory. */
struct grants *grants_new(size_t room);

/* Adds one, copying what it points to. */
bool grants_add(struct grants *g, const struct grant *from, struct err *e);

struct grants *grants_hold(struct grants *g);
void grants_drop(struct grants *g); /* NULL is fine */

/* The grant whose token this is, or NULL; hashes compare in constant time. */
const struct grant *grants_find(const struct grants *g, const char *token);

bool grant_has(const struct grant *g, const char *workspace);

/* A fresh token and what is kept of it: id, salt and hash of *out. */
bool grant_mint(struct grant *out, char token[GRANT_TOKEN + 1], struct err *e);

/* hex(HMAC-SHA256(secret, a NUL b)), what role passwords are made of. */
bool grant_derive(const char *secret, const char *a, const char *b,
                  char out[GRANT_HASH + 1]);

/* Whether a name can be a workspace: [A-Za-z0-9_][A-Za-z0-9_.-]*, at most 63
 * bytes, and none of PostgreSQL's own schemas. */
bool grant_workspace(const char *name);

#endif
