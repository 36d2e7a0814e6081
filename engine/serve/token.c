#include "serve/token.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "core/err.h"

struct token_list {
    atomic_size_t references;
    size_t n;
    size_t room;
    struct token tokens[];
};

static void to_hex(const unsigned char *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

/* HMAC with the salt as key: a salted hash that cannot be extended. */
static bool digest(const char *key, const char *text, size_t len,
                   char out[TOKEN_HASH + 1])
{
    unsigned char sum[32];
    bool ok = gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, strlen(key), text, len,
                               sum) == 0;

    to_hex(sum, ok ? sizeof(sum) : 0, out);
    return ok;
}

struct token_list *token_list_new(size_t room)
{
    struct token_list *list =
        calloc(1, sizeof(*list) + room * sizeof(list->tokens[0]));

    if (list) {
        atomic_init(&list->references, 1);
        list->room = room;
    }
    return list;
}

static void free_names(char **names)
{
    for (char **w = names; w && *w; w++)
        free(*w);
    free(names);
}

static char **copy_names(char *const *from)
{
    size_t n = 0;
    char **to;

    while (from[n])
        n++;
    to = calloc(n + 1, sizeof(*to));
    for (size_t i = 0; to && i < n; i++)
        if (!(to[i] = strdup(from[i]))) {
            free_names(to);
            return NULL;
        }
    return to;
}

bool token_list_add(struct token_list *list, const struct token *from,
                    struct err *e)
{
    struct token *to = &list->tokens[list->n];

    if (list->n == list->room)
        return err_set(e, ERR_ARG, "more tokens than said");
    *to = *from;
    to->name = strdup(from->name);
    to->org = strdup(from->org);
    to->org_name = strdup(from->org_name);
    to->workspaces = copy_names(from->workspaces);
    list->n++;
    if (!to->name || !to->org || !to->org_name || !to->workspaces)
        return err_set(e, ERR_NOMEM, "out of memory");
    return true;
}

struct token_list *token_list_ref(struct token_list *list)
{
    if (list)
        atomic_fetch_add(&list->references, 1);
    return list;
}

void token_list_unref(struct token_list *list)
{
    if (!list || atomic_fetch_sub(&list->references, 1) > 1)
        return;
    for (size_t i = 0; i < list->n; i++) {
        struct token *one = &list->tokens[i];

        free_names(one->workspaces);
        free(one->name);
        free(one->org);
        free(one->org_name);
    }
    free(list);
}

const struct token *token_list_find(const struct token_list *list,
                                    const char *token)
{
    char hash[TOKEN_HASH + 1];

    if (strlen(token) != TOKEN_TEXT || strncmp(token, "pls_", 4) != 0)
        return NULL;
    for (size_t i = 0; i < list->n; i++) {
        const struct token *one = &list->tokens[i];

        if (memcmp(one->id, token + 4, TOKEN_ID) != 0)
            continue;
        if (digest(one->salt, token, TOKEN_TEXT, hash) &&
            gnutls_memcmp(hash, one->hash, TOKEN_HASH) == 0)
            return one;
    }
    return NULL;
}

bool token_allows(const struct token *token, const char *workspace)
{
    for (char **w = token->workspaces; *w; w++)
        if (strcmp(*w, workspace) == 0)
            return true;
    return false;
}

bool token_new(struct token *out, char token[TOKEN_TEXT + 1], struct err *e)
{
    unsigned char random[32 + TOKEN_SALT / 2 + TOKEN_ID / 2];
    char secret[65];

    if (gnutls_rnd(GNUTLS_RND_KEY, random, sizeof(random)) != 0)
        return err_set(e, ERR_IO, "no random bytes from the system");
    to_hex(random, 32, secret);
    to_hex(random + 32, TOKEN_SALT / 2, out->salt);
    to_hex(random + 32 + TOKEN_SALT / 2, TOKEN_ID / 2, out->id);
    snprintf(token, TOKEN_TEXT + 1, "pls_%s_%s", out->id, secret);
    if (!digest(out->salt, token, TOKEN_TEXT, out->hash))
        return err_set(e, ERR_IO, "SHA-256 is not to be had");
    return true;
}

bool token_derive(const char *secret, const char *a, const char *b,
                  char out[TOKEN_HASH + 1])
{
    char text[256];
    int n = snprintf(text, sizeof(text), "%s%c%s", a, 0, b);

    return n > 0 && (size_t)n < sizeof(text) &&
           digest(secret, text, (size_t)n, out);
}

bool workspace_name_ok(const char *name)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    size_t n = strlen(name);

    return n > 0 && n < 64 && strspn(name, set) == n && *name != '.' &&
           *name != '-' && strncasecmp(name, "pg_", 3) != 0 &&
           strcasecmp(name, "information_schema") != 0 &&
           strcasecmp(name, "public") != 0;
}

static void look(const char *path, struct file_version *v)
{
    struct stat st;

    memset(v, 0, sizeof(*v));
    if (stat(path, &st) != 0)
        return;
    v->ino = st.st_ino;
    v->size = st.st_size;
    v->sec = st.st_mtim.tv_sec;
    v->nsec = st.st_mtim.tv_nsec;
}

void token_file_init(struct token_file *f, const char *path)
{
    memset(f, 0, sizeof(*f));
    f->path = path;
    f->version.ino = UINT64_MAX; /* no version: requests wait for the first */
    atomic_init(&f->generation, 0);
    pthread_mutex_init(&f->lock, NULL);
}

void token_file_free(struct token_file *f)
{
    token_list_unref(f->list);
    pthread_mutex_destroy(&f->lock);
}

bool token_file_look(struct token_file *f)
{
    look(f->path, &f->seen);
    return memcmp(&f->seen, &f->version, sizeof(f->seen)) != 0;
}

void token_file_set(struct token_file *f, struct token_list *list)
{
    pthread_mutex_lock(&f->lock);
    token_list_unref(f->list);
    f->list = list;
    f->version = f->seen;
    atomic_fetch_add(&f->generation, 1);
    pthread_mutex_unlock(&f->lock);
}

bool token_view_renew(struct token_view *view, struct token_file *f)
{
    if (view->generation == atomic_load(&f->generation))
        return false;
    pthread_mutex_lock(&f->lock);
    token_list_unref(view->list);
    view->list = token_list_ref(f->list);
    view->version = f->version;
    view->generation = atomic_load(&f->generation);
    pthread_mutex_unlock(&f->lock);
    return true;
}

bool token_view_stale(const struct token_view *view, const struct token_file *f)
{
    struct file_version now;

    look(f->path, &now);
    return memcmp(&now, &view->version, sizeof(now)) != 0;
}
