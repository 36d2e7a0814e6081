/*
 * transfer.h - one attempt of one HTTP call: libcurl's options, what comes
 * back, and whether it may be tried again.  Only for client.c.
 */
#ifndef ENGINE_HTTP_TRANSFER_H
#define ENGINE_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "http/client.h"

enum http_request_state {
    HTTP_REQUEST_NEW,
    HTTP_REQUEST_QUEUED,
    HTTP_REQUEST_RUNNING,
    HTTP_REQUEST_DONE
};

struct http_request {
    struct http_client *http; /* NULL once the client is gone */
    const struct http_config *cfg;
    struct http_request *prev, *next; /* the client's calls, oldest first */
    enum http_request_state state;
    long long due_ms; /* HTTP_REQUEST_QUEUED: not before */

    struct http_request_options req; /* method and url are the two below */
    char method[16];
    char *url;
    struct curl_slist *headers;

    CURL *easy;  /* while HTTP_REQUEST_RUNNING */
    size_t sent; /* of the body, as libcurl took it */
    bool too_large;
    bool answered;   /* a status line came */
    bool head_whole; /* and the empty line after the headers */
    char curl_error[CURL_ERROR_SIZE];

    struct buf head; /* the answer's header lines */
    struct buf body;
    struct http_result result;
};

/* True for what RFC 9110 calls a token. */
bool http_token(const char *word);

/* Adds a header line as libcurl takes it. */
bool http_add_line(struct http_request *c, const char *line, struct err *e);

/* Makes the easy handle for the next attempt. */
bool transfer_open(struct http_request *c, struct err *e);

/*
 * Takes in how the attempt ended and drops the easy handle.  Returns how many
 * milliseconds to wait before the next attempt, or -1 when the result stands.
 */
long transfer_end(struct http_request *c, CURLcode code);

#endif
