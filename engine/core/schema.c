#include "core/schema.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/err.h"
#include "core/utf8.h"

static const char *const type_names[] = {
    [COL_TEXT] = "text",
    [COL_BIGINT] = "bigint",
    [COL_JSONB] = "jsonb",
    [COL_FLOAT4_ARRAY] = "float4[]",
};

const char *column_type_name(enum column_type t)
{
    return type_names[t];
}

int column_type_from(const char *word)
{
    for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++)
        if (strcmp(type_names[i], word) == 0)
            return (int)i;
    return -1;
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool name_ok(const char *name)
{
    size_t n = strlen(name);

    if (n == 0 || n > NAME_MAX_LEN || !letter(name[0]))
        return false;
    for (size_t i = 1; i < n; i++)
        if (!letter(name[i]) && !(name[i] >= '0' && name[i] <= '9'))
            return false;
    return true;
}

static bool refuse_name(const char *what, const char *name, struct err *e)
{
    return err_set(e, ERR_SCHEMA,
                   "%s name '%.80s' is not valid: use letters, digits and _, "
                   "at most %d, not starting with a digit",
                   what, name, NAME_MAX_LEN);
}

struct schema *schema_new(const char *table, struct err *e)
{
    struct schema *s;

    if (!name_ok(table)) {
        refuse_name("table", table, e);
        return NULL;
    }
    s = calloc(1, sizeof(*s));
    if (s)
        s->table = strdup(table);
    if (!s || !s->table) {
        free(s);
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    return s;
}

void schema_free(struct schema *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->ncols; i++) {
        free(s->cols[i].name);
        free(s->cols[i].default_text);
    }
    for (size_t i = 0; i < s->nindexes; i++)
        free(s->indexes[i].cols);
    free(s->cols);
    free(s->indexes);
    free(s->table);
    free(s);
}

int schema_find(const struct schema *s, const char *name, size_t len)
{
    for (size_t i = 0; i < s->ncols; i++)
        if (strlen(s->cols[i].name) == len &&
            strncasecmp(s->cols[i].name, name, len) == 0)
            return (int)i;
    return -1;
}

static bool check_column(const struct schema *s, const struct column *c,
                         struct err *e)
{
    bool text = c->type == COL_TEXT || c->type == COL_JSONB;

    if (!name_ok(c->name))
        return refuse_name("column", c->name, e);
    if (schema_find(s, c->name, strlen(c->name)) >= 0)
        return err_set(e, ERR_SCHEMA, "column '%s' is there twice", c->name);
    if (c->not_null && !c->has_default)
        return err_set(e, ERR_SCHEMA,
                       "column '%s' is NOT NULL without a default: rows that "
                       "are there already could not get a value",
                       c->name);
    if (c->has_default && c->type == COL_FLOAT4_ARRAY)
        return err_set(e, ERR_SCHEMA,
                       "column '%s': a float4[] column takes no default",
                       c->name);
    if (c->has_default && text != (c->default_text != NULL))
        return err_set(e, ERR_SCHEMA,
                       "column '%s': the default is no constant of type %s",
                       c->name, column_type_name(c->type));
    if (c->default_text &&
        c->default_text[utf8_check(c->default_text, strlen(c->default_text))])
        return err_set(e, ERR_SCHEMA,
                       "column '%s': the default is no valid UTF-8", c->name);
    return true;
}

bool schema_add(struct schema *s, const struct column *c, struct err *e)
{
    struct column *cols;
    struct column copy = *c;

    if (!check_column(s, c, e))
        return false;
    cols = realloc(s->cols, (s->ncols + 1) * sizeof(*cols));
    if (!cols)
        return err_set(e, ERR_NOMEM, "out of memory");
    s->cols = cols;
    copy.name = strdup(c->name);
    copy.default_text = c->default_text ? strdup(c->default_text) : NULL;
    if (!copy.name || (c->default_text && !copy.default_text)) {
        free(copy.name);
        free(copy.default_text);
        return err_set(e, ERR_NOMEM, "out of memory");
    }
    s->cols[s->ncols++] = copy;
    return true;
}

/* idx_TABLE_COL_COL, as the product we interoperate with names its own. */
static bool name_index(const struct schema *s, struct index *index,
                       struct err *e)
{
    size_t at = 0;
    const char *part = "idx";

    for (size_t i = 0; i < index->ncols + 2; i++) {
        size_t n = strlen(part);

        if (at + n + 1 > NAME_MAX_LEN)
            return err_set(e, ERR_SCHEMA,
                           "an index name of table '%s' would be longer than "
                           "%d bytes",
                           s->table, NAME_MAX_LEN);
        if (at > 0)
            index->name[at++] = '_';
        memcpy(index->name + at, part, n);
        at += n;
        if (i == 0)
            part = s->table;
        else if (i <= index->ncols)
            part = s->cols[index->cols[i - 1]].name;
    }
    index->name[at] = '\0';
    return true;
}

bool schema_add_index(struct schema *s, const char *const cols[], size_t n,
                      struct err *e)
{
    struct index *grown =
        realloc(s->indexes, (s->nindexes + 1) * sizeof(*grown));
    struct index added = {.cols = calloc(n + 1, sizeof(size_t)), .ncols = n};
    bool ok = grown && added.cols;

    if (grown)
        s->indexes = grown;
    if (!ok)
        err_set(e, ERR_NOMEM, "out of memory");
    else if (n == 0)
        ok = err_set(e, ERR_SCHEMA, "an index needs at least one column");
    for (size_t i = 0; ok && i < n; i++) {
        int at = schema_find(s, cols[i], strlen(cols[i]));

        if (at < 0)
            ok = err_set(e, ERR_SCHEMA, "index names '%.80s', no such column",
                         cols[i]);
        else
            added.cols[i] = (size_t)at;
    }
    if (ok && name_index(s, &added, e)) {
        s->indexes[s->nindexes++] = added;
        return true;
    }
    free(added.cols);
    return false;
}
