#include <string.h>
#include <strings.h>

#include "core/err.h"
#include "serve/internal.h"
#include "serve/json_result.h"

/* "/workspaces/NAME" and what follows NAME, or NULL. */
static const char *workspace_of(const char *url, char name[WORKSPACE_MAX])
{
    static const char head[] = "/workspaces/";
    const char *from = url + sizeof(head) - 1;
    size_t n;

    if (strncmp(url, head, sizeof(head) - 1) != 0)
        return NULL;
    n = strcspn(from, "/");
    if (n == 0 || n >= WORKSPACE_MAX)
        return NULL;
    memcpy(name, from, n);
    name[n] = '\0';
    return from + n;
}

enum route router_find(const char *url, char workspace[WORKSPACE_MAX])
{
    static const struct {
        const char *path;
        enum route route;
    } fixed[] = {{"/health", HEALTH},
                 {"/me", ME},
                 {"/organizations", ORGANIZATIONS},
                 {"/workspaces", WORKSPACES}};
    const char *rest;

    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        if (strcmp(url, fixed[i].path) == 0)
            return fixed[i].route;
    rest = workspace_of(url, workspace);
    if (rest && strcmp(rest, "/tables/query") == 0)
        return QUERY;
    return rest && strcmp(rest, "/tables") == 0 ? TABLES : LOST;
}

static const char *header(const struct request *r, const char *name)
{
    return MHD_lookup_connection_value(r->http, MHD_HEADER_KIND, name);
}

static int deny(struct request *r, int status, const char *text)
{
    r->denied = text;
    return status;
}

int router_authorize(struct request *r)
{
    const char *bearer = header(r, "Authorization");
    const char *org = header(r, "X-Activeloop-Org-Id");

    r->token = NULL;
    if (r->wrong_method)
        return deny(r, 405, "method not allowed");
    if (r->route == LOST)
        return deny(r, 404, "not found");
    if (r->route == HEALTH)
        return 0;
    if (!r->tokens)
        return deny(r, 503, "the list of tokens cannot be read");
    if (!bearer || strncasecmp(bearer, "Bearer ", 7) != 0)
        return deny(r, 401, "a bearer token is needed");
    r->token = token_list_find(r->tokens, bearer + 7);
    if (!r->token)
        return deny(r, 401, "the token is not valid");
    if (r->route == ME || r->route == ORGANIZATIONS)
        return 0;
    if (!org || strcmp(org, r->token->org) != 0)
        return deny(r, 403, "the token is not of that organization");
    if (r->route != WORKSPACES && !token_allows(r->token, r->workspace))
        return deny(r, 403, "the token is not for that workspace");
    return 0;
}

/* {"id":...,"name":...} */
static bool pair(struct buf *out, const char *id, const char *name,
                 struct err *e)
{
    return buf_adds(out, "{\"id\":", e) && json_text(out, id, strlen(id), e) &&
           buf_adds(out, ",\"name\":", e) &&
           json_text(out, name, strlen(name), e) && buf_adds(out, "}", e);
}

static bool workspaces(struct buf *out, char **names, struct err *e)
{
    bool ok = buf_adds(out, "{\"data\":[", e);

    for (size_t i = 0; ok && names[i]; i++)
        ok = (i == 0 || buf_adds(out, ",", e)) &&
             pair(out, names[i], names[i], e);
    return ok && buf_adds(out, "]}", e);
}

bool router_document(struct request *r)
{
    const struct token *g = r->token;
    struct err e;

    switch (r->route) {
    case HEALTH:
        return buf_adds(&r->out, "{\"status\":\"ok\"}", &e);
    case ME:
        return pair(&r->out, g->id, g->name, &e);
    case ORGANIZATIONS:
        return buf_adds(&r->out, "[", &e) &&
               pair(&r->out, g->org, g->org_name, &e) &&
               buf_adds(&r->out, "]", &e);
    case WORKSPACES:
        return workspaces(&r->out, g->workspaces, &e);
    default:
        return false;
    }
}
