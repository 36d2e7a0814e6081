/*
 * listener.h - the listening socket, shared by all loops.
 *
 * server.c opens it and closes the descriptor; loops accept from it.
 */
#ifndef ENGINE_SERVE_LISTENER_H
#define ENGINE_SERVE_LISTENER_H

#include <stdbool.h>
#include <sys/socket.h>

#include "serve/options.h"

struct err;

/* Raises the limit of open files as far as it goes, and lowers
 * o->connections to what fits below it. */
void listener_raise_file_limit(struct server_options *o);

/* Listens on host and port (0: any) without blocking.  Returns the socket and
 * sets *bound, or -1 with *e set. */
int listener_open(const char *host, int port, int *bound, struct err *e);

/* The next client's socket, non-blocking, with its address in from and len;
 * -1 when nobody waits. */
int listener_accept(int listener, struct sockaddr_storage *from,
                    socklen_t *len);

/* Answers a client with 503 before its connection costs anything (with TLS
 * there is no answer), and closes its socket. */
void listener_reject(int fd, bool tls);

#endif
