#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/err.h"
#include "os/clock.h"
#include "serve/internal.h"

enum { EVENTS = 128, CONNECTION_BYTES = 16384, ACCEPTS = 64 };

/* Says no before a connection costs anything. */
static void turn_away(const struct loop *l, int fd)
{
    static const char no[] =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
        "Content-Length: 33\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
        "{\"error\":\"too many connections\"}\n";
    char drain[2048];

    if (!l->server->o.tls_cert) {
        /* Unread bytes would make the close a reset, and our words lost. */
        (void)!recv(fd, drain, sizeof(drain), MSG_DONTWAIT);
        (void)!send(fd, no, sizeof(no) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
    }
    close(fd);
}

static void accept_some(struct loop *l)
{
    struct sockaddr_storage from;
    int limit = l->server->o.connections / (int)l->server->nloops;

    for (int i = 0; i < ACCEPTS; i++) {
        socklen_t len = sizeof(from);
        int yes = 1;
        int fd = accept(l->server->listener, (struct sockaddr *)&from, &len);

        if (fd < 0)
            return;
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, O_NONBLOCK);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
        if (l->nclients >= limit)
            turn_away(l, fd);
        else
            MHD_add_connection(l->http, fd, (struct sockaddr *)&from, len);
    }
}

static bool must_end(struct loop *l)
{
    struct server *h = l->server;

    if (!atomic_load(&h->stopping))
        return false;
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, h->listener, NULL);
    return l->requests == 0 || atomic_load(&h->forced);
}

/* libmicrohttpd works until it has nothing left to do at once. */
static bool run_http(struct loop *l)
{
    MHD_UNSIGNED_LONG_LONG left = 1;

    for (int i = 0; i < 8; i++) {
        l->resumed = false;
        MHD_run(l->http);
        if (!l->resumed &&
            (MHD_get_timeout(l->http, &left) != MHD_YES || left > 0))
            return false;
    }
    return true;
}

static void renew(struct loop *l)
{
    struct server *h = l->server;
    uint64_t n;

    while (read(l->wake, &n, sizeof(n)) > 0)
        ;
    if (l->generation != atomic_load(&h->generation)) {
        pthread_mutex_lock(&h->lock);
        token_list_unref(l->tokens);
        l->tokens = token_list_ref(h->tokens);
        l->mark = h->mark;
        l->generation = atomic_load(&h->generation);
        pthread_mutex_unlock(&h->lock);
        request_unpark(l);
    }
}

static void dispatch(struct loop *l, const struct epoll_event *ev, int n)
{
    bool accepting = false;

    for (int i = 0; i < n; i++) {
        enum watch *what = ev[i].data.ptr;

        if (*what == WATCH_PG)
            pg_connection_event(ev[i].data.ptr);
        else if (*what == WATCH_WAKE)
            renew(l);
        else if (*what == WATCH_LISTENER)
            accepting = true;
    }
    if (accepting && !atomic_load(&l->server->stopping))
        accept_some(l);
}

static void bury(struct loop *l)
{
    while (l->dead) {
        struct pg_connection *k = l->dead;

        l->dead = k->next;
        free(k);
    }
}

static void *work(void *arg)
{
    struct loop *l = arg;
    struct epoll_event ev[EVENTS];
    int64_t swept = 0;
    bool more = false;

    while (!must_end(l)) {
        bool quiet = !l->oldest && !l->connections;
        int wait = more ? 0 : quiet ? -1 : TICK_MS;
        int n = epoll_wait(l->epoll, ev, EVENTS, wait);

        l->now = clock_ms();
        dispatch(l, ev, n);
        if (l->now >= swept + TICK_MS) {
            swept = l->now;
            pg_pool_sweep(l);
            client_connections_expire(l);
        }
        more = run_http(l);
        bury(l);
    }
    request_unpark(l);
    pg_pool_close(l);
    run_http(l);
    bury(l);
    atomic_fetch_add(&l->server->ended, 1);
    eventfd_wake(l->server->wake);
    return NULL;
}

static bool add(struct loop *l, int fd, enum watch *what, unsigned flags)
{
    struct epoll_event ev = {.events = EPOLLIN | flags, .data.ptr = what};

    return epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static void mute(void *cls, const char *fmt, va_list ap)
{
    (void)cls;
    (void)fmt;
    (void)ap;
}

static struct MHD_Daemon *open_http(struct loop *l)
{
    const struct server_options *o = &l->server->o;
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET |
                     MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (o->tls_cert ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)o->tls_cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)o->tls_key},
        {MHD_OPTION_END, 0, NULL}};

    return MHD_start_daemon(
        flags, 0, NULL, NULL, request_step, l, MHD_OPTION_EXTERNAL_LOGGER, mute,
        NULL, MHD_OPTION_NOTIFY_COMPLETED, request_over, l,
        MHD_OPTION_NOTIFY_CONNECTION, client_connection_notify, l,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->connections + ACCEPTS,
        MHD_OPTION_ARRAY, o->tls_cert ? tls : &tls[2], MHD_OPTION_END);
}

bool loop_start(struct loop *l, struct err *e)
{
    const union MHD_DaemonInfo *info;

    l->on_listener = WATCH_LISTENER;
    l->on_http = WATCH_HTTP;
    l->on_wake = WATCH_WAKE;
    l->now = clock_ms();
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->http = open_http(l);
    if (!l->http)
        return err_set(
            e, ERR_IO, "libmicrohttpd does not start%s",
            l->server->o.tls_cert ? ": is it a good certificate and key?" : "");
    info = MHD_get_daemon_info(l->http, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info || !add(l, info->epoll_fd, &l->on_http, 0) ||
        !add(l, l->wake, &l->on_wake, 0) ||
        !add(l, l->server->listener, &l->on_listener, EPOLLEXCLUSIVE))
        return err_set(e, ERR_IO, "epoll: %s", strerror(errno));
    if (pthread_create(&l->thread, NULL, work, l) != 0)
        return err_set(e, ERR_IO, "no thread to be had");
    l->running = true;
    return true;
}

void loop_join(struct loop *l)
{
    if (l->running)
        pthread_join(l->thread, NULL);
    if (l->http)
        MHD_stop_daemon(l->http);
    token_list_unref(l->tokens);
    if (l->wake > 0)
        close(l->wake);
    if (l->epoll > 0)
        close(l->epoll);
}
