/* Wording is classified; about rights it is never "missing", and what speaks
 * of a column is never about a missing table.  What stands in quotes is a name
 * and changes nothing. */
#include <string.h>
#include <strings.h>

#include "core/classify.h"
#include "fuzz.h"

static bool holds(const char *text, size_t len, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n <= len; i++)
        if (strncasecmp(text + i, word, n) == 0)
            return true;
    return false;
}

/* Classifies a copy with no NUL behind it to lean on. */
static enum err_code classify(const char *data, size_t size)
{
    char *text = malloc(size ? size : 1);
    enum err_code code;

    CHECK(text != NULL);
    if (size)
        memcpy(text, data, size);
    code = classify_text(text, size);
    CHECK(err_name(code) != NULL);
    CHECK(err_code(err_name(code)) == code);
    free(text);
    return code;
}

/* A text without names, all on its own words. */
static void check_words(const char *text, size_t size, enum err_code code)
{
    if (holds(text, size, "no such ") || holds(text, size, " named ") ||
        holds(text, size, "name: ") || holds(text, size, "'") ||
        holds(text, size, "\""))
        return;
    if (holds(text, size, " column "))
        CHECK(code != ERR_NO_TABLE);
    if (holds(text, size, " permission denied ") ||
        holds(text, size, " must be owner "))
        CHECK(code == ERR_DENIED);
}

/* The text as a name in a message changes nothing about it. */
static void check_name(const char *text, size_t size)
{
    char message[512];
    int n;

    if (size > 256 || memchr(text, '"', size) || memchr(text, '\'', size) ||
        holds(text, size, "pg_class_relname_nsp_index"))
        return;
    n = snprintf(message, sizeof(message), "relation \"x%.*s\" does not exist",
                 (int)size, text);
    CHECK(classify(message, (size_t)n) == ERR_NO_TABLE);
    n = snprintf(message, sizeof(message),
                 "{\"error\":\"column 'x%.*s' does not exist\"}", (int)size,
                 text);
    CHECK(classify(message, (size_t)n) == ERR_NO_COLUMN);
    n = snprintf(message, sizeof(message), "permission denied for \"x%.*s\"",
                 (int)size, text);
    CHECK(classify(message, (size_t)n) == ERR_DENIED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;

    check_words(text, size, classify(text, size));
    check_name(text, size);
    return 0;
}
