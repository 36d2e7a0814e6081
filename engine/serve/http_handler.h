/*
 * http_handler.h - what libmicrohttpd calls as a request comes in.
 *
 * It makes the struct request, receives its body, sends its response and frees
 * it; what the request does in between is request.h's.  cls is a struct
 * requests, *slot the struct request, and the connection's socket context a
 * struct client_connection or NULL.
 */
#ifndef ENGINE_SERVE_HTTP_HANDLER_H
#define ENGINE_SERVE_HTTP_HANDLER_H

#include <microhttpd.h>
#include <stddef.h>

/* The handler of every request: called for its head, for each piece of its
 * body, for its end, and once more when it was resumed. */
enum MHD_Result http_handler(void *cls, struct MHD_Connection *http,
                             const char *url, const char *method,
                             const char *version, const char *data,
                             size_t *size, void **slot);

/* For MHD_OPTION_NOTIFY_COMPLETED: the request is over. */
void http_handler_completed(void *cls, struct MHD_Connection *http, void **slot,
                            enum MHD_RequestTerminationCode why);

#endif
