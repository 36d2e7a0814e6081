/* Wording is classified; about rights it is never "missing", and what
 * mentions a column is never about a missing table. */
#include <string.h>
#include <strings.h>

#include "core/db.h"
#include "core/err.h"
#include "fuzz.h"

static bool holds(const char *text, size_t len, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n <= len; i++)
        if (strncasecmp(text + i, word, n) == 0)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size ? size : 1); /* no NUL behind it to lean on */
    int code;

    CHECK(text != NULL);
    if (size)
        memcpy(text, data, size);
    code = classify_text(text, size);
    CHECK(err_name((enum err_code)code) != NULL);
    CHECK(err_code(err_name((enum err_code)code)) == (enum err_code)code);
    if (holds(text, size, "column"))
        CHECK(code != ERR_NO_TABLE);
    if (holds(text, size, "permission denied") ||
        holds(text, size, "must be owner"))
        CHECK(code != ERR_NO_TABLE && code != ERR_NO_COLUMN);
    free(text);
    return 0;
}
