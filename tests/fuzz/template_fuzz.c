/* Values put into a template come back from SQLite; any template at all is
 * filled or refused; whatever stands in quotes of the dialect stays as it is.
 */
#include <string.h>

#include "core/buf.h"
#include "core/dialect.h"
#include "core/err.h"
#include "core/sql.h"
#include "fuzz.h"

#define VALUES 8

static struct sql_name names[] = {{.key = "t", .name = "memory"}, {0}};
static struct sql_name none[] = {{0}};

/* The text cut at each byte 255, of which no UTF-8 consists. */
static size_t cut(char *text, size_t size, struct value v[VALUES])
{
    char *end = text + size;
    size_t n = 0;

    while (n < VALUES) {
        char *stop = memchr(text, 255, (size_t)(end - text));

        v[n++] = (struct value){.kind = VALUE_TEXT,
                                .text = text,
                                .len = (size_t)((stop ? stop : end) - text)};
        if (!stop)
            break;
        text = stop + 1;
    }
    return n;
}

static void values_come_back(char *text, size_t size)
{
    struct value v[VALUES];
    struct sql_args args = {.values = v, .n = cut(text, size, v)};
    struct buf sql = {0};
    struct err e;
    sqlite3_stmt *st;
    char template[VALUES * 20] = "SELECT '?' AS [{?], ?";

    args.names = none; /* one that is not used is refused */
    for (size_t i = 1, at = strlen(template); i < args.n; i++)
        at += (size_t)snprintf(template + at, sizeof(template) - at,
                               ", -- ?\n ? /* ? */");
    if (sql_bind(&sql, &dialect_sqlite, template, &args, &e)) {
        CHECK(sqlite3_prepare_v2(fuzz_db(), sql.data, (int)sql.len, &st,
                                 NULL) == SQLITE_OK);
        CHECK(sqlite3_step(st) == SQLITE_ROW);
        CHECK(sqlite3_column_count(st) == (int)args.n + 1);
        for (size_t i = 0; i < args.n; i++) {
            CHECK((size_t)sqlite3_column_bytes(st, (int)i + 1) == v[i].len);
            CHECK(v[i].len == 0 || memcmp(sqlite3_column_blob(st, (int)i + 1),
                                          v[i].text, v[i].len) == 0);
        }
        sqlite3_finalize(st);
    } else {
        CHECK(e.code == ERR_ARG);
    }
    buf_free(&sql);
}

static void any_template(const char *text)
{
    static const struct value v[] = {
        {.kind = VALUE_INT, .integer = 7},
        {.kind = VALUE_TEXT, .text = "'", .len = 1}};
    struct sql_args args = {.values = v, .n = 2, .names = names};
    struct buf sql = {0};
    struct err e;

    names->used = false;
    if (!sql_bind(&sql, &dialect_postgres, text, &args, &e))
        CHECK(e.code == ERR_ARG);
    buf_free(&sql);
}

/* SELECT, the text between head and tail, and a ? behind it: filled once, and
 * the quoted text, each byte of also twice, is kept. */
static void quotes_are_kept(const struct dialect *d, const char *head,
                            const char *also, const char *tail,
                            const char *text)
{
    static const struct value v = {.kind = VALUE_INT, .integer = 7};
    struct sql_args args = {.values = &v, .n = 1, .names = none};
    struct buf in = {0};
    struct buf out = {0};
    struct err e;
    bool ok = buf_adds(&in, head, &e);

    for (; ok && *text; text++)
        ok = (!strchr(also, *text) || buf_add(&in, text, 1, &e)) &&
             buf_add(&in, text, 1, &e);
    CHECK(ok && buf_adds(&in, tail, &e) && buf_adds(&in, ", ?", &e));
    CHECK(sql_bind(&out, d, in.data, &args, &e));
    CHECK(out.len == in.len && out.data[out.len - 1] == '7');
    CHECK(memcmp(out.data, in.data, in.len - 1) == 0);
    buf_free(&in);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    CHECK(text != NULL);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    values_come_back(text, size);
    any_template(text);
    quotes_are_kept(&dialect_postgres, "SELECT E'", "'\\", "'", text);
    quotes_are_kept(&dialect_postgres, "SELECT '", "'", "'", text);
    quotes_are_kept(&dialect_deeplake, "SELECT 1 AS \"", "\"", "\"", text);
    quotes_are_kept(&dialect_sqlite, "SELECT '", "'", "'", text);
    quotes_are_kept(&dialect_sqlite, "SELECT 1 AS `", "`", "`", text);
    if (!strchr(text, '$'))
        quotes_are_kept(&dialect_postgres, "SELECT $a$", "", "$a$", text);
    if (!strchr(text, ']'))
        quotes_are_kept(&dialect_sqlite, "SELECT [", "", "]", text);
    free(text);
    return 0;
}
