/*
 * client_connection.h - the clients' connections, and the time they have.
 *
 * One per connection of libmicrohttpd, made and freed by the notifications
 * that it sends; requests borrow it.  It is on its loop's list while the
 * client owes us something: to send a request, or to take a response.  Whoever
 * is on it for too long is cut off.
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

struct client_connection;

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
