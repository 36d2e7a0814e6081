/*
 * Any bytes as a text: its words lie in it in order, are none too long, and a
 * document of that text is found by each of them.
 */
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/utf8.h"
#include "fuzz.h"
#include "search/parts.h"
#include "search/tokenizer.h"

struct seen {
    size_t size, from, words;
    char last[TOKEN_MAX + 1];
};

static bool look(void *ctx, const struct token *t)
{
    struct seen *s = ctx;

    CHECK(t->len > 0 && t->len <= TOKEN_MAX);
    CHECK(t->from < t->to && t->to <= s->size && t->from >= s->from);
    CHECK(utf8_check(t->term, t->len) == t->len);
    s->from = t->from;
    s->words++;
    memcpy(s->last, t->term, t->len);
    s->last[t->len] = '\0';
    return true;
}

static sqlite3 *table(void)
{
    static sqlite3 *h;
    struct err e;

    if (!h) {
        h = fuzz_db();
        CHECK(tokenizer_register(h, NULL, &e));
        CHECK(sqlite3_exec(h,
                           "CREATE VIRTUAL TABLE f USING fts5(body, "
                           "content='', columnsize=0, tokenize='propolis');"
                           "CREATE VIRTUAL TABLE v USING fts5vocab(f, 'row')",
                           NULL, NULL, NULL) == SQLITE_OK);
    }
    return h;
}

static void run(sqlite3 *h, const char *sql, const char *text, size_t len,
                int want)
{
    sqlite3_stmt *st;

    CHECK(sqlite3_prepare_v2(h, sql, -1, &st, NULL) == SQLITE_OK);
    sqlite3_bind_text(st, 1, text, (int)len, SQLITE_STATIC);
    CHECK(sqlite3_step(st) == want);
    sqlite3_finalize(st);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tokenizer *t;
    struct seen s = {.size = size};
    struct buf parts = {0};
    struct err e;
    sqlite3 *h = table();
    char *text = malloc(size ? size : 1); /* no longer: reads past it show */

    CHECK(text && (t || (t = tokenizer_new(h, &e))));
    memcpy(text, data, size);
    CHECK(tokenizer_read(t, text, size, look, &s, &e));
    run(h, "INSERT INTO f(rowid, body) VALUES(1, ?1)", text, size, SQLITE_DONE);
    if (s.words)
        run(h, "SELECT 1 FROM v WHERE term = ?1", s.last, strlen(s.last),
            SQLITE_ROW);
    run(h, "INSERT INTO f(f) VALUES('delete-all')", "", 0, SQLITE_DONE);
    CHECK(parts_add(&parts, text, size, &e));
    CHECK(parts.len <= 3 * size);
    buf_free(&parts);
    free(text);
    return 0;
}
