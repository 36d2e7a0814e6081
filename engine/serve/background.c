#include "serve/background.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/err.h"
#include "os/clock.h"
#include "serve/tenants.h"

enum { ASK_MS = 5000 };

struct to_terminate {
    struct to_terminate *next;
    int pid;
    char role[TENANTS_ROLE];
};

void background_init(struct background *b)
{
    b->to_terminate = NULL;
    atomic_init(&b->reload, false);
    atomic_init(&b->repair, false);
    atomic_init(&b->asked, 0);
    pthread_mutex_init(&b->lock, NULL);
    b->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void background_free(struct background *b)
{
    if (b->wake >= 0)
        close(b->wake);
    pthread_mutex_destroy(&b->lock);
}

void eventfd_wake(int fd)
{
    uint64_t one = 1;
    ssize_t n = write(fd, &one, sizeof(one));

    (void)n; /* a full counter wakes as well */
}

void eventfd_clear(int fd)
{
    uint64_t n;

    while (read(fd, &n, sizeof(n)) > 0)
        ;
}

void background_ask_reload(struct background *b)
{
    atomic_store(&b->reload, true);
    eventfd_wake(b->wake);
}

void background_ask_repair(struct background *b, const char *why)
{
    long long now = clock_ms();
    long long last = atomic_load(&b->asked);

    if ((last != 0 && now - last < ASK_MS) ||
        !atomic_compare_exchange_strong(&b->asked, &last, now))
        return;
    fprintf(stderr, "propolis serve: database: %.*s\n", (int)strcspn(why, "\n"),
            why);
    atomic_store(&b->repair, true);
    eventfd_wake(b->wake);
}

void background_ask_terminate(struct background *b, int pid, const char *role)
{
    struct to_terminate *one = calloc(1, sizeof(*one));

    if (!one)
        return;
    one->pid = pid;
    snprintf(one->role, sizeof(one->role), "%s", role);
    pthread_mutex_lock(&b->lock);
    one->next = b->to_terminate;
    b->to_terminate = one;
    pthread_mutex_unlock(&b->lock);
    eventfd_wake(b->wake);
}

void background_terminate(struct background *b, const struct tenants *tenants)
{
    struct to_terminate *one;
    struct err e;

    pthread_mutex_lock(&b->lock);
    one = b->to_terminate;
    b->to_terminate = NULL;
    pthread_mutex_unlock(&b->lock);
    while (one) {
        struct to_terminate *next = one->next;

        if (!tenants_terminate(tenants, one->pid, one->role, &e))
            fprintf(stderr, "propolis serve: %s\n", e.message);
        free(one);
        one = next;
    }
}
