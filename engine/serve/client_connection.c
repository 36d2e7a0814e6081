#include "serve/client_connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"

enum { SPARE_FILES = 64 };

void listener_raise_file_limit(struct server_options *o)
{
    struct rlimit limit;
    long most;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > 1 << 20)
        return;
    most = (long)limit.rlim_max - o->backends - SPARE_FILES;
    if (o->connections > most)
        o->connections = most > 1 ? (int)most : 1;
}

static void set_flags(int fd)
{
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
}

static bool listen_at(int fd, const struct addrinfo *address, int *bound)
{
    struct sockaddr_storage own;
    socklen_t len = sizeof(own);
    char port[8];
    int yes = 1;

    set_flags(fd);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(fd, address->ai_addr, address->ai_addrlen) != 0 ||
        listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)&own, &len) != 0 ||
        getnameinfo((struct sockaddr *)&own, len, NULL, 0, port, sizeof(port),
                    NI_NUMERICSERV) != 0)
        return false;
    *bound = (int)strtol(port, NULL, 10);
    return true;
}

int listener_open(const char *host, int port, int *bound, struct err *e)
{
    struct addrinfo want = {.ai_socktype = SOCK_STREAM,
                            .ai_flags = AI_NUMERICHOST | AI_PASSIVE};
    struct addrinfo *address = NULL;
    char text[8];
    int fd;

    snprintf(text, sizeof(text), "%d", port);
    if (getaddrinfo(host, text, &want, &address) != 0) {
        err_set(e, ERR_ARG, "'%s' is no numeric address", host);
        return -1;
    }
    fd = socket(address->ai_family, SOCK_STREAM, 0);
    if (fd < 0 || !listen_at(fd, address, bound)) {
        err_set(e, ERR_IO, "cannot listen on %s port %d: %s", host, port,
                strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(address);
    return fd;
}

int listener_accept(int listener, struct sockaddr_storage *from, socklen_t *len)
{
    int yes = 1;
    int fd;

    *len = sizeof(*from);
    fd = accept(listener, (struct sockaddr *)from, len);
    if (fd < 0)
        return -1;
    set_flags(fd);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    return fd;
}

#define BUSY_BODY "{\"error\":\"too many connections\",\"code\":\"53300\"}\n"

void listener_reject(int fd, bool tls)
{
    char response[256];
    char unread[2048];
    int n = snprintf(response, sizeof(response),
                     "HTTP/1.1 503 Service Unavailable\r\n"
                     "Content-Type: application/json\r\n"
                     "Content-Length: %zu\r\nRetry-After: 1\r\n"
                     "Connection: close\r\n\r\n%s",
                     sizeof(BUSY_BODY) - 1, BUSY_BODY);

    if (!tls) {
        /* Unread bytes would make the close a reset, and our words lost. */
        (void)!recv(fd, unread, sizeof(unread), MSG_DONTWAIT);
        (void)!send(fd, response, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
    }
    close(fd);
}

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
