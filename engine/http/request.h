/*
 * request.h - one HTTP request: what is asked, how far it is, what it came to.
 *
 * Made by http_request_new, given headers, started by http_client_start,
 * freed by its maker in any state: a queued or running one is cancelled.
 *
 *     NEW ──http_client_start──▶ QUEUED ──(its turn, its time)──▶ RUNNING
 *      │                           │ ▲                              │
 *      │                           │ └──────(to be tried again)─────┤
 *      ▼                           ▼                                ▼
 *     DONE: answered, failed for good, or the client was freed; the result
 *     stays until the request is freed
 */
#ifndef ENGINE_HTTP_REQUEST_H
#define ENGINE_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"

struct curl_slist;
struct http_client;
struct http_transfer;

/* The longest that a server's Retry-After is waited for.  Asked for more, the
 * response is handed back at once: a request is never repeated too early. */
#define HTTP_RETRY_AFTER_MAX_MS 30000

/* The settings of a client. */
struct http_config {
    int timeout_ms;   /* of one attempt, from the name look-up to the end */
    int connect_ms;   /* of its connection alone */
    int retries;      /* attempts after the first */
    int backoff_ms;   /* wait base * 2^n before retry n, plus up to 40 % */
    int max_parallel; /* requests at once */
    size_t max_bytes; /* of a response, after decompression */
    const char *user_agent;
    const char *ca_file; /* trusted certificates; NULL: CURL_CA_BUNDLE, then
                          * SSL_CERT_FILE, then the system's */
};

struct http_request_options {
    const char *method; /* borrowed for the length of http_client_start() */
    const char *url;    /* likewise */
    const char *body;   /* borrowed until the request is done; or NULL */
    size_t len;
    int timeout_ms;  /* 0: the client's */
    bool idempotent; /* may be sent again after it may have been carried out */
    bool retry_auth; /* try again after 401, and after 403 from a gateway */
    bool follow;     /* follow redirects; another host gets no token */
};

/* What a request came to, once it is done. */
struct http_result {
    int status; /* 0: no answer, see err */
    int attempts;
    bool unclear; /* an attempt without a clear answer may have taken effect */
    bool timeout; /* no answer came in time */
    struct err err;
};

enum http_request_state {
    HTTP_REQUEST_NEW,
    HTTP_REQUEST_QUEUED,
    HTTP_REQUEST_RUNNING,
    HTTP_REQUEST_DONE
};

/* Users read result and body when the state is DONE, nothing else. */
struct http_request {
    enum http_request_state state;
    struct http_result result;
    struct buf head; /* the response's header lines */
    struct buf body; /* and its body */

    struct http_request_options options; /* method and url are the two below */
    char method[16];
    char *url;
    struct curl_slist *headers;

    /* The client's, while QUEUED or RUNNING. */
    struct http_client *client;
    struct http_request *prev, *next;         /* oldest first */
    long long due_ms;                         /* QUEUED: not before */
    struct http_transfer *transfer;           /* RUNNING: the attempt */
    void (*cancel)(struct http_request *req); /* takes it out of the client */
};

/* An empty request; NULL without memory. */
struct http_request *http_request_new(void);
void http_request_free(struct http_request *req); /* NULL is fine */

/* Adds a header before the start.  ERR_ARG for bytes that do not belong in
 * one; the message never shows the value. */
bool http_request_header(struct http_request *req, const char *name,
                         const char *value, struct err *e);

/* For the client: takes in what is asked.  ERR_ARG for a URL that is not
 * http:// or https://, and for what is no method. */
bool http_request_set(struct http_request *req,
                      const struct http_request_options *options,
                      struct err *e);

/* Ends a request of any state, as failed with a copy of *e, or with the
 * result it has when e is NULL. */
void http_request_finish(struct http_request *req, const struct err *e);

/* One header of the response, pointing into the request. */
struct http_response_header {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};

/* Steps through the response's headers; *pos starts at 0. */
bool http_response_next_header(const struct http_request *req, size_t *pos,
                               struct http_response_header *out);

#endif
