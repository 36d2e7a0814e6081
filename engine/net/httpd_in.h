/*
 * httpd_in.h - what the parts of the server share; nobody else includes it.
 *
 * httpd.c starts and stops, listen.c binds, loop.c waits and keeps time,
 * request.c, route.c are the HTTP side, pool.c and link.c the database side.  A
 * struct loop and all that hangs off it belongs to one thread.
 */
#ifndef ENGINE_NET_HTTPD_IN_H
#define ENGINE_NET_HTTPD_IN_H

#include <libpq-fe.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "core/buf.h"
#include "net/grant.h"
#include "net/httpd.h"
#include "net/landlord.h"

enum { WORKSPACE_MAX = 64, TICK_MS = 250, GRACE_MS = 1000 };

/* What an epoll event is about; first member of whatever is watched. */
enum watch { WATCH_LISTENER, WATCH_HTTP, WATCH_WAKE, WATCH_LINK };

/* Which version of the token file a list was read from. */
struct mark {
    uint64_t ino;
    int64_t size, sec, nsec;
};

/* A server process that outlived its time limit. */
struct victim {
    struct victim *next;
    int pid;
    char role[LANDLORD_ROLE];
};

struct httpd {
    struct httpd_options o;
    struct landlord *landlord;
    int listener, port;
    int wake, signals;
    atomic_bool stopping, forced, sealed, stale, broken;
    atomic_llong asked;     /* when httpd_ask was last heard */
    atomic_uint generation; /* of grants */
    atomic_size_t ended;    /* loops that are done */
    sigset_t mask;          /* the starter's, while masked */
    bool masked;
    pthread_mutex_t lock; /* grants, mark, victims */
    struct grants *grants;
    struct mark mark, seen;
    struct victim *victims;
    size_t nloops;
    struct loop *loops;
};

/* A client's connection.  On the list while the client owes us something. */
struct peer {
    struct peer *prev, *next;
    int fd;
    int64_t deadline;
    bool listed;
};

enum route { LOST, HEALTH, ME, ORGANIZATIONS, WORKSPACES, TABLES, QUERY };

struct request {
    struct request *next; /* in a pool's queue, or parked */
    struct loop *loop;
    struct peer *peer;
    struct MHD_Connection *http;
    enum route route;
    bool complete, suspended, later, answered, spoiled, overflow;
    bool wrong_method, counted;
    char workspace[WORKSPACE_MAX];
    struct grants *grants;
    const struct grant *grant; /* one of grants */
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

enum link_state { LINK_OPENING, LINK_IDLE, LINK_RUNNING, LINK_RESETTING };

struct link {
    enum watch watch;
    enum link_state state;
    struct link *prev, *next; /* in loop->links */
    struct pool *pool;
    PGconn *pg;
    struct request *req;
    int fd;
    unsigned events;
    int64_t deadline;
    bool condemned; /* its server process is being ended */
};

/* The connections of one role. */
struct pool {
    struct pool *next;
    struct loop *loop;
    char workspace[WORKSPACE_MAX];
    bool write;
    int links, opening;
    struct request *head, **tail;
};

struct loop {
    struct httpd *server;
    pthread_t thread;
    bool running;
    int epoll, wake;
    struct MHD_Daemon *http;
    enum watch on_listener, on_http, on_wake;
    struct grants *grants;
    struct mark mark;
    unsigned generation;
    struct peer *oldest, *newest;
    struct pool *pools;
    struct link *links, *dead;
    struct request *parked;
    int peers, requests, nlinks;
    size_t held;
    bool resumed;
    int64_t now;
};

/* listen.c */
void listen_files(struct httpd_options *o); /* one per client, or fewer */
bool listen_on(struct httpd *h, struct err *e);

/* errand.c: what loops ask of the thread that may block */
void mark_of(const char *path, struct mark *m);
void httpd_kill(struct httpd *h, int pid, const char *role);
void httpd_end_victims(struct httpd *h);
void httpd_wake(int fd);
void httpd_ask(struct httpd *h, const char *why); /* have roles made again */

/* loop.c */
bool loop_start(struct loop *l, struct err *e);
void loop_join(struct loop *l);

/* peer.c */
void peer_notify(void *cls, struct MHD_Connection *http, void **slot,
                 enum MHD_ConnectionNotificationCode what);
void peer_sweep(struct loop *l); /* cuts who neither sends nor takes */
void peer_owes(struct loop *l, struct peer *p); /* its time starts now */
void peer_waits(struct loop *l, struct peer *p);

/* request.c */
enum MHD_Result request_step(void *cls, struct MHD_Connection *http,
                             const char *url, const char *method,
                             const char *version, const char *data,
                             size_t *size, void **slot);
void request_over(void *cls, struct MHD_Connection *http, void **slot,
                  enum MHD_RequestTerminationCode why);
void request_unpark(struct loop *l);

/* reply.c */
enum MHD_Result request_reply(struct request *r); /* hands it to MHD */

/* Answers with an error; the request may be queued, parked or running. */
void request_fail(struct request *r, int status, const char *code,
                  const char *text);

/* Answers with r->out under r->status. */
void request_answer(struct request *r);

/* Counts n more bytes; false when the loop holds too many. */
bool request_hold(struct request *r, size_t n);

/* route.c */
enum route route_of(const char *url, char workspace[WORKSPACE_MAX]);
int route_allow(struct request *r); /* 0, or the status of r->denied */
bool route_document(struct request *r);

/* link.c: one database connection each.  All but link_open may free k. */
bool link_open(struct pool *p);
void link_run(struct link *k, struct request *r);
void link_event(struct link *k);
void link_late(struct link *k); /* its deadline has passed */
void link_drop(struct link *k);

/* rows.c: one result; false when the connection is of no further use. */
bool link_take(struct link *k, const PGresult *res);
void link_overflow(struct request *r, const char *done);

/* pool.c: who gets which connection */
void pool_submit(struct request *r);
void pool_pump(struct pool *p);
void pool_fail(struct pool *p, const char *text);
struct pool *pool_starved(struct loop *l); /* waits, and has no connection */
void pool_sweep(struct loop *l);           /* time limits */
void pool_close(struct loop *l);

#endif
