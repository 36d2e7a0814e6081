#include "serve/router.h"

#include <string.h>
#include <strings.h>

#include "core/buf.h"
#include "core/err.h"
#include "serve/response.h"

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

static enum resource find_resource(const char *url,
                                   char workspace[WORKSPACE_MAX])
{
    static const struct {
        const char *path;
        enum resource resource;
    } fixed[] = {{"/health", RESOURCE_HEALTH},
                 {"/me", RESOURCE_ME},
                 {"/organizations", RESOURCE_ORGANIZATIONS},
                 {"/workspaces", RESOURCE_WORKSPACES}};
    const char *rest;

    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        if (strcmp(url, fixed[i].path) == 0)
            return fixed[i].resource;
    rest = workspace_of(url, workspace);
    if (rest && strcmp(rest, "/tables/query") == 0)
        return RESOURCE_QUERY;
    return rest && strcmp(rest, "/tables") == 0 ? RESOURCE_TABLES
                                                : RESOURCE_UNKNOWN;
}

struct route router_find(const char *method, const char *url)
{
    struct route route = {.wrong_method = false};
    bool post;

    route.resource = find_resource(url, route.workspace);
    post = route.resource == RESOURCE_QUERY;
    route.wrong_method = strcmp(method, post ? "POST" : "GET") != 0;
    return route;
}

static struct access deny(int status, const char *code, const char *text)
{
    return (struct access){.status = status, .code = code, .text = text};
}

static struct access authorize_token(const struct route *route,
                                     const struct token *token, const char *org)
{
    struct access granted = {.token = token};
    struct access denied;

    if (route->resource == RESOURCE_ME ||
        route->resource == RESOURCE_ORGANIZATIONS)
        return granted;
    if (!org || strcmp(org, token->org) != 0)
        denied = deny(403, "28000", "the token is not of that organization");
    else if (route->resource != RESOURCE_WORKSPACES &&
             !token_allows(token, route->workspace))
        denied = deny(403, "28000", "the token is not for that workspace");
    else
        return granted;
    denied.token = token;
    return denied;
}

struct access router_authorize(const struct route *route,
                               const struct token_list *list,
                               const char *bearer, const char *org)
{
    const struct token *token;

    if (route->wrong_method)
        return deny(405, "0A000", "method not allowed");
    if (route->resource == RESOURCE_UNKNOWN)
        return deny(404, "0A000", "not found");
    if (route->resource == RESOURCE_HEALTH)
        return (struct access){.status = 0};
    if (!list)
        return deny(503, "57P03", "the list of tokens cannot be read");
    if (!bearer || strncasecmp(bearer, "Bearer ", 7) != 0)
        return deny(401, "28000", "a bearer token is needed");
    token = token_list_find(list, bearer + 7);
    if (!token)
        return deny(401, "28000", "the token is not valid");
    return authorize_token(route, token, org);
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

bool router_document(const struct route *route, const struct token *token,
                     struct buf *out, struct err *e)
{
    switch (route->resource) {
    case RESOURCE_HEALTH:
        return buf_adds(out, "{\"status\":\"ok\"}", e);
    case RESOURCE_ME:
        return pair(out, token->id, token->name, e);
    case RESOURCE_ORGANIZATIONS:
        return buf_adds(out, "[", e) &&
               pair(out, token->org, token->org_name, e) &&
               buf_adds(out, "]", e);
    case RESOURCE_WORKSPACES:
        return workspaces(out, token->workspaces, e);
    default:
        return err_set(e, ERR_ARG, "that resource is in the database");
    }
}
