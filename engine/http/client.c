#include "http/client.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/transfer.h"
#include "os/clock.h"

#define IDLE_MS 1000

struct http_client {
    struct http_config cfg;
    CURLM *multi; /* from the first request on */
    struct http_request *first, *last;
    long running;
};

const struct http_config http_defaults = {
    .timeout_ms = 10000,
    .connect_ms = 5000,
    .retries = 3,
    .backoff_ms = 500,
    .max_bytes = (size_t)64 << 20,
    .max_parallel = 5,
    .user_agent = "propolis",
};

struct http_client *http_client_new(const struct http_config *cfg,
                                    struct err *e)
{
    struct http_client *h = calloc(1, sizeof(*h));

    if (!h) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    h->cfg = *cfg;
    return h;
}

static bool wake(struct http_client *h, struct err *e)
{
    if (h->multi)
        return true;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(e, ERR_IO, "libcurl cannot be set up");
    h->multi = curl_multi_init();
    if (!h->multi) {
        curl_global_cleanup();
        return err_set(e, ERR_NOMEM, "out of memory");
    }
    curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, h->cfg.max_parallel);
    return true;
}

/* Takes the call off the wire and out of the client's list. */
static void detach(struct http_request *c)
{
    struct http_client *h = c->http;

    if (!h)
        return;
    if (c->easy) {
        curl_multi_remove_handle(h->multi, c->easy);
        curl_easy_cleanup(c->easy);
        c->easy = NULL;
        h->running--;
    }
    *(c->prev ? &c->prev->next : &h->first) = c->next;
    *(c->next ? &c->next->prev : &h->last) = c->prev;
    c->prev = c->next = NULL;
    c->http = NULL;
}

static void finish(struct http_request *c, const struct err *e)
{
    detach(c);
    c->state = HTTP_REQUEST_DONE;
    if (e) {
        c->result.status = 0;
        c->result.err = *e;
    }
    c->result.err.unclear = c->result.unclear;
}

void http_request_fail(struct http_request *c, const struct err *e)
{
    finish(c, e);
}

void http_client_free(struct http_client *h)
{
    struct err closed;

    if (!h)
        return;
    err_set(&closed, ERR_CLOSED, "the client is closed");
    while (h->first)
        finish(h->first, &closed);
    if (h->multi) {
        curl_multi_cleanup(h->multi);
        curl_global_cleanup();
    }
    free(h);
}

struct http_request *http_request_new(struct http_client *h, struct err *e)
{
    struct http_request *c = calloc(1, sizeof(*c));

    if (!c) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    c->http = h;
    c->cfg = &h->cfg;
    c->prev = h->last;
    *(h->last ? &h->last->next : &h->first) = c;
    h->last = c;
    return c;
}

void http_request_free(struct http_request *c)
{
    if (!c)
        return;
    detach(c);
    curl_slist_free_all(c->headers);
    free(c->url);
    buf_free(&c->head);
    buf_free(&c->body);
    free(c);
}

bool http_request_start(struct http_request *c,
                        const struct http_request_options *r, struct err *e)
{
    if (!c->http || c->state != HTTP_REQUEST_NEW)
        return err_set(e, ERR_CLOSED, "the client is closed");
    if (strncasecmp(r->url, "http://", 7) != 0 &&
        strncasecmp(r->url, "https://", 8) != 0)
        return err_set(e, ERR_ARG, "a URL starts with http:// or https://");
    if (!http_token(r->method) || strlen(r->method) >= sizeof(c->method))
        return err_set(e, ERR_ARG, "that is no HTTP method");
    if (!wake(c->http, e) || !http_add_line(c, "Expect:", e))
        return false;
    c->url = strdup(r->url);
    if (!c->url)
        return err_set(e, ERR_NOMEM, "out of memory");
    memcpy(c->method, r->method, strlen(r->method) + 1);
    c->req = *r;
    c->req.method = c->method;
    c->req.url = c->url;
    c->state = HTTP_REQUEST_QUEUED;
    return true;
}

/* Starts the next attempt; detach() undoes also half of it. */
static bool put_on_wire(struct http_request *c, struct err *e)
{
    if (!transfer_open(c, e))
        return false;
    c->http->running++;
    c->state = HTTP_REQUEST_RUNNING;
    return curl_multi_add_handle(c->http->multi, c->easy) == CURLM_OK ||
           err_set(e, ERR_NOMEM, "out of memory");
}

/* Puts the calls that are due on the wire while there is room.  Returns how
 * long nothing more will be due, at most IDLE_MS. */
static int launch(struct http_client *h, bool *done)
{
    long long now = clock_ms();
    long long wait = IDLE_MS;
    struct err e;

    for (struct http_request *c = h->first, *next; c; c = next) {
        next = c->next;
        if (c->state != HTTP_REQUEST_QUEUED)
            continue;
        if (h->running >= h->cfg.max_parallel)
            break;
        if (c->due_ms > now) {
            wait = c->due_ms - now < wait ? c->due_ms - now : wait;
            continue;
        }
        if (!put_on_wire(c, &e)) {
            finish(c, &e);
            *done = true;
        }
    }
    return (int)wait;
}

/* Takes in what ended and tells how many did, *done when one is for good. */
static int collect(struct http_client *h, bool *done)
{
    struct CURLMsg *msg;
    int left;
    int ended = 0;

    while ((msg = curl_multi_info_read(h->multi, &left)) != NULL) {
        CURLcode code = msg->data.result;
        struct http_request *c = NULL;
        long wait;

        if (msg->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&c);
        curl_multi_remove_handle(h->multi, msg->easy_handle);
        h->running--;
        ended++;
        wait = transfer_end(c, code);
        if (wait < 0) {
            finish(c, NULL);
            *done = true;
        } else {
            c->state = HTTP_REQUEST_QUEUED;
            c->due_ms = clock_ms() + wait;
        }
    }
    return ended;
}

static bool pending(const struct http_client *h)
{
    for (const struct http_request *c = h->first; c; c = c->next)
        if (c->state == HTTP_REQUEST_QUEUED || c->state == HTTP_REQUEST_RUNNING)
            return true;
    return false;
}

/* One look; 1 when a call is done, 0 when not yet, -1 with *e set. */
static int turn(struct http_client *h, struct err *e)
{
    bool done = false;
    int alive;
    int wait = launch(h, &done);
    CURLMcode m = curl_multi_perform(h->multi, &alive);

    /* Whatever ended made room, so nothing is waited for then. */
    if (m == CURLM_OK && collect(h, &done) == 0 && !done)
        m = curl_multi_poll(h->multi, NULL, 0, wait, NULL);
    if (m != CURLM_OK) {
        err_set(e, ERR_IO, "%s", curl_multi_strerror(m));
        return -1;
    }
    return done ? 1 : 0;
}

bool http_client_wait(struct http_client *h, struct err *e)
{
    struct sigaction quiet = {.sa_handler = SIG_IGN};
    struct sigaction was;
    int done = 0;

    if (!pending(h))
        return false;
    /* A server that hangs up must not kill the program. */
    sigaction(SIGPIPE, &quiet, &was);
    while (done == 0)
        done = turn(h, e);
    sigaction(SIGPIPE, &was, NULL);
    return done > 0;
}
