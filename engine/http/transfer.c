#include "http/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "http/retry.h"

#define HEAD_MAX ((size_t)256 << 10)

struct http_transfer {
    struct http_request *req;
    const struct http_config *cfg;
    long timeout_ms;
    long connect_ms; /* no longer than that */
    CURL *easy;
    size_t sent;     /* of the body, as libcurl took it */
    bool too_large;  /* the response */
    bool answered;   /* a status line came */
    bool head_whole; /* and the empty line after the headers */
    bool head_too_large;
    char curl_error[CURL_ERROR_SIZE];
};

/* What libcurl is told of n bytes that came: it ends the attempt when they do
 * not go into the buffer, which is to hold at most max. */
static size_t keep(struct http_transfer *t, struct buf *b, size_t max,
                   const char *bytes, size_t n)
{
    struct err ignored;

    if (n <= max - b->len && buf_add(b, bytes, n, &ignored))
        return n;
    t->too_large = true;
    return CURL_WRITEFUNC_ERROR;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct http_transfer *t = arg;

    return keep(t, &t->req->body, t->cfg->max_bytes, bytes, size * n);
}

/* Keeps the lines of the last answer only: a redirect or a 100 came before. */
static size_t on_head(char *bytes, size_t size, size_t n, void *arg)
{
    struct http_transfer *t = arg;

    n *= size;
    if (n > 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        buf_clear(&t->req->head);
        t->answered = true;
        t->head_whole = false;
        return n;
    }
    if (n <= 2 && (bytes[0] == '\r' || bytes[0] == '\n'))
        t->head_whole = true;
    return keep(t, &t->req->head, HEAD_MAX, bytes, n);
}

static size_t on_send(char *room, size_t size, size_t n, void *arg)
{
    struct http_transfer *t = arg;
    size_t left = t->req->options.len - t->sent;

    n *= size;
    if (n > left)
        n = left;
    if (n > 0)
        memcpy(room, t->req->options.body + t->sent, n);
    t->sent += n;
    return n;
}

/* libcurl rewinds to follow a redirect, but also to send the request again by
 * itself when a kept connection breaks before the answer.  The second is not
 * its to decide: the body may have been acted on. */
static int on_rewind(void *arg, curl_off_t offset, int origin)
{
    struct http_transfer *t = arg;

    if (!t->answered || origin != SEEK_SET || offset < 0 ||
        (size_t)offset > t->req->options.len)
        return CURL_SEEKFUNC_FAIL;
    t->sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static void set_limits(CURL *easy, struct http_transfer *t)
{
    int timeout = t->req->options.timeout_ms;

    t->timeout_ms = timeout ? timeout : t->cfg->timeout_ms;
    t->connect_ms = t->cfg->connect_ms;
    if (t->connect_ms > t->timeout_ms)
        t->connect_ms = t->timeout_ms;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, t->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, t->connect_ms);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION,
                     t->req->options.follow ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(easy, CURLOPT_UNRESTRICTED_AUTH, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

/* The file of trusted certificates, or NULL for the system's: libcurl leaves
 * these variables to the curl tool. */
static const char *ca_file(const struct http_config *cfg)
{
    const char *const names[] = {cfg->ca_file, getenv("CURL_CA_BUNDLE"),
                                 getenv("SSL_CERT_FILE")};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i] && names[i][0])
            return names[i];
    return NULL;
}

/* The options that libcurl copies, and so may fail to take. */
static bool set_texts(CURL *easy, const struct http_transfer *t)
{
    const struct http_config *cfg = t->cfg;
    const char *ca = ca_file(cfg);
    bool get =
        strcmp(t->req->method, "GET") == 0 && t->req->options.body == NULL;
    bool plain = get || strcmp(t->req->method, "POST") == 0 ||
                 strcmp(t->req->method, "HEAD") == 0;

    return curl_easy_setopt(easy, CURLOPT_URL, t->req->url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                            plain ? NULL : t->req->method) == CURLE_OK &&
           (!ca || curl_easy_setopt(easy, CURLOPT_CAINFO, ca) == CURLE_OK) &&
           (!cfg->user_agent[0] ||
            curl_easy_setopt(easy, CURLOPT_USERAGENT, cfg->user_agent) ==
                CURLE_OK);
}

