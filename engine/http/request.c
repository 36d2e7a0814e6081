#include "http/request.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct http_request *http_request_new(void)
{
    return calloc(1, sizeof(struct http_request));
}

void http_request_finish(struct http_request *req, const struct err *e)
{
    if (req->cancel)
        req->cancel(req);
    req->state = HTTP_REQUEST_DONE;
    if (e) {
        req->result.status = 0;
        req->result.err = *e;
    }
    req->result.err.unclear = req->result.unclear;
}

void http_request_free(struct http_request *req)
{
    if (!req)
        return;
    if (req->cancel)
        req->cancel(req);
    curl_slist_free_all(req->headers);
    free(req->url);
    buf_free(&req->head);
    buf_free(&req->body);
    free(req);
}

/* What RFC 9110 calls a token. */
static bool is_token(const char *word)
{
    for (const char *p = word; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("!#$%&'*+-.^_`|~", *p))
            return false;
    return *word != '\0';
}

static bool add_line(struct http_request *req, const char *line, struct err *e)
{
    struct curl_slist *more = curl_slist_append(req->headers, line);

    if (!more)
        return err_set(e, ERR_NOMEM, "out of memory");
    req->headers = more;
    return true;
}

bool http_request_header(struct http_request *req, const char *name,
                         const char *value, struct err *e)
{
    struct buf line = {0};
    bool ok;

    if (!is_token(name))
        return err_set(e, ERR_ARG, "that is no name of a header");
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p < ' ' && *p != '\t')
            return err_set(e, ERR_ARG, "a control character in header %s",
                           name);
    /* libcurl writes an empty header only when it ends in a semicolon. */
    ok = buf_adds(&line, name, e) && buf_adds(&line, *value ? ": " : ";", e) &&
         buf_adds(&line, value, e) && add_line(req, line.data, e);
    buf_free(&line);
    return ok;
}

bool http_request_set(struct http_request *req,
                      const struct http_request_options *options, struct err *e)
{
    if (strncasecmp(options->url, "http://", 7) != 0 &&
        strncasecmp(options->url, "https://", 8) != 0)
        return err_set(e, ERR_ARG, "a URL starts with http:// or https://");
    if (!is_token(options->method) ||
        strlen(options->method) >= sizeof(req->method))
        return err_set(e, ERR_ARG, "that is no HTTP method");
    if (!add_line(req, "Expect:", e))
        return false;
    req->url = strdup(options->url);
    if (!req->url)
        return err_set(e, ERR_NOMEM, "out of memory");
    memcpy(req->method, options->method, strlen(options->method) + 1);
    req->options = *options;
    req->options.method = req->method;
    req->options.url = req->url;
    return true;
}

/* A line of the response's head without its end; NULL after the last. */
static const char *next_line(const struct buf *head, size_t *pos, size_t *len)
{
    const char *line = head->data + *pos;
    const char *end;

    if (*pos >= head->len)
        return NULL;
    end = memchr(line, '\n', head->len - *pos);
    *len = end ? (size_t)(end - line) : head->len - *pos;
    *pos += *len + 1;
    while (*len > 0 && isspace((unsigned char)line[*len - 1]))
        --*len;
    return line;
}

bool http_response_next_header(const struct http_request *req, size_t *pos,
                               struct http_response_header *out)
{
    const char *line;
    size_t len;

    while ((line = next_line(&req->head, pos, &len)) != NULL) {
        const char *colon = memchr(line, ':', len);

        if (!colon)
            continue;
        out->name = line;
        out->name_len = (size_t)(colon - line);
        for (colon++; colon < line + len && isspace((unsigned char)*colon);)
            colon++;
        out->value = colon;
        out->value_len = (size_t)(line + len - colon);
        return true;
    }
    return false;
}
