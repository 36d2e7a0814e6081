/*
 * transfer.h - one attempt of one HTTP call: libcurl's options, what comes
 * back, and whether it may be tried again.  Only for http.c.
 */
#ifndef ENGINE_NET_TRANSFER_H
#define ENGINE_NET_TRANSFER_H

#include <curl/curl.h>

#include "net/http.h"

enum call_state { CALL_NEW, CALL_QUEUED, CALL_RUNNING, CALL_DONE };

struct http_call {
    struct http *http; /* NULL once the client is gone */
    const struct http_config *cfg;
    struct http_call *prev, *next; /* the client's calls, oldest first */
    enum call_state state;
    long long due_ms; /* CALL_QUEUED: not before */

    struct http_request req; /* method and url are the two below */
    char method[16];
    char *url;
    struct curl_slist *headers;

    CURL *easy;  /* while CALL_RUNNING */
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
bool http_add_line(struct http_call *c, const char *line, struct err *e);

/* Makes the easy handle for the next attempt. */
bool transfer_open(struct http_call *c, struct err *e);

/*
 * Takes in how the attempt ended and drops the easy handle.  Returns how many
 * milliseconds to wait before the next attempt, or -1 when the result stands.
 */
long transfer_end(struct http_call *c, CURLcode code);

#endif
