/*
 * options.h - what a server is started with.
 *
 * Made by the caller of server_start, which copies it but not its texts: they
 * are borrowed until server_stop.  Times in milliseconds, sizes in bytes.
 */
#ifndef ENGINE_SERVE_OPTIONS_H
#define ENGINE_SERVE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct server_options {
    const char *db;     /* the administrator's URL */
    const char *secret; /* role passwords come from it */
    const char *tokens; /* the file whose change asks for a new list */
    const char *host;   /* a numeric address */
    const char *tls_cert, *tls_key; /* PEM text, or NULL */
    int port;                       /* 0: any */
    int threads;                    /* 0: half the processors */
    int connections;                /* of clients, at most */
    int requests;                   /* under way at once, at most */
    int backends;                   /* database connections, at most */
    int statement_ms;
    int client_ms; /* to send a request, and to take a response */
    size_t max_body, max_answer;
    size_t max_memory; /* all bodies and responses together */
    bool verbose;      /* one line per request on stderr */
};

#endif
