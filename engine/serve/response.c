#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "os/clock.h"
#include "serve/internal.h"
#include "serve/json_result.h"

/* One line, whatever the client put into its path. */
static void report(const struct request *r)
{
    char line[512];
    int n = snprintf(line, sizeof(line), "propolis serve: %d %s %s %lld ms",
                     r->status, r->line ? r->line : "?",
                     r->token ? r->token->id : "-",
                     (long long)(clock_ms() - r->started));

    if (r->status >= 400 && n > 0 && (size_t)n < sizeof(line))
        snprintf(line + n, sizeof(line) - (size_t)n, " %s",
                 r->out.data ? r->out.data : "");
    for (char *p = line; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    fprintf(stderr, "%s\n", line);
}

void response_ready(struct request *r)
{
    r->answered = true;
    if (r->status == 0)
        r->status = 200;
    if (r->status >= 500 || r->loop->server->o.verbose)
        report(r);
    if (r->suspended) {
        r->suspended = false;
        r->loop->resumed = true;
        MHD_resume_connection(r->http);
    }
}

void response_fail(struct request *r, int status, const char *code,
                   const char *text)
{
    r->status = status;
    json_error(&r->out, code, text);
    response_ready(r);
}

enum MHD_Result response_send(struct request *r)
{
    struct MHD_Response *m = MHD_create_response_from_buffer(
        r->out.len, r->out.data ? r->out.data : (char *)"",
        r->out.data ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    enum MHD_Result ok;

    if (!m)
        return MHD_NO;
    r->out = (struct buf){0};
    MHD_add_response_header(m, "Content-Type", "application/json");
    if (r->status == 401)
        MHD_add_response_header(m, "WWW-Authenticate", "Bearer");
    if (r->status == 429 || r->status == 503)
        MHD_add_response_header(m, "Retry-After", "1");
    if (atomic_load(&r->loop->server->stopping))
        MHD_add_response_header(m, "Connection", "close");
    ok = MHD_queue_response(r->http, (unsigned)r->status, m);
    MHD_destroy_response(m);
    if (r->client)
        client_connection_start_timeout(r->loop, r->client);
    return ok;
}
