/*
 * server.h - the Deeplake-shaped HTTP API over PostgreSQL.
 *
 * One process, a few event loops, each a thread that shares nothing with the
 * others but the list of tokens: libmicrohttpd's connections and libpq's
 * wait in one epoll set, so a request passes no queue between threads and a
 * slow statement holds up nobody.  The thread that started the server stays
 * outside and does what may block: server_wait.
 */
#ifndef ENGINE_SERVE_SERVER_H
#define ENGINE_SERVE_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct token_list;
struct server;

/* Everything is copied.  Times in milliseconds, sizes in bytes. */
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
    int client_ms; /* to send a request, and to take an answer */
    size_t max_body, max_answer;
    size_t max_memory; /* all bodies and answers together */
    bool verbose;      /* one line per request on stderr */
};

enum server_event { SERVER_TICK, SERVER_RELOAD, SERVER_REPAIR, SERVER_STOP };

/* Binds, connects once to the database, starts the loops.  Requests wait until
 * the first server_set_tokens.  SIGINT, SIGTERM and SIGHUP belong to the server
 * from here to server_stop.  NULL with *e set on failure. */
struct server *server_start(const struct server_options *o, struct err *e);

int server_port(const struct server *h);

/* Makes a workspace's schema and roles; see tenants.h. */
bool server_setup_workspace(struct server *h, const char *workspace,
                            struct err *e);

/* Takes over g as the list of tokens from the next request on. */
void server_set_tokens(struct server *h, struct token_list *g);

/* Does the blocking work until a signal or a changed token file needs the
 * caller, or ms have passed.  On SERVER_RELOAD read the file, then grant; on
 * SERVER_REPAIR (roles cannot log in or do not own a table in their schema, or
 * SIGHUP) also provision all again. */
enum server_event server_wait(struct server *h, int ms);

/* Finishes running requests, closes and frees everything; NULL is fine. */
void server_stop(struct server *h);

#endif
