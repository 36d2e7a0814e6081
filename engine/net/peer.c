#include <stdlib.h>
#include <sys/socket.h>

#include "net/httpd_in.h"

static void unlist(struct loop *l, struct peer *p)
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
void peer_owes(struct loop *l, struct peer *p)
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

void peer_waits(struct loop *l, struct peer *p)
{
    unlist(l, p);
}

void peer_notify(void *cls, struct MHD_Connection *http, void **slot,
                 enum MHD_ConnectionNotificationCode what)
{
    struct loop *l = cls;
    const union MHD_ConnectionInfo *info;
    struct peer *p = *slot;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        info = MHD_get_connection_info(http, MHD_CONNECTION_INFO_CONNECTION_FD);
        p = calloc(1, sizeof(*p));
        l->peers++;
        *slot = p;
        if (p) {
            p->fd = info->connect_fd;
            peer_owes(l, p);
        }
        return;
    }
    l->peers--;
    if (p)
        unlist(l, p);
    free(p);
}

/* Cuts those who neither send nor take: libmicrohttpd then sees the end. */
void peer_sweep(struct loop *l)
{
    struct peer *p;

    while ((p = l->oldest) && l->now >= p->deadline) {
        unlist(l, p);
        shutdown(p->fd, SHUT_RDWR);
    }
}
