/*
 * router.h - what a request asks for, whether its token may, and the answers
 * that need no database.  Pure: no I/O, keeps nothing.
 */
#ifndef ENGINE_SERVE_ROUTER_H
#define ENGINE_SERVE_ROUTER_H

#include <stdbool.h>

#include "serve/token.h"

struct buf;
struct err;

enum { WORKSPACE_MAX = 64 };

enum resource {
    RESOURCE_UNKNOWN,
    RESOURCE_HEALTH,
    RESOURCE_ME,
    RESOURCE_ORGANIZATIONS,
    RESOURCE_WORKSPACES,
    RESOURCE_TABLES,
    RESOURCE_QUERY
};

struct route {
    enum resource resource;
    bool wrong_method;
    char workspace[WORKSPACE_MAX]; /* of RESOURCE_TABLES and _QUERY */
};

/* What a token came to; texts are constant, token is one of the list. */
struct access {
    int status; /* 0: granted, else HTTP's, with the next two */
    const char *code;
    const char *text;
    const struct token *token; /* NULL for RESOURCE_HEALTH and strangers */
};

struct route router_find(const char *method, const char *url);

/* list is NULL when it cannot be read; bearer and org are the headers
 * Authorization and X-Activeloop-Org-Id, or NULL. */
struct access router_authorize(const struct route *route,
                               const struct token_list *list,
                               const char *bearer, const char *org);

/* Appends the answer of a resource that needs no database. */
bool router_document(const struct route *route, const struct token *token,
                     struct buf *out, struct err *e);

#endif
