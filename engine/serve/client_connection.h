/*
 * client_connection.h - the listening socket, the clients' connections, and the
 * time they have.
 *
 * server.c opens the socket and closes it; all loops accept from it.
 *
 * A struct client_connection is one of libmicrohttpd's connections, made and
 * freed by the notifications that it sends; requests borrow it.  It is on its
 * loop's list while the client owes us something: to send a request, or to take
 * a response.  Whoever is on it for too long is cut off.
 *
 *     accepted ──▶ timed ──(request is complete)──▶ not timed
 *                    ▲ ──(too long)──▶ shut down        │
 *                    └──────(response is queued)────────┘
 */
#ifndef ENGINE_SERVE_CLIENT_CONNECTION_H
#define ENGINE_SERVE_CLIENT_CONNECTION_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "serve/options.h"

struct client_connection;
struct err;

/* Raises the limit of open files as far as it goes, and lowers
 * o->connections to what fits below it. */
void listener_raise_file_limit(struct server_options *o);

/* Listens on host and port (0: any) without blocking.  Returns the socket and
 * sets *bound, or -1 with *e set. */
int listener_open(const char *host, int port, int *bound, struct err *e);

/* The next client's socket, non-blocking, with its address in from and len;
 * -1 when nobody waits. */
int listener_accept(int listener, struct sockaddr_storage *from,
                    socklen_t *len);

/* Answers a client with 503 before its connection costs anything (with TLS
 * there is no answer), and closes its socket. */
void listener_reject(int fd, bool tls);

/* A loop's connections.  All have the same time, so the list is in the order
 * of deadlines. */
struct client_connections {
    const int64_t *now; /* the loop's clock, in ms */
    int timeout_ms;
    int count; /* also of those that are not timed */
    struct client_connection *oldest, *newest;
};

/* For MHD_OPTION_NOTIFY_CONNECTION; cls is a struct client_connections, *slot
 * becomes the struct client_connection, or NULL without memory. */
void client_connection_notify(void *cls, struct MHD_Connection *http,
                              void **slot,
                              enum MHD_ConnectionNotificationCode what);

/* Its time starts now, or starts again; NULL is fine. */
void client_connection_start_timeout(struct client_connection *conn);
void client_connection_stop_timeout(struct client_connection *conn);

/* Cuts off those whose time is over. */
void client_connections_expire(struct client_connections *list);

#endif
