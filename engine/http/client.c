#include "http/client.h"

#include <signal.h>
#include <stdlib.h>

#include "http/transfer.h"
#include "os/clock.h"

#define IDLE_MS 1000

struct http_client {
    struct http_config cfg;
    CURLM *multi;                      /* from the first request on */
    struct http_request *first, *last; /* queued or running, oldest first */
    int running;
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
    struct http_client *client = calloc(1, sizeof(*client));

    if (!client) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    client->cfg = *cfg;
    return client;
}

static bool set_up(struct http_client *client, struct err *e)
{
    if (client->multi)
        return true;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(e, ERR_IO, "libcurl cannot be set up");
    client->multi = curl_multi_init();
    if (!client->multi) {
        curl_global_cleanup();
        return err_set(e, ERR_NOMEM, "out of memory");
    }
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS,
                      (long)client->cfg.max_parallel);
    return true;
}

/* Takes a request out of the client and ends its attempt. */
static void cancel(struct http_request *req)
{
    struct http_client *client = req->client;

    if (req->transfer) {
        curl_multi_remove_handle(client->multi, transfer_easy(req->transfer));
        transfer_free(req->transfer);
        req->transfer = NULL;
        client->running--;
    }
    *(req->prev ? &req->prev->next : &client->first) = req->next;
    *(req->next ? &req->next->prev : &client->last) = req->prev;
    req->prev = req->next = NULL;
    req->client = NULL;
    req->cancel = NULL;
}

void http_client_free(struct http_client *client)
{
    struct err closed;

    if (!client)
        return;
    err_set(&closed, ERR_CLOSED, "the client is closed");
    while (client->first)
        http_request_finish(client->first, &closed);
    if (client->multi) {
        curl_multi_cleanup(client->multi);
        curl_global_cleanup();
    }
    free(client);
}

bool http_client_start(struct http_client *client, struct http_request *req,
                       const struct http_request_options *options,
                       struct err *e)
{
    if (!http_request_set(req, options, e) || !set_up(client, e))
        return false;
    req->client = client;
    req->cancel = cancel;
    req->prev = client->last;
    *(client->last ? &client->last->next : &client->first) = req;
    client->last = req;
    req->state = HTTP_REQUEST_QUEUED;
    return true;
}

/* Starts the next attempt; cancel() undoes also half of it. */
static bool start_attempt(struct http_request *req, struct err *e)
{
    struct http_client *client = req->client;

    req->transfer = transfer_open(req, &client->cfg, e);
    if (!req->transfer)
        return false;
    client->running++;
    req->state = HTTP_REQUEST_RUNNING;
    return curl_multi_add_handle(client->multi, transfer_easy(req->transfer)) ==
               CURLM_OK ||
           err_set(e, ERR_NOMEM, "out of memory");
}

/* Starts the requests that are due while there is room.  Returns how
 * long nothing more will be due, at most IDLE_MS. */
static int start_due(struct http_client *client, bool *done)
{
    long long now = clock_ms();
    long long wait = IDLE_MS;
    struct err e;

    for (struct http_request *req = client->first, *next; req; req = next) {
        next = req->next;
        if (req->state != HTTP_REQUEST_QUEUED)
            continue;
        if (client->running >= client->cfg.max_parallel)
            break;
        if (req->due_ms > now) {
            wait = req->due_ms - now < wait ? req->due_ms - now : wait;
            continue;
        }
        if (!start_attempt(req, &e)) {
            http_request_finish(req, &e);
            *done = true;
        }
    }
    return (int)wait;
}

/* Takes in what ended and tells how many did, *done when one is for good. */
static int collect(struct http_client *client, bool *done)
{
    struct CURLMsg *msg;
    int left;
    int ended = 0;

    while ((msg = curl_multi_info_read(client->multi, &left)) != NULL) {
        CURLcode code = msg->data.result;
        struct http_request *req;
        long wait;

        if (msg->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&req);
        curl_multi_remove_handle(client->multi, msg->easy_handle);
        client->running--;
        ended++;
        wait = transfer_end(req->transfer, code);
        req->transfer = NULL;
        req->state = HTTP_REQUEST_QUEUED;
        if (wait < 0) {
            http_request_finish(req, NULL);
            *done = true;
        } else {
            req->due_ms = clock_ms() + wait;
        }
    }
    return ended;
}

/* One look; 1 when a call is done, 0 when not yet, -1 with *e set. */
static int turn(struct http_client *client, struct err *e)
{
    bool done = false;
    int running;
    int wait = start_due(client, &done);
    CURLMcode m = curl_multi_perform(client->multi, &running);

    /* Whatever ended made room, so nothing is waited for then. */
    if (m == CURLM_OK && collect(client, &done) == 0 && !done)
        m = curl_multi_poll(client->multi, NULL, 0, wait, NULL);
    if (m != CURLM_OK) {
        err_set(e, ERR_IO, "%s", curl_multi_strerror(m));
        return -1;
    }
    return done ? 1 : 0;
}

bool http_client_wait(struct http_client *client, struct err *e)
{
    struct sigaction quiet = {.sa_handler = SIG_IGN};
    struct sigaction was;
    int done = 0;

    if (!client->first)
        return false;
    /* A server that hangs up must not kill the program. */
    sigaction(SIGPIPE, &quiet, &was);
    while (done == 0)
        done = turn(client, e);
    sigaction(SIGPIPE, &was, NULL);
    return done > 0;
}
