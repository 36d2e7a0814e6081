#include "core/lines.h"

#include <string.h>

/* A larger block than this is given back when all of it was read. */
#define KEEP ((size_t)64 << 10)

static void compact(struct lines *l)
{
    size_t left = l->held.len - l->start;

    if (left == 0 && l->held.cap > KEEP) {
        buf_free(&l->held);
    } else if (l->start > 0) {
        memmove(l->held.data, l->held.data + l->start, left);
        l->held.len = left;
    }
    l->looked -= l->start;
    l->start = 0;
}

bool lines_add(struct lines *l, const char *bytes, size_t n, struct err *e)
{
    const char *end;

    compact(l);
    if (l->skipping) {
        end = memchr(bytes, '\n', n);
        if (!end)
            return true;
        l->skipping = false;
        n -= (size_t)(end + 1 - bytes);
        bytes = end + 1;
    }
    return n == 0 || buf_add(&l->held, bytes, n, e);
}

enum lines_got lines_next(struct lines *l, const char **line, size_t *len)
{
    const char *from = l->held.data ? l->held.data + l->start : "";
    const char *end = NULL;

    if (l->held.data && l->held.len > l->looked)
        end = memchr(l->held.data + l->looked, '\n', l->held.len - l->looked);
    l->looked = end ? (size_t)(end + 1 - l->held.data) : l->held.len;
    *line = from;
    *len = end ? (size_t)(end - from) : l->held.len - l->start;
    if (!end && *len <= l->max)
        return LINES_MORE;
    l->start = l->looked;
    l->skipping = !end;
    return *len > l->max ? LINES_LONG : LINES_ONE;
}

enum lines_got lines_rest(struct lines *l, const char **line, size_t *len)
{
    *line = l->held.data ? l->held.data + l->start : "";
    *len = l->held.len - l->start;
    l->start = l->looked = l->held.len;
    return *len > 0 ? LINES_ONE : LINES_MORE;
}

void lines_free(struct lines *l)
{
    buf_free(&l->held);
    l->start = l->looked = 0;
}
