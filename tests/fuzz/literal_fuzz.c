/* Any bytes become a literal, go through a real SQLite and come back the
 * same, or are refused for the documented reason. */
#include <string.h>

#include "core/buf.h"
#include "core/dialect.h"
#include "core/err.h"
#include "core/sql.h"
#include "core/utf8.h"
#include "fuzz.h"

static void same(const struct buf *sql, const char *text, size_t len)
{
    sqlite3_stmt *st;

    CHECK(sqlite3_prepare_v2(fuzz_db(), sql->data, (int)sql->len, &st, NULL) ==
          SQLITE_OK);
    CHECK(sqlite3_step(st) == SQLITE_ROW);
    CHECK((size_t)sqlite3_column_bytes(st, 0) == len);
    CHECK(len == 0 || memcmp(sqlite3_column_blob(st, 0), text, len) == 0);
    CHECK(sqlite3_step(st) == SQLITE_DONE);
    sqlite3_finalize(st);
}

static void round_trip(enum column_type t, const char *text, size_t len)
{
    struct value v = {.kind = VALUE_TEXT, .text = text, .len = len};
    struct buf sql = {0};
    struct err e;
    bool ok;

    CHECK(buf_adds(&sql, "SELECT ", &e));
    ok = sql_literal(&sql, &dialect_sqlite, t, &v, &e);
    CHECK(ok == (utf8_check(text, len) == len));
    CHECK(ok || e.code == ERR_ARG);
    if (ok)
        same(&sql, text, len);
    buf_free(&sql);
}

/* Nothing of the text is left outside the quotes, as PostgreSQL reads it. */
static void closed(const char *text, size_t len)
{
    struct buf sql = {0};
    struct err e;
    const char *p;
    bool escapes;

    if (!sql_text(&sql, &dialect_postgres, text, len, &e)) {
        buf_free(&sql);
        return;
    }
    escapes = sql.data[0] == 'E';
    p = sql.data + escapes;
    CHECK(*p++ == '\'');
    while (*p != '\'' || p[1] == '\'') {
        CHECK(escapes || *p != '\\');
        p += *p == '\'' || *p == '\\' ? 2 : 1;
        CHECK(p < sql.data + sql.len);
    }
    CHECK(p + 1 == sql.data + sql.len);
    buf_free(&sql);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    CHECK(text != NULL);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    round_trip(COL_TEXT, text, size);
    closed(text, size);
    free(text);
    return 0;
}
