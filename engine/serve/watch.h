/*
 * watch.h - how a loop hands events to the parts below it.
 *
 * Whoever adds a descriptor to a loop's epoll set puts a struct watch first
 * into its own struct and gives epoll its address.  The loop calls on_event
 * when the descriptor is ready; the address must stay valid until the end of
 * the round in which the descriptor was closed.
 */
#ifndef ENGINE_SERVE_WATCH_H
#define ENGINE_SERVE_WATCH_H

struct watch {
    void (*on_event)(struct watch *watch);
};

#endif
