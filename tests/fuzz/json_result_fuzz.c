/* Any text in a row or an error becomes JSON that reads back as that text. */
#include <jansson.h>
#include <libpq-fe.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "fuzz.h"
#include "serve/response.h"

enum { TEXT = 25, TEXTS = 1009 };

static PGresult *row(const char *text, const char *array)
{
    PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PGresAttDesc cols[2] = {{.name = (char *)"a", .typid = TEXT},
                            {.name = (char *)"b", .typid = TEXTS}};

    CHECK(PQsetResultAttrs(r, 2, cols));
    CHECK(PQsetvalue(r, 0, 0, (char *)text, (int)strlen(text)));
    CHECK(PQsetvalue(r, 0, 1, (char *)array, (int)strlen(array)));
    return r;
}

/* {"text"} as PostgreSQL writes it */
static char *array_of(const char *text)
{
    char *array = malloc(2 * strlen(text) + 5);
    char *p = array;

    CHECK(array != NULL);
    p = stpcpy(p, "{\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            *p++ = '\\';
        *p++ = *text;
    }
    memcpy(p, "\"}", 3);
    return array;
}

static void check_row(const char *text)
{
    char *array = array_of(text);
    PGresult *r = row(text, array);
    struct buf out = {0};
    const char *a = NULL;
    const char *b = NULL;
    struct err e;
    json_t *doc;

    CHECK(json_result_head(&out, r, false, &e) &&
          json_result_rows(&out, r, false, true, &e) &&
          json_result_tail(&out, 1, false, &e));
    doc = json_loadb(out.data, out.len, 0, NULL);
    CHECK(json_unpack(doc, "{s:[[s,[s]]]}", "rows", &a, &b) == 0);
    CHECK(strcmp(a, text) == 0 && strcmp(b, text) == 0);
    json_decref(doc);
    buf_free(&out);
    PQclear(r);
    free(array);
}

/* An error's text keeps everything but its double quotes. */
static void check_error(char *text)
{
    struct buf out = {0};
    const char *said = NULL;
    json_t *doc;

    json_error(&out, "42P01", text);
    doc = json_loadb(out.data, out.len, 0, NULL);
    CHECK(json_unpack(doc, "{s:s}", "error", &said) == 0);
    for (char *p = text; *p; p++)
        if (*p == '"')
            *p = '\'';
    CHECK(strcmp(said, text) == 0);
    json_decref(doc);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *whole = json_stringn((const char *)data, size);
    char *text;

    if (whole && !memchr(data, 0, size)) { /* what PostgreSQL may send */
        check_row(json_string_value(whole));
        text = strdup(json_string_value(whole));
        CHECK(text != NULL);
        check_error(text);
        free(text);
    }
    json_decref(whole);
    return 0;
}