static void set_method(CURL *easy, struct http_transfer *t)
{
    if (strcmp(t->req->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (t->req->options.body || strcmp(t->req->method, "POST") == 0)
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
    else
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     (curl_off_t)t->req->options.len);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(easy, CURLOPT_READDATA, t);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_rewind);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, t);
    /* Without a body nothing is rewound, so on_rewind is not asked. */
    if (!t->req->options.idempotent && t->req->options.len == 0)
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
}

void transfer_free(struct http_transfer *t)
{
    if (!t)
        return;
    curl_easy_cleanup(t->easy);
    free(t);
}

CURL *transfer_easy(const struct http_transfer *t)
{
    return t->easy;
}

struct http_transfer *transfer_open(struct http_request *req,
                                    const struct http_config *cfg,
                                    struct err *e)
{
    struct http_transfer *t = calloc(1, sizeof(*t));

    if (t) {
        t->req = req;
        t->cfg = cfg;
        t->easy = curl_easy_init();
    }
    if (!t || !t->easy || !set_texts(t->easy, t)) {
        transfer_free(t);
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    buf_clear(&req->head);
    buf_clear(&req->body);
    set_limits(t->easy, t);
    set_method(t->easy, t);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, req->headers);
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->curl_error);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, req);
    req->result.attempts++;
    return t;
}

/* libcurl refuses a single line before on_head() sees it, with a code that also
 * means a lack of memory or, from 8.6 on, with CURLE_TOO_LARGE. */
static bool head_too_large(const struct http_transfer *t, CURLcode code)
{
    return t->answered && !t->head_whole &&
           (t->too_large || code == CURLE_OUT_OF_MEMORY || (int)code == 100);
}

static void say_failure(struct http_transfer *t, CURLcode code, bool sent)
{
    struct err *e = &t->req->result.err;
    const char *why =
        t->curl_error[0] ? t->curl_error : curl_easy_strerror(code);

    t->req->result.timeout = code == CURLE_OPERATION_TIMEDOUT;
    if (code == CURLE_OPERATION_TIMEDOUT && sent)
        err_set(e, ERR_IO, "Query timeout after %ldms", t->timeout_ms);
    else if (code == CURLE_OPERATION_TIMEDOUT)
        err_set(e, ERR_IO, "Query timeout after %ldms (no connection)",
                t->connect_ms);
    else if (code == CURLE_SEND_FAIL_REWIND || code == CURLE_GOT_NOTHING)
        err_set(e, ERR_IO, "the connection was cut before the answer");
    else if (t->head_too_large)
        err_set(e, ERR_IO, "the answer's header is too large");
    else if (t->too_large)
        err_set(e, ERR_IO, "the answer is larger than %zu bytes",
                t->cfg->max_bytes);
    else
        err_set(e, code == CURLE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_IO, "%s", why);
}

long transfer_end(struct http_transfer *t, CURLcode code)
{
    struct http_outcome outcome = {.answered = t->answered};
    curl_off_t retry_after = 0;
    long bytes = 0;
    long status = 0;
    long wait;

    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &bytes);
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_after);
    /* To libcurl a head that ends in the middle is one without a body. */
    if (code == CURLE_OK && !t->head_whole)
        code = CURLE_GOT_NOTHING;
    /* Which code stands for this one differs by version; all are final. */
    t->head_too_large = head_too_large(t, code);
    if (t->head_too_large)
        code = CURLE_WRITE_ERROR;
    outcome.code = code;
    outcome.sent = bytes > 0;
    outcome.retry_after_s = (long)retry_after;
    t->req->result.status = code == CURLE_OK ? (int)status : 0;
    if (code != CURLE_OK)
        say_failure(t, code, bytes > 0);
    wait = retry_wait(t->req, t->cfg, &outcome);
    transfer_free(t);
    return wait;
}
