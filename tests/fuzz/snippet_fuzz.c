/*
 * Any bytes as a text, and words of it or others as what is looked for: the
 * piece lies in the text and in its room, splits no character, and its marks
 * lie in it in order and hold the terms.
 */
#include <string.h>

#include "core/err.h"
#include "core/utf8.h"
#include "fuzz.h"
#include "search/snippet.h"
#include "search/tokenizer.h"

#define MOST 8

struct taken {
    struct snippet_term terms[MOST];
    char text[MOST][TOKEN_MAX];
    size_t n, step, at;
};

/* Takes every step-th word of the text, and part of one as a prefix. */
static bool take(void *ctx, const struct token *t)
{
    struct taken *k = ctx;
    struct snippet_term *s = k->terms + k->n;

    if (k->n == MOST)
        return false;
    if (k->at++ % k->step != 0)
        return true;
    memcpy(k->text[k->n], t->term, t->len);
    s->term = k->text[k->n];
    s->prefix = k->at % 3 == 0 && t->len > 2;
    s->len = s->prefix ? t->len - 1 : t->len;
    s->weight = (double)(1 + k->at % 7);
    k->n++;
    return true;
}

static void check(const char *text, size_t size, size_t room,
                  const struct snippet *s, size_t nterms)
{
    const struct snippet_mark *m = (const void *)s->marks.data;
    size_t n = s->marks.len / sizeof(*m), at = s->from;

    CHECK(s->from <= s->to && s->to <= size && s->to - s->from <= room);
    for (size_t i = 0; i < n; i++) {
        CHECK(m[i].from >= at && m[i].to > m[i].from && m[i].to <= s->to);
        CHECK(i == 0 || m[i].from > at); /* what touches is one */
        at = m[i].to;
    }
    if (nterms > 0 && size <= SNIPPET_REACH && room >= 8)
        CHECK(n > 0);
    if (utf8_check(text, size) == size)
        CHECK(utf8_check(text + s->from, s->to - s->from) == s->to - s->from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tokenizer *t;
    struct taken k = {.step = 1};
    struct snippet_wish w;
    struct snippet s = {0};
    struct err e;
    size_t room;
    char *text;

    if (size < 2)
        return 0;
    k.step = 1 + data[0] % 16;
    room = 1 + data[1];
    size -= 2;
    text = malloc(size ? size : 1); /* no longer: reads past it show */
    CHECK(text && (t || (t = tokenizer_new(fuzz_db(), &e))));
    memcpy(text, data + 2, size);
    CHECK(tokenizer_read(t, text, size, take, &k, &e));
    w.terms = k.terms;
    w.n = k.n;
    w.room = room;
    CHECK(snippet_make(t, text, size, &w, &s, &e));
    check(text, size, room, &s, k.n);
    buf_free(&s.marks);
    free(text);
    return 0;
}
