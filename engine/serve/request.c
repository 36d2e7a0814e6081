#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "serve/internal.h"
#include "serve/json_result.h"
#include "serve/sql_filter.h"

bool request_hold(struct request *r, size_t n)
{
    struct loop *l = r->loop;

    if (n > l->server->o.max_memory / l->server->nloops - l->held)
        return false;
    l->held += n;
    r->held += n;
    return true;
}

static void suspend(struct request *r)
{
    if (!r->suspended)
        MHD_suspend_connection(r->http);
    r->suspended = r->later = true;
}

/* {"query": "..."} in r->in becomes the statement's text there. */
static const char *parse(struct request *r)
{
    const char *why = NULL;
    json_error_t where;
    json_t *doc = json_loadb(r->in.data ? r->in.data : "", r->in.len,
                             JSON_REJECT_DUPLICATES, &where);
    const json_t *query = json_object_get(doc, "query");
    struct err e;

    buf_clear(&r->in);
    if (!doc)
        why = "the body is not JSON";
    else if (!json_is_string(query))
        why = "the body must be {'query': '<sql>'}";
    else if (!buf_add(&r->in, json_string_value(query),
                      json_string_length(query), &e))
        why = "the body is too large";
    json_decref(doc);
    return why;
}

static void query(struct request *r)
{
    const char *why = parse(r);
    char text[160];
    struct err e;

    if (why) {
        response_fail(r, 400, NULL, why);
        return;
    }
    switch (sql_filter_check(r->in.data, r->in.len, text, sizeof(text))) {
    case SQL_FILTER_RUN:
        suspend(r);
        pg_pool_submit(r);
        return;
    case SQL_FILTER_REFUSED:
        response_fail(r, 403, "42501", text);
        return;
    case SQL_FILTER_NOTHING:
        if (json_result_head(&r->out, NULL, false, &e) &&
            json_result_tail(&r->out, 0, false, &e))
            response_ready(r);
        else
            response_fail(r, 503, NULL, e.message);
    }
}

/* Whether the token file is another than the one l's list came from. */
static bool stale(struct loop *l)
{
    struct file_version now;

    file_version_of(l->server->o.tokens, &now);
    return memcmp(&now, &l->mark, sizeof(now)) != 0;
}

static void allow(struct request *r)
{
    token_list_unref(r->tokens);
    r->tokens = token_list_ref(r->loop->tokens);
    r->generation = r->loop->generation;
    r->status = router_authorize(r);
}

/* The whole request is here and its rights are known. */
static void go(struct request *r)
{
    struct server *h = r->loop->server;

    if (r->generation != r->loop->generation && !r->spoiled)
        allow(r);
    if (atomic_load(&h->stopping))
        response_fail(r, 503, NULL, "the server is stopping");
    else if (r->status != 0)
        response_fail(r, r->status, NULL, r->denied);
    else if (r->route == QUERY)
        query(r);
    else if (r->route == TABLES) {
        suspend(r);
        pg_pool_submit(r);
    } else if (router_document(r))
        response_ready(r);
    else
        response_fail(r, 503, NULL, "out of memory");
}

static void complete(struct request *r)
{
    struct loop *l = r->loop;
    struct server *h = l->server;

    r->complete = true;
    r->counted = true;
    l->requests++;
    if (r->client)
        client_connection_stop_timeout(l, r->client);
    if (r->status == 0 && l->requests > h->o.requests / (int)h->nloops) {
        response_fail(r, 429, NULL, "too many requests are under way");
        return;
    }
    if (r->route != HEALTH && r->route != LOST && stale(l)) {
        suspend(r);
        r->next = l->parked;
        l->parked = r;
        atomic_store(&h->stale, true);
        eventfd_wake(h->wake);
        return;
    }
    go(r);
}

void request_unpark(struct loop *l)
{
    struct request *r = l->parked;

    l->parked = NULL;
    while (r) {
        struct request *next = r->next;

        go(r);
        r = next;
    }
}

static void refuse(struct request *r, int status, const char *text)
{
    r->status = status;
    r->denied = text;
    r->spoiled = true;
    r->loop->held -= r->held;
    r->held = 0;
    buf_free(&r->in);
}

static void take(struct request *r, const char *data, size_t n)
{
    struct err e;

    if (r->status != 0)
        return; /* read and forgotten, so that the client reads our answer */
    if (r->in.len + n > r->loop->server->o.max_body)
        refuse(r, 413, "the request's body is too large");
    else if (!request_hold(r, n) || !buf_add(&r->in, data, n, &e))
        refuse(r, 503, "too many bodies are under way");
}

static struct request *begin(struct loop *l, struct MHD_Connection *http,
                             const char *url, const char *method)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct request *r = calloc(1, sizeof(*r));
    size_t room = strlen(method) + strlen(url) + 2;

    if (!r)
        return NULL;
    r->loop = l;
    r->http = http;
    r->client = info ? info->socket_context : NULL;
    r->started = l->now;
    r->route = router_find(url, r->workspace);
    r->wrong_method = strcmp(method, r->route == QUERY ? "POST" : "GET") != 0;
    if ((r->line = malloc(room)))
        snprintf(r->line, room, "%s %s", method, url);
    return r;
}

/* Checked before the body comes, so that strangers cost no memory; false when
 * the body is so large that reading it all would help nobody. */
static bool first_look(struct request *r)
{
    const char *text = MHD_lookup_connection_value(
        r->http, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    size_t max = r->loop->server->o.max_body;
    unsigned long long n = text ? strtoull(text, NULL, 10) : 0;

    allow(r);
    if (r->status != 0 && stale(r->loop)) {
        r->status = 0; /* decided by the new list, when all is here */
        r->generation--;
    }
    if (n > max)
        refuse(r, 413, "the request's body is too large");
    return n / 4 <= max;
}

/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd's arguments */
enum MHD_Result request_step(void *cls, struct MHD_Connection *http,
                             const char *url, const char *method,
                             const char *version, const char *data,
                             size_t *size, void **slot)
{
    struct request *r = *slot;

    (void)version;
    if (!r) {
        *slot = r = begin(cls, http, url, method);
        if (!r)
            return MHD_NO;
        if (first_look(r))
            return MHD_YES;
        r->complete = true;
        response_fail(r, r->status, NULL, r->denied);
        return response_send(r);
    }
    if (*size > 0) {
        take(r, data, *size);
        *size = 0;
        return MHD_YES;
    }
    if (!r->complete) {
        complete(r);
        if (r->later) /* called again once it is resumed */
            return MHD_YES;
    }
    return r->answered ? response_send(r) : MHD_YES;
}

void request_over(void *cls, struct MHD_Connection *http, void **slot,
                  enum MHD_RequestTerminationCode why)
{
    struct request *r = *slot;
    struct loop *l = cls;

    (void)http;
    (void)why;
    if (!r)
        return;
    *slot = NULL;
    l->requests -= r->counted;
    l->held -= r->held;
    if (r->client)
        client_connection_start_timeout(l, r->client);
    token_list_unref(r->tokens);
    buf_free(&r->in);
    buf_free(&r->out);
    free(r->line);
    free(r);
}
