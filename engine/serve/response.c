#include "serve/response.h"

#include <stdio.h>

#include "serve/json_result.h"

void response_error(struct response *r, int status, const char *code,
                    const char *text)
{
    r->status = status;
    json_error(&r->body, code, text);
}

/* One line, whatever the client put into its path. */
void response_log(const struct response *r, const char *line, const char *token,
                  int64_t ms)
{
    char text[512];
    int n = snprintf(text, sizeof(text), "propolis serve: %d %s %s %lld ms",
                     r->status, line ? line : "?", token ? token : "-",
                     (long long)ms);

    if (r->status >= 400 && n > 0 && (size_t)n < sizeof(text))
        snprintf(text + n, sizeof(text) - (size_t)n, " %s",
                 r->body.data ? r->body.data : "");
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    fprintf(stderr, "%s\n", text);
}

enum MHD_Result response_queue(struct response *r, struct MHD_Connection *http,
                               bool last)
{
    struct MHD_Response *m = MHD_create_response_from_buffer(
        r->body.len, r->body.data ? r->body.data : (char *)"",
        r->body.data ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    enum MHD_Result ok;

    if (!m)
        return MHD_NO;
    r->body = (struct buf){0};
    MHD_add_response_header(m, "Content-Type", "application/json");
    if (r->status == 401)
        MHD_add_response_header(m, "WWW-Authenticate", "Bearer");
    if (r->status == 429 || r->status == 503)
        MHD_add_response_header(m, "Retry-After", "1");
    if (last)
        MHD_add_response_header(m, "Connection", "close");
    ok = MHD_queue_response(http, (unsigned)r->status, m);
    MHD_destroy_response(m);
    return ok;
}
