#include "http/transfer.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#define HEAD_MAX ((size_t)256 << 10)

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct http_request *c = arg;
    struct err ignored;

    n *= size;
    if (n > c->cfg->max_bytes - c->body.len ||
        !buf_add(&c->body, bytes, n, &ignored)) {
        c->too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    return n;
}

/* Keeps the lines of the last answer only: a redirect or a 100 came before. */
static size_t on_head(char *bytes, size_t size, size_t n, void *arg)
{
    struct http_request *c = arg;
    struct err ignored;

    n *= size;
    if (n > 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        buf_clear(&c->head);
        c->answered = true;
        c->head_whole = false;
        return n;
    }
    if (n <= 2 && (bytes[0] == '\r' || bytes[0] == '\n'))
        c->head_whole = true;
    if (c->head.len + n > HEAD_MAX || !buf_add(&c->head, bytes, n, &ignored)) {
        c->too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    return n;
}

static size_t on_send(char *room, size_t size, size_t n, void *arg)
{
    struct http_request *c = arg;
    size_t left = c->req.len - c->sent;

    n *= size;
    if (n > left)
        n = left;
    if (n > 0)
        memcpy(room, c->req.body + c->sent, n);
    c->sent += n;
    return n;
}

/* libcurl rewinds to follow a redirect, but also to send the request again by
 * itself when a kept connection breaks before the answer.  The second is not
 * its to decide: the body may have been acted on. */
static int on_rewind(void *arg, curl_off_t offset, int origin)
{
    struct http_request *c = arg;

    if (!c->answered || origin != SEEK_SET || offset < 0 ||
        (size_t)offset > c->req.len)
        return CURL_SEEKFUNC_FAIL;
    c->sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static void set_limits(CURL *easy, const struct http_request *c)
{
    const struct http_config *cfg = c->cfg;
    long timeout = c->req.timeout_ms ? c->req.timeout_ms : cfg->timeout_ms;
    long connect = cfg->connect_ms < timeout ? cfg->connect_ms : timeout;

    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, c->req.follow ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(easy, CURLOPT_UNRESTRICTED_AUTH, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

/* The options that libcurl copies, and so may fail to take. */
static bool set_texts(CURL *easy, const struct http_request *c)
{
    const struct http_config *cfg = c->cfg;
    bool get = strcmp(c->method, "GET") == 0 && c->req.body == NULL;
    bool plain =
        get || strcmp(c->method, "POST") == 0 || strcmp(c->method, "HEAD") == 0;

    return curl_easy_setopt(easy, CURLOPT_URL, c->url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                            plain ? NULL : c->method) == CURLE_OK &&
           (!cfg->ca_file[0] ||
            curl_easy_setopt(easy, CURLOPT_CAINFO, cfg->ca_file) == CURLE_OK) &&
           (!cfg->user_agent[0] ||
            curl_easy_setopt(easy, CURLOPT_USERAGENT, cfg->user_agent) ==
                CURLE_OK);
}

static void set_method(CURL *easy, struct http_request *c)
{
    if (strcmp(c->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (c->req.body || strcmp(c->method, "POST") == 0)
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
    else
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->req.len);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(easy, CURLOPT_READDATA, c);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_rewind);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, c);
    /* Without a body nothing is rewound, so on_rewind is not asked. */
    if (!c->req.idempotent && c->req.len == 0)
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
}

bool transfer_open(struct http_request *c, struct err *e)
{
    CURL *easy = curl_easy_init();

    if (!easy || !set_texts(easy, c)) {
        curl_easy_cleanup(easy);
        return err_set(e, ERR_NOMEM, "out of memory");
    }
    buf_clear(&c->head);
    buf_clear(&c->body);
    c->sent = 0;
    c->too_large = false;
    c->answered = false;
    c->head_whole = false;
    c->curl_error[0] = '\0';
    set_limits(easy, c);
    set_method(easy, c);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, c->headers);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, c->curl_error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, c);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, c);
    c->easy = easy;
    c->result.attempts++;
    return true;
}

/* True when word stands in the answer's first 64 KiB, whatever its case. */
static bool body_has(const struct http_request *c, const char *word)
{
    size_t n = strlen(word);
    size_t len = c->body.len < 65536 ? c->body.len : 65536;

    for (size_t i = 0; i + n <= len; i++)
        if (strncasecmp(c->body.data + i, word, n) == 0)
            return true;
    return false;
}

