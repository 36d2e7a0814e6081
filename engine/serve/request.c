#include "serve/request.h"

#include <jansson.h>

#include "core/err.h"
#include "os/clock.h"
#include "serve/background.h"
#include "serve/pg_pool.h"
#include "serve/sql_filter.h"

bool request_reserve(struct request *req, size_t n)
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
    return request_reserve((struct request *)job, n);
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

void request_fail(struct request *req, int status, const char *code,
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
        request_fail(req, 400, "22023", why);
        return;
    }
    switch (
        sql_filter_check(req->body.data, req->body.len, text, sizeof(text))) {
    case SQL_FILTER_RUN:
        submit(req);
        return;
    case SQL_FILTER_REFUSED:
        request_fail(req, 403, "42501", text);
        return;
    case SQL_FILTER_NOTHING:
        if (json_result_head(out, NULL, false, &e) &&
            json_result_tail(out, 0, false, &e))
            answer(req);
        else
            request_fail(req, 503, "53200", e.message);
    }
}

const char *request_header(const struct request *req, const char *name)
{
    return MHD_lookup_connection_value(req->http, MHD_HEADER_KIND, name);
}

void request_authorize(struct request *req)
{
    const struct token_view *view = &req->all->tokens;

    token_list_unref(req->tokens);
    req->tokens = token_list_ref(view->list);
    req->generation = view->generation;
    req->access = router_authorize(&req->route, req->tokens,
                                   request_header(req, "Authorization"),
                                   request_header(req, "X-Activeloop-Org-Id"));
}

void request_run(struct request *req)
{
    struct requests *all = req->all;
    struct err e;

    req->state = REQUEST_COMPLETE;
    if (req->generation != all->tokens.generation && !req->body_discarded)
        request_authorize(req);
    if (atomic_load(all->stopping))
        request_fail(req, 503, "57P01", "the server is stopping");
    else if (req->access.status != 0)
        request_fail(req, req->access.status, req->access.code,
                     req->access.text);
    else if (req->route.resource == RESOURCE_QUERY)
        run_query(req);
    else if (req->route.resource == RESOURCE_TABLES)
        submit(req);
    else if (router_document(&req->route, req->access.token,
                             &req->response.body, &e))
        answer(req);
    else
        request_fail(req, 503, "53200", "out of memory");
}

void request_await_tokens(struct request *req)
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

        request_run(req);
        req = next;
    }
}
