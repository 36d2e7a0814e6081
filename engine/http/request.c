#include <ctype.h>
#include <string.h>

#include "http/transfer.h"

bool http_token(const char *word)
{
    for (const char *p = word; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("!#$%&'*+-.^_`|~", *p))
            return false;
    return *word != '\0';
}

bool http_add_line(struct http_request *c, const char *line, struct err *e)
{
    struct curl_slist *more = curl_slist_append(c->headers, line);

    if (!more)
        return err_set(e, ERR_NOMEM, "out of memory");
    c->headers = more;
    return true;
}

bool http_request_header(struct http_request *c, const char *name,
                         const char *value, struct err *e)
{
    struct buf line = {0};
    bool ok;

    if (!http_token(name))
        return err_set(e, ERR_ARG, "that is no name of a header");
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p < ' ' && *p != '\t')
            return err_set(e, ERR_ARG, "a control character in header %s",
                           name);
    /* libcurl writes an empty header only when it ends in a semicolon. */
    ok = buf_adds(&line, name, e) && buf_adds(&line, *value ? ": " : ";", e) &&
         buf_adds(&line, value, e) && http_add_line(c, line.data, e);
    buf_free(&line);
    return ok;
}

bool http_request_done(const struct http_request *c)
{
    return c->state == HTTP_REQUEST_DONE;
}

const struct http_result *http_request_result(const struct http_request *c)
{
    return &c->result;
}

const struct buf *http_response_body(const struct http_request *c)
{
    return &c->body;
}

/* A line of the answer's head without its end; NULL after the last. */
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

bool http_response_next_header(const struct http_request *c, size_t *pos,
                               struct http_response_header *out)
{
    const char *line;
    size_t len;

    while ((line = next_line(&c->head, pos, &len)) != NULL) {
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
