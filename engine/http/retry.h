/*
 * retry.h - whether a request is tried again, and when.  Pure, but for a
 * random number: nobody is to be hit by all its clients at the same moment.
 */
#ifndef ENGINE_HTTP_RETRY_H
#define ENGINE_HTTP_RETRY_H

#include <curl/curl.h>
#include <stdbool.h>

#include "http/request.h"

/* How an attempt ended. */
struct http_outcome {
    CURLcode code;
    bool sent;     /* bytes of the request left this machine */
    bool answered; /* a status line came */
    long retry_after_s;
};

/* Looks at the request's result, which the attempt has filled in, and sets
 * its unclear.  Returns how many milliseconds to wait before the next attempt,
 * or -1 when the result stands. */
long retry_wait(struct http_request *req, const struct http_config *cfg,
                const struct http_outcome *outcome);

#endif
