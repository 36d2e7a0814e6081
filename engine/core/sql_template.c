#include <string.h>

#include "core/buf.h"
#include "core/dialect.h"
#include "core/err.h"
#include "core/sql.h"

/* {key}: appends its names; *past is then behind the brace. */
static bool name_of(struct buf *out, const char *brace, const char **past,
                    struct sql_name *names, struct err *e)
{
    const char *end = strchr(brace, '}');
    size_t n = end ? (size_t)(end - brace - 1) : 0;
    bool found = false;

    for (; end && names->key; names++) {
        if (strlen(names->key) != n || strncmp(names->key, brace + 1, n) != 0)
            continue;
        if (!buf_adds(out, found ? ", " : "", e) ||
            !sql_ident(out, names->name, e))
            return false;
        found = names->used = true;
    }
    if (!found)
        return err_set(e, ERR_ARG, "no name given for '%.40s' in the statement",
                       brace);
    *past = end + 1;
    return true;
}

static bool list(struct buf *out, const struct dialect *d,
                 const struct value *v, struct err *e)
{
    if (v->kind != VALUE_LIST)
        return err_set(e, ERR_ARG, "?? stands for a list of values");
    if (v->len == 0)
        return buf_adds(out, "NULL", e);
    for (size_t i = 0; i < v->len; i++)
        if (!buf_adds(out, i ? ", " : "", e) ||
            !sql_scalar(out, d, &v->items[i], e))
            return false;
    return true;
}

bool sql_bind(struct buf *out, const struct dialect *d, const char *text,
              const struct sql_args *args, struct err *e)
{
    struct sql_lexer x = {
        .at = text, .end = text + strlen(text), .lexis = d->lexis};
    const char *copied = text;
    struct sql_token t;
    size_t used = 0;

    while ((t = sql_lexer_next(&x)).kind != SQL_TOKEN_END) {
        bool name = sql_token_is(&t, "{");

        if (!name && !sql_token_is(&t, "?"))
            continue;
        if (!buf_add(out, copied, (size_t)(t.at - copied), e))
            return false;
        if (name) {
            if (!name_of(out, t.at, &x.at, args->names, e))
                return false;
        } else {
            bool many = t.at[1] == '?';

            if (used == args->n)
                return err_set(e, ERR_ARG, "more ? than the %zu values",
                               args->n);
            if (!(many ? list : sql_scalar)(out, d, &args->values[used++], e))
                return false;
            x.at += many;
        }
        copied = x.at;
    }
    if (used < args->n)
        return err_set(e, ERR_ARG, "%zu values for %zu ?", args->n, used);
    for (const struct sql_name *name = args->names; name->key; name++)
        if (!name->used)
            return err_set(e, ERR_ARG, "no '{%.40s}' in the statement",
                           name->key);
    return buf_add(out, copied, (size_t)(x.end - copied), e);
}
