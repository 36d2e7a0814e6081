#include "serve/server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "os/clock.h"
#include "serve/background.h"
#include "serve/client_connection.h"
#include "serve/loop.h"
#include "serve/tenants.h"
#include "serve/token.h"

enum { STOP_TICK_MS = 250, STOP_GRACE_MS = 4000 };

struct server {
    struct loop_shared shared;
    int port;
    int signals;   /* a signalfd */
    sigset_t mask; /* the caller's, while masked */
    bool masked;
    struct loop *loops;
    size_t nloops;
};

/* Threads inherit the mask, so that only server_wait sees the signals. */
static bool take_signals(struct server *server, struct err *e)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    server->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    sigaddset(&set, SIGPIPE);
    if (server->signals < 0 || server->shared.background.wake < 0 ||
        pthread_sigmask(SIG_BLOCK, &set, &server->mask) != 0)
        return err_set(e, ERR_IO, "signals: %s", strerror(errno));
    server->masked = true;
    return true;
}

static bool start_loops(struct server *server, struct err *e)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int threads = server->shared.options.threads;
    bool ok = true;

    if (threads == 0)
        threads = processors > 3 ? (int)(processors / 2) : 1;
    server->loops = calloc((size_t)threads, sizeof(*server->loops));
    if (!server->loops)
        return err_set(e, ERR_NOMEM, "out of memory");
    server->nloops = (size_t)threads;
    server->shared.loops = threads;
    for (size_t i = 0; ok && i < server->nloops; i++)
        ok = loop_start(&server->loops[i], &server->shared, e);
    return ok;
}

static void init(struct loop_shared *shared, const struct server_options *o)
{
    shared->options = *o;
    listener_raise_file_limit(&shared->options);
    token_file_init(&shared->token_file, o->tokens);
    background_init(&shared->background);
    shared->listener = -1;
    atomic_init(&shared->stopping, false);
    atomic_init(&shared->forced, false);
    atomic_init(&shared->locked_down, true);
    atomic_init(&shared->ended, 0);
}

/* Everything but the signals and the threads. */
static bool open_parts(struct server *server, struct err *e)
{
    struct loop_shared *shared = &server->shared;
    const struct server_options *o = &shared->options;

    shared->listener = listener_open(o->host, o->port, &server->port, e);
    if (shared->listener >= 0)
        shared->tenants = tenants_new(o->db, o->secret, e);
    return shared->tenants != NULL;
}

struct server *server_start(const struct server_options *o, struct err *e)
{
    struct server *server = calloc(1, sizeof(*server));

    if (!server) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    init(&server->shared, o);
    server->signals = -1;
    if (open_parts(server, e) && take_signals(server, e) &&
        start_loops(server, e))
        return server;
    server_stop(server);
    return NULL;
}

int server_port(const struct server *server)
{
    return server->port;
}

bool server_setup_workspace(struct server *server, const char *workspace,
                            struct err *e)
{
    bool locked_down = false;

    if (!tenants_setup(server->shared.tenants, workspace, &locked_down, e))
        return false;
    if (!locked_down)
        atomic_store(&server->shared.locked_down, false);
    return true;
}

static void wake_loops(struct server *server)
{
    for (size_t i = 0; i < server->nloops; i++)
        loop_wake(&server->loops[i]);
}

void server_set_tokens(struct server *server, struct token_list *list)
{
    token_file_set(&server->shared.token_file, list);
    wake_loops(server);
}

/* Waits until something is asked for or a signal came, and does what was
 * asked.  The signal, or 0. */
static int work(struct server *server, int ms)
{
    struct pollfd fds[] = {
        {.fd = server->signals, .events = POLLIN},
        {.fd = server->shared.background.wake, .events = POLLIN}};
    struct signalfd_siginfo info;

    poll(fds, 2, ms);
    eventfd_clear(server->shared.background.wake);
    background_terminate(&server->shared.background, server->shared.tenants);
    if (read(server->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return 0;
    return (int)info.ssi_signo;
}

enum server_event server_wait(struct server *server, int ms)
{
    struct background *background = &server->shared.background;
    int sig = work(server, ms);
    bool changed;

    if (sig == SIGINT || sig == SIGTERM)
        return SERVER_STOP;
    changed = token_file_look(&server->shared.token_file);
    if (sig == SIGHUP)
        atomic_store(&background->repair, true);
    if (atomic_exchange(&background->reload, false) || changed)
        return SERVER_RELOAD;
    return atomic_exchange(&background->repair, false) ? SERVER_REPAIR
                                                       : SERVER_TICK;
}

/* Running statements may finish; whoever is not done by then, or at the next
 * signal, is cut off. */
static void end_loops(struct server *server)
{
    struct loop_shared *shared = &server->shared;
    int64_t end =
        clock_ms() + server->shared.options.statement_ms + STOP_GRACE_MS;
    size_t running = 0;

    for (size_t i = 0; i < server->nloops; i++)
        running += server->loops[i].running;
    atomic_store(&shared->stopping, true);
    shutdown(shared->listener, SHUT_RDWR); /* newcomers are refused, not kept */
    wake_loops(server);
    while (atomic_load(&shared->ended) < running)
        if (work(server, STOP_TICK_MS) || clock_ms() >= end) {
            atomic_store(&shared->forced, true);
            wake_loops(server);
        }
    background_terminate(&server->shared.background, server->shared.tenants);
}

void server_stop(struct server *server)
{
    if (!server)
        return;
    if (server->loops)
        end_loops(server);
    for (size_t i = 0; i < server->nloops; i++)
        loop_join(&server->loops[i]);
    free(server->loops);
    token_file_free(&server->shared.token_file);
    tenants_free(server->shared.tenants);
    if (server->shared.listener >= 0)
        close(server->shared.listener);
    if (server->signals >= 0)
        close(server->signals);
    background_free(&server->shared.background);
    if (server->masked)
        pthread_sigmask(SIG_SETMASK, &server->mask, NULL);
    free(server);
}
