#include <stdlib.h>
#include <sys/socket.h>

#include "serve/internal.h"

static void unlist(struct loop *l, struct client_connection *p)
{
    if (!p->listed)
        return;
    if (p->prev)
        p->prev->next = p->next;
    else
        l->oldest = p->next;
    if (p->next)
        p->next->prev = p->prev;
    else
        l->newest = p->prev;
    p->listed = false;
}

/* All have the same time, so the list is in order of deadlines. */
void client_connection_start_timeout(struct loop *l,
                                     struct client_connection *p)
{
    unlist(l, p);
    p->deadline = l->now + l->server->o.client_ms;
    p->prev = l->newest;
    p->next = NULL;
    if (l->newest)
        l->newest->next = p;
    else
        l->oldest = p;
    l->newest = p;
    p->listed = true;
}

void client_connection_stop_timeout(struct loop *l, struct client_connection *p)
{
    unlist(l, p);
}

void client_connection_notify(void *cls, struct MHD_Connection *http,
                              void **slot,
                              enum MHD_ConnectionNotificationCode what)
{
    struct loop *l = cls;
    const union MHD_ConnectionInfo *info;
    struct client_connection *p = *slot;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        info = MHD_get_connection_info(http, MHD_CONNECTION_INFO_CONNECTION_FD);
        p = calloc(1, sizeof(*p));
        l->nclients++;
        *slot = p;
        if (p) {
            p->fd = info->connect_fd;
            client_connection_start_timeout(l, p);
        }
        return;
    }
    l->nclients--;
    if (p)
        unlist(l, p);
    free(p);
}

/* Cuts those who neither send nor take: libmicrohttpd then sees the end. */
void client_connections_expire(struct loop *l)
{
    struct client_connection *p;

    while ((p = l->oldest) && l->now >= p->deadline) {
        unlist(l, p);
        shutdown(p->fd, SHUT_RDWR);
    }
}
