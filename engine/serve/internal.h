/*
 * internal.h - what the parts of the server share; nobody else includes it.
 *
 * server.c starts and stops, listener.c binds, loop.c waits and keeps time,
 * request.c, router.c are the HTTP side, pg_pool.c and pg_connection.c the
 * database side.  A struct loop and all that hangs off it belongs to one
 * thread.
 */
#ifndef ENGINE_SERVE_INTERNAL_H
#define ENGINE_SERVE_INTERNAL_H

#include <libpq-fe.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "core/buf.h"
#include "serve/server.h"
#include "serve/tenants.h"
#include "serve/token.h"

enum { WORKSPACE_MAX = 64, TICK_MS = 250, GRACE_MS = 1000 };

/* What an epoll event is about; first member of whatever is watched. */
enum watch { WATCH_LISTENER, WATCH_HTTP, WATCH_WAKE, WATCH_PG };

/* Which version of the token file a list was read from. */
struct file_version {
    uint64_t ino;
    int64_t size, sec, nsec;
};

/* A server process that outlived its time limit. */
struct to_terminate {
    struct to_terminate *next;
    int pid;
    char role[TENANTS_ROLE];
};

struct server {
    struct server_options o;
    struct tenants *tenants;
    int listener, port;
    int wake, signals;
    atomic_bool stopping, forced, sealed, stale, broken;
    atomic_llong asked;     /* when server_ask_repair was last heard */
    atomic_uint generation; /* of grants */
    atomic_size_t ended;    /* loops that are done */
    sigset_t mask;          /* the starter's, while masked */
    bool masked;
    pthread_mutex_t lock; /* grants, mark, to_terminate */
    struct token_list *tokens;
    struct file_version mark, seen;
    struct to_terminate *to_terminate;
    size_t nloops;
    struct loop *loops;
};

/* A client's connection.  On the list while the client owes us something. */
struct client_connection {
    struct client_connection *prev, *next;
    int fd;
    int64_t deadline;
    bool listed;
};

enum route { LOST, HEALTH, ME, ORGANIZATIONS, WORKSPACES, TABLES, QUERY };

struct request {
    struct request *next; /* in a pool's queue, or parked */
    struct loop *loop;
    struct client_connection *client;
    struct MHD_Connection *http;
    enum route route;
    bool complete, suspended, later, answered, spoiled, overflow;
    bool wrong_method, counted;
    char workspace[WORKSPACE_MAX];
    struct token_list *tokens;
    const struct token *token; /* one of grants */
    unsigned generation;
    struct buf in;  /* the body, then the statement */
    struct buf out; /* the answer's body */
    size_t held;    /* bytes counted in loop->held */
    size_t rows;
    int status;         /* of the answer, or 0 */
    const char *denied; /* the refusal that waits for the body's end */
    char *line;         /* "POST /path" */
    int64_t started;
    int64_t deadline; /* to be given a database connection */
};

enum pg_connection_state {
    PG_CONNECTION_OPENING,
    PG_CONNECTION_IDLE,
    PG_CONNECTION_RUNNING,
    PG_CONNECTION_RESETTING
};

struct pg_connection {
    enum watch watch;
    enum pg_connection_state state;
    struct pg_connection *prev, *next; /* in loop->connections */
    struct pg_pool *pool;
    PGconn *pg;
    struct request *req;
    int fd;
    unsigned events;
    int64_t deadline;
    bool terminating; /* its server process is being ended */
};

/* The connections of one role. */
struct pg_pool {
    struct pg_pool *next;
    struct loop *loop;
    char workspace[WORKSPACE_MAX];
    bool write;
    int connections, opening;
    struct request *head, **tail;
};

struct loop {
    struct server *server;
    pthread_t thread;
    bool running;
    int epoll, wake;
    struct MHD_Daemon *http;
    enum watch on_listener, on_http, on_wake;
    struct token_list *tokens;
    struct file_version mark;
    unsigned generation;
    struct client_connection *oldest, *newest;
    struct pg_pool *pools;
    struct pg_connection *connections, *dead;
    struct request *parked;
    int nclients, requests, nconnections;
    size_t held;
    bool resumed;
    int64_t now;
};

/* listener.c */
void listen_files(struct server_options *o); /* one per client, or fewer */
bool listen_on(struct server *h, struct err *e);

/* background.c: what loops ask of the thread that may block */
void file_version_of(const char *path, struct file_version *m);
void server_terminate(struct server *h, int pid, const char *role);
void server_terminate_due(struct server *h);
void eventfd_wake(int fd);
void server_ask_repair(struct server *h,
                       const char *why); /* have roles made again */

/* loop.c */
bool loop_start(struct loop *l, struct err *e);
void loop_join(struct loop *l);

/* client_connection.c */
void client_connection_notify(void *cls, struct MHD_Connection *http,
                              void **slot,
                              enum MHD_ConnectionNotificationCode what);
void client_connections_expire(
    struct loop *l); /* cuts who neither sends nor takes */
void client_connection_start_timeout(
    struct loop *l, struct client_connection *p); /* its time starts now */
void client_connection_stop_timeout(struct loop *l,
                                    struct client_connection *p);

/* request.c */
enum MHD_Result request_step(void *cls, struct MHD_Connection *http,
                             const char *url, const char *method,
                             const char *version, const char *data,
                             size_t *size, void **slot);
void request_over(void *cls, struct MHD_Connection *http, void **slot,
                  enum MHD_RequestTerminationCode why);
void request_unpark(struct loop *l);

/* response.c */
enum MHD_Result response_send(struct request *r); /* hands it to MHD */

/* Answers with an error; the request may be queued, parked or running. */
void response_fail(struct request *r, int status, const char *code,
                   const char *text);

/* Answers with r->out under r->status. */
void response_ready(struct request *r);

/* Counts n more bytes; false when the loop holds too many. */
bool request_hold(struct request *r, size_t n);

/* router.c */
enum route router_find(const char *url, char workspace[WORKSPACE_MAX]);
int router_authorize(struct request *r); /* 0, or the status of r->denied */
bool router_document(struct request *r);

/* pg_connection.c: one database connection each.  All but pg_connection_open
 * may free k. */
bool pg_connection_open(struct pg_pool *p);
void pg_connection_run(struct pg_connection *k, struct request *r);
void pg_connection_event(struct pg_connection *k);
void pg_connection_late(struct pg_connection *k); /* its deadline has passed */
void pg_connection_drop(struct pg_connection *k);

/* pg_result.c: one result; false when the connection is of no further use. */
bool pg_result_take(struct pg_connection *k, const PGresult *res);
void pg_result_overflow(struct request *r, const char *done);

/* pg_pool.c: who gets which connection */
void pg_pool_submit(struct request *r);
void pg_pool_pump(struct pg_pool *p);
void pg_pool_fail(struct pg_pool *p, const char *text);
struct pg_pool *
pg_pool_starved(struct loop *l);    /* waits, and has no connection */
void pg_pool_sweep(struct loop *l); /* time limits */
void pg_pool_close(struct loop *l);

#endif
