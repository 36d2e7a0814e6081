#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "serve/internal.h"

enum { SPARE_FILES = 64 };

void listen_files(struct server_options *o)
{
    struct rlimit r;
    long most;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return;
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
    if (r.rlim_max == RLIM_INFINITY || r.rlim_max > 1 << 20)
        return;
    most = (long)r.rlim_max - o->backends - SPARE_FILES;
    if (o->connections > most)
        o->connections = most > 1 ? (int)most : 1;
}

static bool bound(struct server *h, const struct addrinfo *a)
{
    struct sockaddr_storage own;
    socklen_t len = sizeof(own);
    char port[8];
    int yes = 1;

    h->listener = socket(a->ai_family, SOCK_STREAM, 0);
    if (h->listener < 0)
        return false;
    fcntl(h->listener, F_SETFD, FD_CLOEXEC);
    fcntl(h->listener, F_SETFL, O_NONBLOCK);
    setsockopt(h->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(h->listener, a->ai_addr, a->ai_addrlen) != 0 ||
        listen(h->listener, SOMAXCONN) != 0 ||
        getsockname(h->listener, (struct sockaddr *)&own, &len) != 0 ||
        getnameinfo((struct sockaddr *)&own, len, NULL, 0, port, sizeof(port),
                    NI_NUMERICSERV) != 0)
        return false;
    h->port = (int)strtol(port, NULL, 10);
    return true;
}

bool listen_on(struct server *h, struct err *e)
{
    struct addrinfo want = {.ai_socktype = SOCK_STREAM,
                            .ai_flags = AI_NUMERICHOST | AI_PASSIVE};
    struct addrinfo *a = NULL;
    char port[8];
    bool ok;

    snprintf(port, sizeof(port), "%d", h->o.port);
    if (getaddrinfo(h->o.host, port, &want, &a) != 0)
        return err_set(e, ERR_ARG, "'%s' is no numeric address", h->o.host);
    ok = bound(h, a);
    if (!ok)
        err_set(e, ERR_IO, "cannot listen on %s port %d: %s", h->o.host,
                h->o.port, strerror(errno));
    freeaddrinfo(a);
    return ok;
}
