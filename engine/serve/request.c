#include "serve/request.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "os/clock.h"
#include "serve/background.h"
#include "serve/client_connection.h"
#include "serve/json_result.h"
#include "serve/pg_pool.h"
#include "serve/pg_result.h"
#include "serve/response.h"
#include "serve/router.h"
#include "serve/sql_filter.h"

enum request_state {
    REQUEST_RECEIVING,
    REQUEST_COMPLETE,
    REQUEST_AWAITS_TOKENS,
    REQUEST_ANSWERED
};

struct request {
    struct pg_job job; /* first: what its done() gets is the request */
    struct requests *all;
    struct client_connection *client; /* borrowed, or NULL */
    struct MHD_Connection *http;
    enum request_state state;
    bool suspended;      /* libmicrohttpd waits for a resume, or had one */
    bool counted;        /* in all->count */
    bool body_discarded; /* refused for its body, whatever its token */
    struct request *next_awaiting;
    struct route route;
    struct token_list *tokens; /* what it was checked against, held */
    unsigned generation;       /* of tokens */
    struct access access;
    struct buf body; /* the request's, then the statement in it */
    size_t memory;   /* bytes counted in all->memory */
    struct response response;
    char *line; /* "POST /path", or NULL */
    int64_t started;
};

/* Counts n more bytes; false when the loop's requests hold too many. */
static bool reserve(struct request *req, size_t n)
{
    struct requests *all = req->all;

    if (n > all->max_memory - all->memory)
        return false;
    all->memory += n;
    req->memory += n;
    return true;
}

static bool reserve_for_job(struct pg_job *job, size_t n)
{
    return reserve((struct request *)job, n);
}

static void suspend(struct request *req)
{
    if (!req->suspended)
        MHD_suspend_connection(req->http);
    req->suspended = true;
}

/* The response is made: it is sent in libmicrohttpd's next call. */
static void answer(struct request *req)
{
    req->state = REQUEST_ANSWERED;
    if (req->response.status == 0)
        req->response.status = 200;
    if (req->response.status >= 500 || req->all->options->verbose)
        response_log(&req->response, req->line,
                     req->access.token ? req->access.token->id : NULL,
                     clock_ms() - req->started);
    if (req->suspended) {
        req->all->resumed = true;
        MHD_resume_connection(req->http);
    }
}

static void answer_job(struct pg_job *job)
{
    answer((struct request *)job);
}

static void fail(struct request *req, int status, const char *code,
                 const char *text)
{
    response_error(&req->response, status, code, text);
    answer(req);
}

static void submit(struct request *req)
{
    bool query = req->route.resource == RESOURCE_QUERY;

    req->job = (struct pg_job){
        .workspace = req->route.workspace,
        .write = req->access.token->write,
        .tables = !query,
        .reads = query && sql_filter_only_reads(req->body.data, req->body.len),
        .sql = req->body.data,
        .max_answer = req->all->options->max_answer,
        .response = &req->response,
        .reserve = reserve_for_job,
        .done = answer_job,
    };
    suspend(req);
    pg_pools_submit(req->all->pools, &req->job);
}

/* {"query": "..."} in the body becomes the statement's text there. */
static const char *parse(struct request *req)
{
    const char *why = NULL;
    json_error_t where;
    json_t *doc = json_loadb(req->body.data ? req->body.data : "",
                             req->body.len, JSON_REJECT_DUPLICATES, &where);
    const json_t *query = json_object_get(doc, "query");
    struct err e;

    buf_clear(&req->body);
    if (!doc)
        why = "the body is not JSON";
    else if (!json_is_string(query))
        why = "the body must be {'query': '<sql>'}";
    else if (!buf_add(&req->body, json_string_value(query),
                      json_string_length(query), &e))
        why = "the body is too large";
    json_decref(doc);
    return why;
}

static void run_query(struct request *req)
{
    const char *why = parse(req);
    struct buf *out = &req->response.body;
    char text[160];
    struct err e;

    if (why) {
        fail(req, 400, "22023", why);
        return;
    }
    switch (
        sql_filter_check(req->body.data, req->body.len, text, sizeof(text))) {
    case SQL_FILTER_RUN:
        submit(req);
        return;
    case SQL_FILTER_REFUSED:
        fail(req, 403, "42501", text);
        return;
    case SQL_FILTER_NOTHING:
        if (json_result_head(out, NULL, false, &e) &&
            json_result_tail(out, 0, false, &e))
            answer(req);
        else
            fail(req, 503, "53200", e.message);
    }
}

static const char *header(const struct request *req, const char *name)
{
    return MHD_lookup_connection_value(req->http, MHD_HEADER_KIND, name);
}

static void authorize(struct request *req)
{
    const struct token_view *view = &req->all->tokens;

    token_list_unref(req->tokens);
    req->tokens = token_list_ref(view->list);
    req->generation = view->generation;
    req->access =
        router_authorize(&req->route, req->tokens, header(req, "Authorization"),
                         header(req, "X-Activeloop-Org-Id"));
}

/* The whole request is here and the list of tokens is the latest. */
static void run(struct request *req)
{
    struct requests *all = req->all;
    struct err e;

    req->state = REQUEST_COMPLETE;
    if (req->generation != all->tokens.generation && !req->body_discarded)
        authorize(req);
    if (atomic_load(all->stopping))
        fail(req, 503, "57P01", "the server is stopping");
    else if (req->access.status != 0)
        fail(req, req->access.status, req->access.code, req->access.text);
    else if (req->route.resource == RESOURCE_QUERY)
        run_query(req);
    else if (req->route.resource == RESOURCE_TABLES)
        submit(req);
    else if (router_document(&req->route, req->access.token,
                             &req->response.body, &e))
        answer(req);
    else
        fail(req, 503, "53200", "out of memory");
}

static void await_tokens(struct request *req)
{
    struct requests *all = req->all;

    suspend(req);
    req->state = REQUEST_AWAITS_TOKENS;
    req->next_awaiting = all->awaiting_tokens;
    all->awaiting_tokens = req;
    background_ask_reload(all->background);
}

void requests_resume(struct requests *all)
{
    struct request *req = all->awaiting_tokens;

    all->awaiting_tokens = NULL;
    while (req) {
        struct request *next = req->next_awaiting;

        run(req);
        req = next;
    }
}

static void complete(struct request *req)
{
    struct requests *all = req->all;
    bool public = req->route.resource == RESOURCE_HEALTH ||
                  req->route.resource == RESOURCE_UNKNOWN;

    req->counted = true;
    all->count++;
    client_connection_stop_timeout(req->client);
    if (req->access.status == 0 && all->count > all->max_count)
        fail(req, 429, "53400", "too many requests are under way");
    else if (!public && token_view_stale(&all->tokens, all->token_file))
        await_tokens(req);
    else
        run(req);
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
    else if (!reserve(req, n) || !buf_add(&req->body, data, n, &e))
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
    const char *text = header(req, MHD_HTTP_HEADER_CONTENT_LENGTH);
    size_t max = req->all->options->max_body;
    unsigned long long n = text ? strtoull(text, NULL, 10) : 0;

    authorize(req);
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
enum MHD_Result request_step(void *cls, struct MHD_Connection *http,
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
        fail(req, req->access.status, req->access.code, req->access.text);
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

void request_over(void *cls, struct MHD_Connection *http, void **slot,
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
