#include "serve/http_handler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "serve/client_connection.h"
#include "serve/request.h"

static void complete(struct request *req)
{
    struct requests *all = req->all;
    bool public = req->route.resource == RESOURCE_HEALTH ||
                  req->route.resource == RESOURCE_UNKNOWN;

    req->counted = true;
    all->count++;
    client_connection_stop_timeout(req->client);
    if (req->access.status == 0 && all->count > all->max_count)
        request_fail(req, 429, "53400", "too many requests are under way");
    else if (!public && token_view_stale(&all->tokens, all->token_file))
        request_await_tokens(req);
    else
        request_run(req);
}

static void discard_body(struct request *req, int status, const char *code,
                         const char *text)
{
    req->access.status = status;
    req->access.code = code;
    req->access.text = text;
    req->body_discarded = true;
    req->all->memory -= req->memory;
    req->memory = 0;
    buf_free(&req->body);
}

static void receive(struct request *req, const char *data, size_t n)
{
    struct err e;

    if (req->access.status != 0)
        return;
    if (req->body.len + n > req->all->options->max_body)
        discard_body(req, 413, "54000", "the request's body is too large");
    else if (!request_reserve(req, n) || !buf_add(&req->body, data, n, &e))
        discard_body(req, 503, "53200", "too many bodies are under way");
}

static struct request *new_request(struct requests *all,
                                   struct MHD_Connection *http, const char *url,
                                   const char *method)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct request *req = calloc(1, sizeof(*req));
    size_t room = strlen(method) + strlen(url) + 2;

    if (!req)
        return NULL;
    req->all = all;
    req->http = http;
    req->client = info ? info->socket_context : NULL;
    req->started = *all->now;
    req->route = router_find(method, url);
    if ((req->line = malloc(room)))
        snprintf(req->line, room, "%s %s", method, url);
    return req;
}

/* Checked before the body comes, so that strangers cost no memory; false when
 * the body is so large that reading it all would help nobody. */
static bool check_headers(struct request *req)
{
    const char *text = request_header(req, MHD_HTTP_HEADER_CONTENT_LENGTH);
    size_t max = req->all->options->max_body;
    unsigned long long n = text ? strtoull(text, NULL, 10) : 0;

    request_authorize(req);
    if (req->access.status != 0 &&
        token_view_stale(&req->all->tokens, req->all->token_file)) {
        req->access.status = 0; /* the new list decides, when all is here */
        req->generation--;
    }
    if (n > max)
        discard_body(req, 413, "54000", "the request's body is too large");
    return n / 4 <= max;
}

static enum MHD_Result respond(struct request *req)
{
    enum MHD_Result ok = response_queue(&req->response, req->http,
                                        atomic_load(req->all->stopping));

    if (ok == MHD_YES)
        client_connection_start_timeout(req->client);
    return ok;
}

/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd's arguments */
enum MHD_Result http_handler(void *cls, struct MHD_Connection *http,
                             const char *url, const char *method,
                             const char *version, const char *data,
                             size_t *size, void **slot)
{
    struct request *req = *slot;

    (void)version;
    if (!req) {
        *slot = req = new_request(cls, http, url, method);
        if (!req)
            return MHD_NO;
        if (check_headers(req))
            return MHD_YES;
        request_fail(req, req->access.status, req->access.code,
                     req->access.text);
        return respond(req);
    }
    if (*size > 0) {
        receive(req, data, *size);
        *size = 0;
        return MHD_YES;
    }
    if (req->state == REQUEST_RECEIVING) {
        complete(req);
        if (req->suspended) /* called again once it is resumed */
            return MHD_YES;
    }
    return req->state == REQUEST_ANSWERED ? respond(req) : MHD_YES;
}

void http_handler_completed(void *cls, struct MHD_Connection *http, void **slot,
                            enum MHD_RequestTerminationCode why)
{
    struct requests *all = cls;
    struct request *req = *slot;

    (void)http;
    (void)why;
    if (!req)
        return;
    *slot = NULL;
    all->count -= req->counted;
    all->memory -= req->memory;
    client_connection_start_timeout(req->client);
    token_list_unref(req->tokens);
    buf_free(&req->body);
    buf_free(&req->response.body);
    free(req->line);
    free(req);
}
