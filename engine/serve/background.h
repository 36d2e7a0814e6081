/*
 * background.h - what loops ask of the thread that may block.
 *
 * server.c owns the one struct background.  Any thread may ask; the thread in
 * server_wait does what was asked.  A loop never waits for it.
 */
#ifndef ENGINE_SERVE_BACKGROUND_H
#define ENGINE_SERVE_BACKGROUND_H

#include <pthread.h>
#include <stdatomic.h>

/* How a loop hands events to the parts below it.  Whoever adds a descriptor to
 * a loop's epoll set gives epoll the address of such a struct in its own.  The
 * loop calls on_event when the descriptor is ready; the address must stay valid
 * until the end of the round in which the descriptor was closed. */
struct watch {
    void (*on_event)(struct watch *watch);
};

struct tenants;
struct to_terminate; /* a database process that outlived its time limit */

struct background {
    int wake;             /* an eventfd: something was asked */
    atomic_bool reload;   /* the token file has changed */
    atomic_bool repair;   /* roles or tables are not as they should be */
    atomic_llong asked;   /* when background_ask_repair was last heard */
    pthread_mutex_t lock; /* of the list */
    struct to_terminate *to_terminate;
};

/* wake is -1 when the system has no eventfd left. */
void background_init(struct background *b);
void background_free(struct background *b);

/* Adds to an eventfd's counter: whoever waits for it wakes up. */
void eventfd_wake(int fd);
void eventfd_clear(int fd);

/* Has the token file read again. */
void background_ask_reload(struct background *b);

/* Has all workspaces set up again, and logs why; at most every 5 s. */
void background_ask_repair(struct background *b, const char *why);

/* Has the database process pid terminated if it still is one of role's. */
void background_ask_terminate(struct background *b, int pid, const char *role);

/* Terminates what was asked for; blocks. */
void background_terminate(struct background *b, const struct tenants *tenants);

#endif
