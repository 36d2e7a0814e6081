#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "os/clock.h"
#include "serve/internal.h"

enum { ASK_MS = 5000 };

void file_version_of(const char *path, struct file_version *m)
{
    struct stat st;

    memset(m, 0, sizeof(*m)); /* no file is a version, too */
    if (stat(path, &st) != 0)
        return;
    m->ino = st.st_ino;
    m->size = st.st_size;
    m->sec = st.st_mtim.tv_sec;
    m->nsec = st.st_mtim.tv_nsec;
}

void eventfd_wake(int fd)
{
    uint64_t one = 1;
    ssize_t n = write(fd, &one, sizeof(one));

    (void)n; /* a full counter wakes as well */
}

void server_ask_repair(struct server *h, const char *why)
{
    long long now = clock_ms();
    long long last = atomic_load(&h->asked);

    if ((last != 0 && now - last < ASK_MS) ||
        !atomic_compare_exchange_strong(&h->asked, &last, now))
        return;
    fprintf(stderr, "propolis serve: database: %.*s\n", (int)strcspn(why, "\n"),
            why);
    atomic_store(&h->broken, true);
    eventfd_wake(h->wake);
}

void server_terminate(struct server *h, int pid, const char *role)
{
    struct to_terminate *v = calloc(1, sizeof(*v));

    if (!v)
        return;
    v->pid = pid;
    snprintf(v->role, sizeof(v->role), "%s", role);
    pthread_mutex_lock(&h->lock);
    v->next = h->to_terminate;
    h->to_terminate = v;
    pthread_mutex_unlock(&h->lock);
    eventfd_wake(h->wake);
}

void server_terminate_due(struct server *h)
{
    struct to_terminate *v;
    struct err e;

    pthread_mutex_lock(&h->lock);
    v = h->to_terminate;
    h->to_terminate = NULL;
    pthread_mutex_unlock(&h->lock);
    while (v) {
        struct to_terminate *next = v->next;

        if (!tenants_terminate(h->tenants, v->pid, v->role, &e))
            fprintf(stderr, "propolis serve: %s\n", e.message);
        free(v);
        v = next;
    }
}
