#include "serve/client_connection.h"

#include <stdlib.h>
#include <sys/socket.h>

struct client_connection {
    struct client_connections *list;
    struct client_connection *prev, *next;
    int fd;
    int64_t deadline;
    bool timed;
};

void client_connection_stop_timeout(struct client_connection *conn)
{
    if (!conn || !conn->timed)
        return;
    *(conn->prev ? &conn->prev->next : &conn->list->oldest) = conn->next;
    *(conn->next ? &conn->next->prev : &conn->list->newest) = conn->prev;
    conn->timed = false;
}

void client_connection_start_timeout(struct client_connection *conn)
{
    struct client_connections *list;

    if (!conn)
        return;
    client_connection_stop_timeout(conn);
    list = conn->list;
    conn->deadline = *list->now + list->timeout_ms;
    conn->prev = list->newest;
    conn->next = NULL;
    *(list->newest ? &list->newest->next : &list->oldest) = conn;
    list->newest = conn;
    conn->timed = true;
}

void client_connection_notify(void *cls, struct MHD_Connection *http,
                              void **slot,
                              enum MHD_ConnectionNotificationCode what)
{
    struct client_connections *list = cls;
    struct client_connection *conn = *slot;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        list->count++;
        *slot = conn = calloc(1, sizeof(*conn));
        if (conn) {
            conn->list = list;
            conn->fd =
                MHD_get_connection_info(http, MHD_CONNECTION_INFO_CONNECTION_FD)
                    ->connect_fd;
            client_connection_start_timeout(conn);
        }
        return;
    }
    list->count--;
    client_connection_stop_timeout(conn);
    free(conn);
}

void client_connections_expire(struct client_connections *list)
{
    struct client_connection *conn;

    while ((conn = list->oldest) && *list->now >= conn->deadline) {
        client_connection_stop_timeout(conn);
        shutdown(conn->fd, SHUT_RDWR); /* libmicrohttpd then sees the end */
    }
}
