#include <string.h>

#include "core/buf.h"
#include "core/dialect.h"
#include "core/sql.h"

static bool tables(struct buf *out, const struct dialect *d,
                   const struct schema *const s[], size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        if (!buf_adds(out, i ? ", " : "", e) ||
            !sql_text(out, d, s[i]->table, strlen(s[i]->table), e))
            return false;
    return true;
}

bool sql_catalog_query(struct buf *out, const struct dialect *d,
                       const char *workspace, const struct schema *const s[],
                       size_t n, struct err *e)
{
    const char *from = d->catalog;
    const char *mark;

    for (; (mark = strchr(from, '%')) != NULL; from = mark + 2)
        if (!buf_add(out, from, (size_t)(mark - from), e) ||
            !(mark[1] == 't'
                  ? tables(out, d, s, n, e)
                  : sql_text(out, d, workspace, strlen(workspace), e)))
            return false;
    return buf_adds(out, from, e);
}
