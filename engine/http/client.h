/*
 * client.h - several HTTP requests at once over one set of connections.
 *
 * A client keeps its connections and runs at most max_parallel requests at a
 * time; the others wait, and so does one that is to be tried again, without
 * holding up the rest.  Pure C over libcurl's multi interface; libcurl itself
 * is set up by the first request, not by the client.  Not for several threads.
 */
#ifndef ENGINE_HTTP_CLIENT_H
#define ENGINE_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"

/* The longest that a server's Retry-After is waited for.  Asked for more, the
 * answer is handed back at once: a call is never repeated too early. */
#define HTTP_RETRY_AFTER_MAX_MS 30000

struct http_client;
struct http_request;

struct http_config {
    long timeout_ms;   /* of one attempt, from the name look-up to the end */
    long connect_ms;   /* of its connection alone */
    long retries;      /* attempts after the first */
    long backoff_ms;   /* wait base * 2^n before retry n, plus up to 40 % */
    size_t max_bytes;  /* of an answer, after decompression */
    long max_parallel; /* requests at once */
    char user_agent[64];
    char ca_file[512]; /* trusted certificates, or "" for the system's */
};

/* 10 s, 5 s, 3 retries from 0.5 s on, 64 MiB, 5 at once. */
extern const struct http_config http_defaults;

struct http_request_options {
    const char *method; /* borrowed for the length of http_request_start() */
    const char *url;    /* likewise */
    const char *body;   /* borrowed until the call is done or freed; or NULL */
    size_t len;
    long timeout_ms; /* 0: the client's */
    bool idempotent; /* may be sent again after it may have been carried out */
    bool retry_auth; /* try again after 401, and after 403 from a gateway */
    bool follow;     /* follow redirects; another host gets no token */
};

/* A client; copies cfg.  NULL with *e set only without memory. */
struct http_client *http_client_new(const struct http_config *cfg,
                                    struct err *e);

/* Ends the client; its calls end with ERR_CLOSED and stay their owners'. */
void http_client_free(struct http_client *h);

/* An empty call of the client; the caller frees it. */
struct http_request *http_request_new(struct http_client *h, struct err *e);

/* Ends a call, also in flight. */
void http_request_free(struct http_request *c);

/* Adds a header before the start.  ERR_ARG for bytes that do not belong in
 * one; the message never shows the value. */
bool http_request_header(struct http_request *c, const char *name,
                         const char *value, struct err *e);

/* Queues the call.  ERR_ARG for a URL that is not http:// or https://. */
bool http_request_start(struct http_request *c,
                        const struct http_request_options *r, struct err *e);

/* Works until one more call of the client is done.  False without *e touched
 * when there is none to wait for, and with *e set when libcurl fails. */
bool http_client_wait(struct http_client *h, struct err *e);

/* Ends a call that could not be started, with a copy of *e. */
void http_request_fail(struct http_request *c, const struct err *e);

bool http_request_done(const struct http_request *c);

/* What a call came to, once it is done; belongs to the call. */
struct http_result {
    int status; /* 0: no answer, see err */
    int attempts;
    bool unclear; /* an attempt without a clear answer may have taken effect */
    struct err err;
};

const struct http_result *http_request_result(const struct http_request *c);
const struct buf *http_response_body(const struct http_request *c);

/* One header of the answer, pointing into the call. */
struct http_response_header {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};

/* Steps through the answer's headers; *pos starts at 0. */
bool http_response_next_header(const struct http_request *c, size_t *pos,
                               struct http_response_header *out);

#endif
