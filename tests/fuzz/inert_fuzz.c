/* Inert text stays within its bytes, is UTF-8, and no character of it leaves
 * the line, the quotes or the frame; inert once more, it stays as it is. */
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/utf8.h"
#include "fuzz.h"
#include "rows/inert.h"

static void check_line(const struct buf *out, size_t max)
{
    CHECK(out->len <= max);
    CHECK(out->len == 0 || utf8_check(out->data, out->len) == out->len);
    for (size_t i = 0, n; i < out->len; i += n) {
        uint32_t code;

        n = utf8_decode(out->data + i, out->len - i, &code);
        CHECK(n > 0);
        CHECK(code == ' ' || inert_class(code) == INERT_PLAIN);
        CHECK(code != ' ' || (i > 0 && out->data[i - 1] != ' '));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    size_t max = size ? 16 + data[0] : 16;
    struct buf once = {0};
    struct buf twice = {0};
    struct err e;

    CHECK(text_inert(&once, text, size, max, &e));
    check_line(&once, max);
    CHECK(text_inert(&twice, once.data, once.len, max, &e));
    CHECK(twice.len == once.len);
    CHECK(once.len == 0 || memcmp(once.data, twice.data, once.len) == 0);
    buf_free(&once);
    buf_free(&twice);
    return 0;
}
