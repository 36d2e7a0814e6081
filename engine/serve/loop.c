#include "serve/loop.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/err.h"
#include "os/clock.h"
#include "serve/http_handler.h"

enum { EVENTS = 128, CONNECTION_BYTES = 16384, ACCEPTS = 64, TICK_MS = 250 };

static void accept_clients(struct loop *loop)
{
    const struct server_options *o = &loop->shared->options;
    int limit = o->connections / loop->shared->loops;

    for (int i = 0; i < ACCEPTS; i++) {
        struct sockaddr_storage from;
        socklen_t len;
        int count = loop->clients.count;
        int fd = listener_accept(loop->shared->listener, &from, &len);

        if (fd < 0)
            return;
        if (count >= limit) {
            listener_reject(fd, o->tls_cert != NULL);
            continue;
        }
        MHD_add_connection(loop->http, fd, (struct sockaddr *)&from, len);
        if (loop->clients.count == count)
            MHD_run(loop->http); /* version 1.0 tells of it only then */
    }
}

static bool must_end(struct loop *loop)
{
    struct loop_shared *shared = loop->shared;

    if (!atomic_load(&shared->stopping))
        return false;
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, shared->listener, NULL);
    return loop->requests.count == 0 || atomic_load(&shared->forced);
}

/* libmicrohttpd works until it has nothing left to do at once; true when it
 * has not finished. */
static bool run_http(struct loop *loop)
{
    MHD_UNSIGNED_LONG_LONG left = 1;

    for (int i = 0; i < 8; i++) {
        loop->requests.resumed = false;
        MHD_run(loop->http);
        if (!loop->requests.resumed &&
            (MHD_get_timeout(loop->http, &left) != MHD_YES || left > 0))
            return false;
    }
    return true;
}

/* Accepting comes last in a round: those who are there already go first. */
static void on_listener(struct watch *watch)
{
    struct loop *loop =
        (struct loop *)((char *)watch - offsetof(struct loop, on_listener));

    loop->accepting = true;
}

static void on_http(struct watch *watch)
{
    (void)watch; /* every round ends with run_http */
}

static void on_wake(struct watch *watch)
{
    struct loop *loop =
        (struct loop *)((char *)watch - offsetof(struct loop, on_wake));

    eventfd_clear(loop->wake);
    if (token_view_renew(&loop->requests.tokens, &loop->shared->token_file))
        requests_resume(&loop->requests);
}

static void dispatch(struct loop *loop, const struct epoll_event *events, int n)
{
    loop->accepting = false;
    for (int i = 0; i < n; i++) {
        struct watch *watch = events[i].data.ptr;

        watch->on_event(watch);
    }
    if (loop->accepting && !atomic_load(&loop->shared->stopping))
        accept_clients(loop);
}

static void end(struct loop *loop)
{
    requests_resume(&loop->requests);
    pg_pools_close(&loop->pools);
    run_http(loop);
    pg_pools_free_closed(&loop->pools);
    atomic_fetch_add(&loop->shared->ended, 1);
    eventfd_wake(loop->shared->background.wake);
}

static void *run(void *arg)
{
    struct loop *loop = arg;
    struct epoll_event events[EVENTS];
    int64_t last_tick = 0;
    bool more = false;

    while (!must_end(loop)) {
        bool quiet = !loop->clients.oldest && !loop->pools.connections;
        int wait = more ? 0 : quiet ? -1 : TICK_MS;
        int n = epoll_wait(loop->epoll, events, EVENTS, wait);

        loop->now = clock_ms();
        dispatch(loop, events, n);
        if (loop->now >= last_tick + TICK_MS) {
            last_tick = loop->now;
            pg_pools_expire(&loop->pools);
            client_connections_expire(&loop->clients);
        }
        more = run_http(loop);
        pg_pools_free_closed(&loop->pools);
    }
    end(loop);
    return NULL;
}

static bool add(struct loop *loop, int fd, struct watch *watch,
                void (*on_event)(struct watch *), unsigned flags)
{
    struct epoll_event ev = {.events = EPOLLIN | flags, .data.ptr = watch};

    watch->on_event = on_event;
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static void ignore_log(void *cls, const char *fmt, va_list ap)
{
    (void)cls;
    (void)fmt;
    (void)ap;
}

static struct MHD_Daemon *open_http(struct loop *loop)
{
    const struct server_options *o = &loop->shared->options;
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET |
                     MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (o->tls_cert ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)o->tls_cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)o->tls_key},
        {MHD_OPTION_END, 0, NULL}};

    return MHD_start_daemon(
        flags, 0, NULL, NULL, http_handler, &loop->requests,
        MHD_OPTION_EXTERNAL_LOGGER, ignore_log, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, http_handler_completed, &loop->requests,
        MHD_OPTION_NOTIFY_CONNECTION, client_connection_notify, &loop->clients,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->connections + ACCEPTS,
        MHD_OPTION_ARRAY, o->tls_cert ? tls : &tls[2], MHD_OPTION_END);
}

/* Gives the parts below what they need of the loop and the server. */
static void connect_parts(struct loop *loop)
{
    struct loop_shared *shared = loop->shared;
    const struct server_options *o = &shared->options;
    int backends = o->backends / shared->loops;

    loop->clients = (struct client_connections){.now = &loop->now,
                                                .timeout_ms = o->client_ms};
    loop->requests = (struct requests){
        .options = o,
        .stopping = &shared->stopping,
        .now = &loop->now,
        .token_file = &shared->token_file,
        .background = &shared->background,
        .pools = &loop->pools,
        .max_count = o->requests / shared->loops,
        .max_memory = o->max_memory / (size_t)shared->loops,
    };
    loop->pools = (struct pg_pools){
        .env = {.tenants = shared->tenants,
                .background = &shared->background,
                .locked_down = &shared->locked_down,
                .now = &loop->now,
                .epoll = loop->epoll,
                .statement_ms = o->statement_ms},
        .max_connections = backends < 2 ? 2 : backends,
    };
    pg_pools_init(&loop->pools);
}

bool loop_start(struct loop *loop, struct loop_shared *shared, struct err *e)
{
    const union MHD_DaemonInfo *info;

    loop->shared = shared;
    loop->now = clock_ms();
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    connect_parts(loop);
    loop->http = open_http(loop);
    if (!loop->http)
        return err_set(e, ERR_IO, "libmicrohttpd does not start%s",
                       shared->options.tls_cert
                           ? ": is it a good certificate and key?"
                           : "");
    info = MHD_get_daemon_info(loop->http, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info || !add(loop, info->epoll_fd, &loop->on_http, on_http, 0) ||
        !add(loop, loop->wake, &loop->on_wake, on_wake, 0) ||
        !add(loop, shared->listener, &loop->on_listener, on_listener,
             EPOLLEXCLUSIVE))
        return err_set(e, ERR_IO, "epoll: %s", strerror(errno));
    if (pthread_create(&loop->thread, NULL, run, loop) != 0)
        return err_set(e, ERR_IO, "no thread to be had");
    loop->running = true;
    return true;
}

void loop_wake(const struct loop *loop)
{
    if (loop->running)
        eventfd_wake(loop->wake);
}

void loop_join(struct loop *loop)
{
    if (loop->running)
        pthread_join(loop->thread, NULL);
    if (loop->http)
        MHD_stop_daemon(loop->http);
    token_list_unref(loop->requests.tokens.list);
    if (loop->wake > 0)
        close(loop->wake);
    if (loop->epoll > 0)
        close(loop->epoll);
}
