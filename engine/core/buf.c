#include "core/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

static bool grow(struct buf *b, size_t n, struct err *e)
{
    size_t need;
    size_t cap = b->cap ? b->cap : 256;
    char *p;

    if (n >= BUF_MAX - b->len)
        return err_set(e, ERR_NOMEM, "more than %zu MiB in one statement",
                       BUF_MAX >> 20);
    need = b->len + n + 1;
    if (need <= b->cap)
        return true;
    while (cap < need)
        cap *= 2;
    p = realloc(b->data, cap);
    if (!p)
        return err_set(e, ERR_NOMEM, "out of memory");
    b->data = p;
    b->cap = cap;
    return true;
}

bool buf_add(struct buf *b, const void *bytes, size_t n, struct err *e)
{
    if (!grow(b, n, e))
        return false;
    if (n > 0)
        memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = '\0';
    return true;
}

bool buf_adds(struct buf *b, const char *text, struct err *e)
{
    return buf_add(b, text, strlen(text), e);
}

bool buf_addf(struct buf *b, struct err *e, const char *fmt, ...)
{
    char piece[256];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(piece, sizeof(piece), fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof(piece))
        return err_set(e, ERR_ARG, "formatted piece is too long");
    return buf_add(b, piece, (size_t)n, e);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
}

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}
