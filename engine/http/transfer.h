/*
 * transfer.h - one attempt of one request, as a handle of libcurl.
 *
 * Made by transfer_open when the request's turn has come.  The client gives
 * its easy handle to libcurl, takes it back when the attempt ended and ends
 * it by transfer_end, or by transfer_free when nobody waits for it any more.
 */
#ifndef ENGINE_HTTP_TRANSFER_H
#define ENGINE_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "http/request.h"

/* NULL with *e set only without memory.  cfg and req are borrowed; the
 * response comes into req, which is the easy handle's CURLINFO_PRIVATE, as it
 * arrives. */
struct http_transfer *transfer_open(struct http_request *req,
                                    const struct http_config *cfg,
                                    struct err *e);

CURL *transfer_easy(const struct http_transfer *t);

/* Notes in the request how its attempt ended, and frees it.  Returns how many
 * milliseconds to wait before the next one, or -1 when the result stands. */
long transfer_end(struct http_transfer *t, CURLcode code);

void transfer_free(struct http_transfer *t); /* NULL is fine */

#endif
