/* A name is refused, or is the same name for SQLite. */
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/sql.h"
#include "fuzz.h"

typedef bool writer(struct buf *, const char *, struct err *);

/* Writes the name and asks SQLite which one it read; whether it was taken. */
static bool taken(writer *write, const char *name)
{
    struct buf sql = {0};
    struct err e;
    sqlite3_stmt *st;
    bool ok;

    CHECK(buf_adds(&sql, "SELECT 1 AS ", &e));
    ok = write(&sql, name, &e);
    if (ok) {
        CHECK(sqlite3_prepare_v2(fuzz_db(), sql.data, (int)sql.len, &st,
                                 NULL) == SQLITE_OK);
        CHECK(strcmp(sqlite3_column_name(st, 0), name) == 0);
        sqlite3_finalize(st);
    } else {
        CHECK(e.code == ERR_ARG);
    }
    buf_free(&sql);
    return ok;
}

static bool plain(const char *name)
{
    size_t n = strlen(name);
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

    return n > 0 && n <= 63 && strspn(name, letters) == n &&
           !(name[0] >= '0' && name[0] <= '9');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[256];
    size_t n = size < sizeof(name) ? size : sizeof(name) - 1;

    if (n)
        memcpy(name, data, n);
    name[n] = '\0';
    CHECK(taken(sql_ident, name) == plain(name));
    CHECK(name_ok(name) == plain(name));
    if (taken(sql_quoted, name))
        CHECK(strlen(name) >= 1 && strlen(name) <= 63);
    return 0;
}
