/* Bytes in pieces of any size come out as the lines they are, those that are
 * too long are skipped whole, and no more is held than a line and a piece. */
#include <string.h>

#include "core/err.h"
#include "core/lines.h"
#include "fuzz.h"

/* Where the line that starts at from ends; no line behind the last newline. */
static bool expect(const uint8_t *data, size_t size, size_t *from, size_t *len)
{
    const uint8_t *end = NULL;

    if (*from < size)
        end = memchr(data + *from, '\n', size - *from);
    *len = end ? (size_t)(end - data) - *from : size - *from;
    return end != NULL;
}

static void take(struct lines *l, const uint8_t *data, size_t size,
                 size_t *from)
{
    enum lines_got got;
    const char *line;
    size_t len;

    while ((got = lines_next(l, &line, &len)) != LINES_MORE) {
        size_t want;
        bool whole = expect(data, size, from, &want);

        CHECK((got == LINES_LONG) == (want > l->max));
        if (got == LINES_ONE) {
            CHECK(whole && len == want);
            CHECK(len == 0 || memcmp(line, data + *from, len) == 0);
        }
        *from += whole ? want + 1 : want;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lines l = {.max = size > 0 ? (size_t)data[0] % 32 : 0};
    size_t step = size > 1 ? (size_t)data[1] % 40 + 1 : 1;
    size_t from = 0;
    struct err e;
    const char *line;
    size_t len;

    for (size_t at = 0; at < size; at += step) {
        size_t n = size - at < step ? size - at : step;

        CHECK(lines_add(&l, (const char *)data + at, n, &e));
        CHECK(l.held.len <= l.max + step + 1);
        take(&l, data, size, &from);
    }
    if (lines_rest(&l, &line, &len) == LINES_ONE)
        CHECK(len <= l.max && memchr(line, '\n', len) == NULL);
    lines_free(&l);
    return 0;
}