static bool says_duplicate(const struct http_request *c)
{
    return body_has(c, "duplicate key value violates unique constraint") ||
           body_has(c, "pg_class_relname_nsp_index") ||
           body_has(c, "already exists");
}

/* A 403 that a gateway made up, not the API. */
static bool from_gateway(const struct http_request *c)
{
    return c->body.len == 0 || body_has(c, "<html") ||
           body_has(c, "403 forbidden") || body_has(c, "cloudflare") ||
           body_has(c, "nginx");
}

static bool retry_status(struct http_request *c)
{
    bool auth = c->req.retry_auth;

    switch (c->result.status) {
    case 429:
        return true;
    case 500:
        if (says_duplicate(c))
            return false;
        /* fall through */
    case 502:
    case 503:
    case 504:
        c->result.unclear = true;
        return c->req.idempotent;
    case 401:
        return auth;
    case 403:
        return auth && from_gateway(c);
    default:
        return false;
    }
}

/* What trying again cannot mend. */
static bool permanent(const struct http_request *c, CURLcode code)
{
    switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
        /* A redirect to one; else the answer did not look like HTTP, as when
         * the one before it was longer than it said. */
        return c->answered;
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_WRITE_ERROR:
    case CURLE_OUT_OF_MEMORY:
        return true;
    default:
        return false;
    }
}

static void say_failure(struct http_request *c, CURLcode code, bool sent)
{
    struct err *e = &c->result.err;
    long timeout = c->req.timeout_ms ? c->req.timeout_ms : c->cfg->timeout_ms;
    const char *why =
        c->curl_error[0] ? c->curl_error : curl_easy_strerror(code);

    if (code == CURLE_OPERATION_TIMEDOUT && sent)
        err_set(e, ERR_IO, "Query timeout after %ldms", timeout);
    else if (code == CURLE_OPERATION_TIMEDOUT)
        err_set(e, ERR_IO, "Query timeout after %ldms (no connection)",
                c->cfg->connect_ms < timeout ? c->cfg->connect_ms : timeout);
    else if (code == CURLE_SEND_FAIL_REWIND || code == CURLE_GOT_NOTHING)
        err_set(e, ERR_IO, "the connection was cut before the answer");
    else if (c->too_large)
        err_set(e, ERR_IO, "the answer is larger than %zu bytes",
                c->cfg->max_bytes);
    else
        err_set(e, code == CURLE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_IO, "%s", why);
}

/* 0.5 s * 2^n and up to 40 % more, or what the server asked for. */
static long backoff(const struct http_request *c, curl_off_t retry_after)
{
    uint32_t dice = 0;
    int n = c->result.attempts - 1;
    long wait = c->cfg->backoff_ms << (n < 16 ? n : 16);

    if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) != sizeof(dice))
        dice = (uint32_t)(uintptr_t)&dice;
    wait += (long)(dice % (uint32_t)(c->cfg->backoff_ms * 2 / 5 + 1));
    if (retry_after > HTTP_RETRY_AFTER_MAX_MS / 1000)
        return -1;
    return retry_after * 1000 > wait ? (long)retry_after * 1000 : wait;
}

long transfer_end(struct http_request *c, CURLcode code)
{
    struct http_result *r = &c->result;
    curl_off_t retry_after = 0;
    long bytes = 0;
    long status = 0;
    bool again;

    curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &bytes);
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &retry_after);
    /* To libcurl a head that ends in the middle is one without a body. */
    if (code == CURLE_OK && !c->head_whole)
        code = CURLE_GOT_NOTHING;
    r->status = code == CURLE_OK ? (int)status : 0;
    if (code == CURLE_OK) {
        again = retry_status(c);
    } else {
        say_failure(c, code, bytes > 0);
        r->unclear = r->unclear || bytes > 0;
        again = !permanent(c, code) && (bytes == 0 || c->req.idempotent);
    }
    curl_easy_cleanup(c->easy);
    c->easy = NULL;
    if (!again || r->attempts > c->cfg->retries)
        return -1;
    /* A connection kept too long says nothing about the server's health. */
    return code == CURLE_SEND_FAIL_REWIND ? 0 : backoff(c, retry_after);
}
