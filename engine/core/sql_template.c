#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/sql.h"

/* End of the quoted piece or comment that starts at p, or p when none does. */
static const char *opaque(const char *p)
{
    const char *end = NULL;

    if (*p == '\'' || *p == '"')
        end = strchr(p + 1, *p);
    else if (p[0] == '-' && p[1] == '-')
        end = strchr(p, '\n');
    else if (p[0] == '/' && p[1] == '*' && (end = strstr(p + 2, "*/")))
        end++;
    else
        return p;
    return end ? end + 1 : p + strlen(p);
}

/* {key}: appends its names and moves *p past the brace. */
static bool name_of(struct buf *out, const char **p,
                    const struct sql_name *names, struct err *e)
{
    const char *end = strchr(*p, '}');
    size_t n = end ? (size_t)(end - *p - 1) : 0;
    bool found = false;

    for (; end && names->key; names++) {
        if (strlen(names->key) != n || strncmp(names->key, *p + 1, n) != 0)
            continue;
        if (!buf_adds(out, found ? ", " : "", e) ||
            !sql_ident(out, names->name, e))
            return false;
        found = true;
    }
    if (!found)
        return err_set(e, ERR_ARG, "no name given for '%.40s' in the statement",
                       *p);
    *p = end + 1;
    return true;
}

static bool list(struct buf *out, enum sql_dialect d, const struct value *v,
                 struct err *e)
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

bool sql_bind(struct buf *out, enum sql_dialect d, const char *text,
              const struct sql_args *args, struct err *e)
{
    const char *p = text;
    size_t used = 0;

    while (*p) {
        const char *past = opaque(p);

        if (past > p) {
            if (!buf_add(out, p, (size_t)(past - p), e))
                return false;
            p = past;
        } else if (*p == '{') {
            if (!name_of(out, &p, args->names, e))
                return false;
        } else if (*p == '?') {
            if (used == args->n)
                return err_set(e, ERR_ARG, "more ? than the %zu values",
                               args->n);
            if (!(p[1] == '?' ? list : sql_scalar)(out, d,
                                                   &args->values[used++], e))
                return false;
            p += p[1] == '?' ? 2 : 1;
        } else if (!buf_add(out, p++, 1, e)) {
            return false;
        }
    }
    return used == args->n ||
           err_set(e, ERR_ARG, "%zu values for %zu ?", args->n, used);
}
