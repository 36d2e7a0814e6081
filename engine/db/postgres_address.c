#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/dialect.h"
#include "core/err.h"
#include "core/sql.h"
#include "db/postgres.h"
#include "db/postgres_connection.h"

#define CONNECT_TIMEOUT 10

static const char *url_option(const struct pg_address *a, const char *keyword)
{
    for (const PQconninfoOption *o = a->given; o && o->keyword; o++)
        if (strcmp(o->keyword, keyword) == 0)
            return o->val;
    return NULL;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes n bytes in place; false at a broken or NUL escape. */
static bool decode(char *text, size_t n)
{
    size_t out = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] == '%') {
            int hi = i + 2 < n ? hex(text[i + 1]) : -1;
            int lo = hi < 0 ? -1 : hex(text[i + 2]);

            if (lo < 0 || (hi == 0 && lo == 0))
                return false;
            text[out++] = (char)(hi << 4 | lo);
            i += 2;
        } else {
            text[out++] = text[i];
        }
    }
    text[out] = '\0';
    return true;
}

/* Cuts "workspace=NAME" out of url's query, for libpq knows no such word, and
 * keeps the first one in *found. */
static bool take_workspace(char *url, char **found)
{
    static const char word[] = "workspace=";
    char *at = strchr(url, '?');
    bool ok = true;

    while (ok && at && *at) {
        char *part = at + 1;
        size_t n = strcspn(part, "&");

        if (strncmp(part, word, sizeof(word) - 1) != 0) {
            at = part[n] ? part + n : NULL;
            continue;
        }
        if (!*found) {
            *found = strndup(part + sizeof(word) - 1, n - sizeof(word) + 1);
            ok = *found && decode(*found, strlen(*found));
        }
        if (part[n])
            memmove(part, part + n + 1, strlen(part + n + 1) + 1);
        else
            *at = '\0';
    }
    return ok;
}

/* A server option: every byte that might be special to the server's splitter
 * (spaces of any locale, backslashes) is escaped.  "-c name=" would be the same
 * to PostgreSQL; but a PgBouncer that ignores options takes some of those and
 * drops the others without a word, while this spelling it refuses. */
static bool add_option(struct buf *b, const char *name, const char *value,
                       struct err *e)
{
    bool ok = buf_addf(b, e, " --%s=", name);

    for (const char *p = value; ok && *p; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || *p == '_';

        ok = (plain || buf_adds(b, "\\", e)) && buf_add(b, p, 1, e);
    }
    return ok;
}

/* The name as the server will show it. */
static void set_name(struct pg_address *a)
{
    const char *own = url_option(a, "application_name");

    snprintf(a->name, sizeof(a->name), "%s", own && *own ? own : "propolis");
    for (char *p = a->name; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
}

/* What every session must have, set as the connection is made, for a statement
 * of its own would cost a round trip; and the same as a statement. */
static bool set_options(struct pg_address *a, struct err *e)
{
    struct buf path = {0};
    struct buf options = {0};
    struct buf settings = {0};
    const char *own = url_option(a, "options");
    bool ok;

    if (!own)
        own = getenv("PGOPTIONS");
    a->own_options = own && *own;
    set_name(a);
    ok = sql_quoted(&path, a->workspace, e) &&
         buf_adds(&options, own ? own : "", e) &&
         add_option(&options, "application_name", a->name, e) &&
         add_option(&options, "search_path", path.data, e) &&
         buf_adds(&options, " --standard_conforming_strings=on --datestyle=ISO",
                  e) &&
         buf_adds(&settings,
                  "SELECT set_config('standard_conforming_strings', 'on', true)"
                  ", set_config('datestyle', 'ISO', true)"
                  ", set_config('search_path', ",
                  e) &&
         sql_text(&settings, &dialect_postgres, path.data, path.len, e) &&
         buf_adds(&settings, ", true)", e);
    buf_free(&path);
    a->options = options.data;
    a->settings = settings.data;
    return ok;
}

static int pick_timeout(const struct pg_address *a,
                        const struct postgres_options *o)
{
    const char *text = url_option(a, "connect_timeout");
    long n = o->connect_timeout;

    if (n <= 0)
        n = text ? strtol(text, NULL, 10) : 0;
    return n > 0 && n < 86400 ? (int)n : CONNECT_TIMEOUT;
}

bool pg_address_set(struct pg_address *a, const char *url,
                    const struct postgres_options *o, struct err *e)
{
    char *copy = strdup(url);
    bool uri = strncmp(url, "postgres://", 11) == 0 ||
               strncmp(url, "postgresql://", 13) == 0;
    bool ok;

    if (!copy)
        return err_set(e, ERR_NOMEM, "out of memory");
    ok = !uri || take_workspace(copy, &a->workspace);

    /* libpq's own words would repeat parts of the URL, the password's too */
    if (ok)
        a->given = PQconninfoParse(copy, NULL);
    free(copy);
    if (!a->given)
        return err_set(e, ERR_ARG,
                       "the address of the PostgreSQL store cannot be read: "
                       "write postgres://user:password@host:port/database, "
                       "special characters in it as %%XX");
    if (o->workspace || !a->workspace) {
        free(a->workspace);
        a->workspace = strdup(o->workspace ? o->workspace : "public");
    }
    if (!a->workspace)
        return err_set(e, ERR_NOMEM, "out of memory");
    a->timeout = pick_timeout(a, o);
    a->statement_ms = o->timeout_ms;
    return set_options(a, e);
}

void pg_address_free(struct pg_address *a)
{
    PQconninfoFree(a->given);
    free(a->workspace);
    free(a->options);
    free(a->settings);
    *a = (struct pg_address){0};
}
