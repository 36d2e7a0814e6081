/*
 * client.h - several HTTP requests at once over one set of connections.
 *
 * A client keeps its connections and runs at most max_parallel requests at a
 * time; the others wait, and so does one that is to be tried again, without
 * holding up the rest.  Pure C over libcurl's multi interface; libcurl itself
 * is set up by the first request, not by the client.  Not for several threads.
 *
 * What calls what: client ─▶ transfer ─▶ retry ─▶ request.
 */
#ifndef ENGINE_HTTP_CLIENT_H
#define ENGINE_HTTP_CLIENT_H

#include <stdbool.h>

#include "http/request.h"

/* Made by http_client_new, freed by http_client_free, both by its user. */
struct http_client;

/* 10 s, 5 s, 3 retries from 0.5 s on, 64 MiB, 5 at once. */
extern const struct http_config http_defaults;

/* A client; copies cfg, but borrows its texts to the end.  NULL with *e set
 * only without memory. */
struct http_client *http_client_new(const struct http_config *cfg,
                                    struct err *e);

/* Frees the client; its requests end with ERR_CLOSED and stay their owners'. */
void http_client_free(struct http_client *client);

/* Queues a new request.  False with *e set when it cannot be sent as it is
 * (ERR_ARG) or there is no memory; it is then not queued. */
bool http_client_start(struct http_client *client, struct http_request *req,
                       const struct http_request_options *options,
                       struct err *e);

/* Works until one more request of the client is done.  False without *e
 * touched when there is none to wait for, and with *e set when libcurl fails.
 */
bool http_client_wait(struct http_client *client, struct err *e);

#endif
