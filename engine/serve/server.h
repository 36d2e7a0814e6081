/*
 * server.h - Deeplake's HTTP API over PostgreSQL.
 *
 * One process, a few event loops, each a thread that shares nothing with the
 * others but the list of tokens: libmicrohttpd's connections and libpq's
 * wait in one epoll set, so a request passes no queue between threads and a
 * slow statement holds up nobody.  The thread that started the server stays
 * outside and does what may block: server_wait.  request.h shows which part
 * calls which.
 *
 * A struct server is made by server_start and freed by server_stop, both in
 * the same thread.
 */
#ifndef ENGINE_SERVE_SERVER_H
#define ENGINE_SERVE_SERVER_H

#include <stdbool.h>

#include "serve/options.h"

struct err;
struct server;
struct token_list;

enum server_event { SERVER_TICK, SERVER_RELOAD, SERVER_REPAIR, SERVER_STOP };

/* Binds, connects once to the database, starts the loops.  Requests wait until
 * the first server_set_tokens.  SIGINT, SIGTERM and SIGHUP belong to the server
 * from here to server_stop.  NULL with *e set on failure. */
struct server *server_start(const struct server_options *o, struct err *e);

int server_port(const struct server *server);

/* Makes a workspace's schema and roles; see tenants.h. */
bool server_setup_workspace(struct server *server, const char *workspace,
                            struct err *e);

/* Takes over list as the tokens in force from the next request on; NULL: the
 * file cannot be read, and every token is refused for now. */
void server_set_tokens(struct server *server, struct token_list *list);

/* Does the blocking work until a signal or a changed token file needs the
 * caller, or ms have passed.  On SERVER_RELOAD read the file and set the
 * tokens; on SERVER_REPAIR (roles cannot log in or do not own a table in their
 * schema, or SIGHUP) also set up all workspaces again. */
enum server_event server_wait(struct server *server, int ms);

/* Finishes running requests, closes and frees everything; NULL is fine. */
void server_stop(struct server *server);

#endif
