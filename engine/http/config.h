/*
 * config.h - the settings of an HTTP client.
 */
#ifndef ENGINE_HTTP_CONFIG_H
#define ENGINE_HTTP_CONFIG_H

#include <stddef.h>

/* The longest that a server's Retry-After is waited for.  Asked for more, the
 * response is handed back at once: a request is never repeated too early. */
#define HTTP_RETRY_AFTER_MAX_MS 30000

struct http_config {
    long timeout_ms;   /* of one attempt, from the name look-up to the end */
    long connect_ms;   /* of its connection alone */
    long retries;      /* attempts after the first */
    long backoff_ms;   /* wait base * 2^n before retry n, plus up to 40 % */
    size_t max_bytes;  /* of a response, after decompression */
    long max_parallel; /* requests at once */
    char user_agent[64];
    char ca_file[512]; /* trusted certificates, or "" for the system's */
};

#endif
