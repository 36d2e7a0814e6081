#include "serve/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "os/clock.h"
#include "serve/internal.h"

static bool copy(const char **text, struct err *e)
{
    if (*text && !(*text = strdup(*text)))
        return err_set(e, ERR_NOMEM, "out of memory");
    return true;
}

static bool copy_options(struct server_options *o, struct err *e)
{
    const char **all[] = {&o->db,   &o->secret,   &o->tokens,
                          &o->host, &o->tls_cert, &o->tls_key};
    size_t n = sizeof(all) / sizeof(all[0]);
    bool ok = true;

    for (size_t i = 0; i < n; i++) {
        if (!ok)
            *all[i] = NULL; /* not ours to free */
        ok = ok && copy(all[i], e);
    }
    return ok;
}

static void free_options(struct server_options *o)
{
    free((char *)o->db);
    free((char *)o->secret);
    free((char *)o->tokens);
    free((char *)o->host);
    free((char *)o->tls_cert);
    free((char *)o->tls_key);
}

/* Threads inherit the mask, so that only server_wait sees the signals. */
static bool take_signals(struct server *h, struct err *e)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    h->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    h->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sigaddset(&set, SIGPIPE);
    if (h->signals < 0 || h->wake < 0 ||
        pthread_sigmask(SIG_BLOCK, &set, &h->mask) != 0)
        return err_set(e, ERR_IO, "signals: %s", strerror(errno));
    h->masked = true;
    return true;
}

static bool start_loops(struct server *h, struct err *e)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    bool ok = true;

    if (h->o.threads == 0)
        h->o.threads = processors > 3 ? (int)(processors / 2) : 1;
    h->loops = calloc((size_t)h->o.threads, sizeof(*h->loops));
    if (!h->loops)
        return err_set(e, ERR_NOMEM, "out of memory");
    h->nloops = (size_t)h->o.threads;
    for (size_t i = 0; i < h->nloops; i++)
        h->loops[i].server = h;
    for (size_t i = 0; ok && i < h->nloops; i++)
        ok = loop_start(&h->loops[i], e);
    return ok;
}

struct server *server_start(const struct server_options *o, struct err *e)
{
    struct server *h = calloc(1, sizeof(*h));

    if (!h) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    h->o = *o;
    h->listener = h->signals = h->wake = -1;
    h->mark.ino = UINT64_MAX; /* no version: requests wait for the first */
    atomic_init(&h->asked, 0);
    atomic_init(&h->sealed, true);
    pthread_mutex_init(&h->lock, NULL);
    listen_files(&h->o);
    if (copy_options(&h->o, e) && listen_on(h, e) &&
        (h->tenants = tenants_new(h->o.db, h->o.secret, e)) &&
        take_signals(h, e) && start_loops(h, e))
        return h;
    server_stop(h);
    return NULL;
}

int server_port(const struct server *h)
{
    return h->port;
}

bool server_setup_workspace(struct server *h, const char *workspace,
                            struct err *e)
{
    bool sealed = false;

    if (!tenants_setup(h->tenants, workspace, &sealed, e))
        return false;
    if (!sealed)
        atomic_store(&h->sealed, false);
    return true;
}

static void wake_loops(struct server *h)
{
    for (size_t i = 0; i < h->nloops; i++)
        if (h->loops[i].running)
            eventfd_wake(h->loops[i].wake);
}

void server_set_tokens(struct server *h, struct token_list *g)
{
    pthread_mutex_lock(&h->lock);
    token_list_unref(h->tokens);
    h->tokens = g;
    h->mark = h->seen;
    atomic_fetch_add(&h->generation, 1);
    pthread_mutex_unlock(&h->lock);
    wake_loops(h);
}

/* The signal that came, or 0. */
static int signalled(struct server *h)
{
    struct signalfd_siginfo info;

    if (read(h->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return 0;
    return (int)info.ssi_signo;
}

enum server_event server_wait(struct server *h, int ms)
{
    struct pollfd on[] = {{.fd = h->signals, .events = POLLIN},
                          {.fd = h->wake, .events = POLLIN}};
    uint64_t n;
    int sig;

    poll(on, 2, ms);
    while (read(h->wake, &n, sizeof(n)) > 0)
        ;
    server_terminate_due(h);
    sig = signalled(h);
    if (sig == SIGINT || sig == SIGTERM)
        return SERVER_STOP;
    file_version_of(h->o.tokens, &h->seen);
    if (sig == SIGHUP)
        atomic_store(&h->broken, true);
    if (atomic_exchange(&h->stale, false) ||
        memcmp(&h->seen, &h->mark, sizeof(h->seen)) != 0)
        return SERVER_RELOAD;
    return atomic_exchange(&h->broken, false) ? SERVER_REPAIR : SERVER_TICK;
}

/* Running statements may finish; whoever is not done by then, or at the next
 * signal, is cut off. */
static void end_loops(struct server *h)
{
    int64_t until = clock_ms() + h->o.statement_ms + 4 * (int64_t)GRACE_MS;
    struct pollfd on[] = {{.fd = h->signals, .events = POLLIN},
                          {.fd = h->wake, .events = POLLIN}};
    size_t running = 0;
    uint64_t n;

    for (size_t i = 0; i < h->nloops; i++)
        running += h->loops[i].running;
    atomic_store(&h->stopping, true);
    shutdown(h->listener, SHUT_RDWR); /* newcomers are refused, not kept */
    wake_loops(h);
    while (atomic_load(&h->ended) < running) {
        poll(on, 2, TICK_MS);
        while (read(h->wake, &n, sizeof(n)) > 0)
            ;
        server_terminate_due(h);
        if (signalled(h) || clock_ms() >= until) {
            atomic_store(&h->forced, true);
            wake_loops(h);
        }
    }
    server_terminate_due(h); /* of the last round */
}

void server_stop(struct server *h)
{
    if (!h)
        return;
    if (h->loops)
        end_loops(h);
    for (size_t i = 0; i < h->nloops; i++)
        loop_join(&h->loops[i]);
    free(h->loops);
    token_list_unref(h->tokens);
    tenants_free(h->tenants);
    if (h->listener >= 0)
        close(h->listener);
    if (h->signals >= 0)
        close(h->signals);
    if (h->wake >= 0)
        close(h->wake);
    if (h->masked)
        pthread_sigmask(SIG_SETMASK, &h->mask, NULL);
    pthread_mutex_destroy(&h->lock);
    free_options(&h->o);
    free(h);
}
