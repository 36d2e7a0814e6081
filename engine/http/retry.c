#include "http/retry.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "core/classify.h"

/* How much of the response's body is looked at. */
static size_t body_start(const struct http_request *req)
{
    return req->body.len < 65536 ? req->body.len : 65536;
}

/* True when word stands in that, whatever its case. */
static bool body_has(const struct http_request *req, const char *word)
{
    size_t n = strlen(word);
    size_t len = body_start(req);

    for (size_t i = 0; i + n <= len; i++)
        if (strncasecmp(req->body.data + i, word, n) == 0)
            return true;
    return false;
}

/* A 403 that a gateway made up, not the API. */
static bool from_gateway(const struct http_request *req)
{
    return req->body.len == 0 || body_has(req, "<html") ||
           body_has(req, "403 forbidden") || body_has(req, "cloudflare") ||
           body_has(req, "nginx");
}

static bool retry_status(struct http_request *req)
{
    bool auth = req->options.retry_auth;

    switch (req->result.status) {
    case 429:
        return true;
    case 500:
        /* what is there already stays there */
        if (classify_text(req->body.data ? req->body.data : "",
                          body_start(req)) == ERR_EXISTS)
            return false;
        /* fall through */
    case 502:
    case 503:
    case 504:
        req->result.unclear = true;
        return req->options.idempotent;
    case 401:
        return auth;
    case 403:
        return auth && from_gateway(req);
    default:
        return false;
    }
}

/* What another attempt cannot change. */
static bool permanent(const struct http_outcome *outcome)
{
    switch (outcome->code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
        /* A redirect to one; else the answer did not look like HTTP, as when
         * the one before it was longer than it said. */
        return outcome->answered;
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

/* 0.5 s * 2^n and up to 40 % more, or what the server asked for. */
static long backoff(const struct http_config *cfg, int n, long retry_after_s)
{
    uint32_t dice = 0;
    long base = cfg->backoff_ms;
    long wait = base << (n < 16 ? n : 16);

    if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) != sizeof(dice))
        dice = (uint32_t)(uintptr_t)&dice;
    wait += (long)(dice % (uint32_t)(base * 2 / 5 + 1));
    if (retry_after_s > HTTP_RETRY_AFTER_MAX_MS / 1000)
        return -1;
    return retry_after_s * 1000 > wait ? retry_after_s * 1000 : wait;
}

long retry_wait(struct http_request *req, const struct http_config *cfg,
                const struct http_outcome *outcome)
{
    struct http_result *result = &req->result;
    bool again;

    if (outcome->code == CURLE_OK) {
        again = retry_status(req);
    } else {
        result->unclear = result->unclear || outcome->sent;
        again =
            !permanent(outcome) && (!outcome->sent || req->options.idempotent);
    }
    if (!again || result->attempts > cfg->retries)
        return -1;
    /* A connection kept too long says nothing about the server's health. */
    return outcome->code == CURLE_SEND_FAIL_REWIND
               ? 0
               : backoff(cfg, result->attempts - 1, outcome->retry_after_s);
}
