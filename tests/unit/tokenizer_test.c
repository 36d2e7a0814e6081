/*
 * The tokenizer as FTS5 sees it: what a document holds and what a question
 * asks for become the same words, positions included.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "search/parts.h"
#include "search/tokenizer.h"

static int passed, failed;

static void check(bool ok, const char *what)
{
    passed += ok;
    failed += !ok;
    if (!ok)
        printf("FAILED %s\n", what);
}

static bool join(void *ctx, const struct token *t)
{
    struct err e;

    return buf_add(ctx, t->term, t->len, &e) && buf_adds(ctx, "|", &e);
}

static void words(struct tokenizer *t, const char *text, const char *want)
{
    struct buf got = {0};
    struct err e;
    bool ok = tokenizer_read(t, text, strlen(text), join, &got, &e);

    check(ok && strcmp(got.data ? got.data : "", want) == 0, text);
    if (ok && got.data && strcmp(got.data, want) != 0)
        printf("    %s\n", got.data);
    buf_free(&got);
}

static void test_words(struct tokenizer *t)
{
    words(t, "Connections, connected; CONNECTING", "connect|connect|connect|");
    words(t, "Caf\u00e9 cafe\u0301 CAF\u00c9", "cafe|cafe|cafe|");
    words(t, "utf8 h264 v1.2.3 0x1F", "utf8|h264|v1|2|3|0x1f|");
    words(t, "snake_case kebab-case a/path.lua",
          "snake|case|kebab|case|a|path|lua|");
    words(t, "\u6771\u4eac\u90fd", "\u6771\u4eac|\u4eac\u90fd|");
    words(t, "\u6771 \u4eac", "\u6771|\u4eac|");
    words(t, "\u4fee\u590dbugs\ud55c\uad6d\uc5b4",
          "\u4fee\u590d|bug|\ud55c\uad6d|\uad6d\uc5b4|");
    words(
        t,
        "\u0939\u093f\u0928\u094d\u0926\u0940 \u043a\u041d\u0418\u0413\u0410",
        "\u0939\u093f\u0928\u094d\u0926\u0940|\u043a\u043d\u0438\u0433\u0430|");
    words(t, "", "");
    words(t, " \t\n-- ++ \xFF", "");
}

struct spans {
    const char *text;
    bool ok;
};

static bool is_whole(void *ctx, const struct token *t)
{
    struct spans *s = ctx;

    s->ok = s->ok && t->from < t->to && t->to <= strlen(s->text) &&
            ((unsigned char)s->text[t->to] & 0xC0) != 0x80 &&
            ((unsigned char)s->text[t->from] & 0xC0) != 0x80;
    return true;
}

static void test_spans(struct tokenizer *t)
{
    struct spans s = {"a\u6771\u4eacb caf\u00e9 \u0130stanbul", true};
    struct err e;

    tokenizer_read(t, s.text, strlen(s.text), is_whole, &s, &e);
    check(s.ok, "a word's bytes are whole characters of the text");
}

static void test_long(struct tokenizer *t)
{
    char text[200], want[TOKEN_MAX + 2];

    memset(text, '7', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    memset(want, '7', TOKEN_MAX);
    memcpy(want + TOKEN_MAX, "|", 2);
    words(t, text, want);
}

static int matches(sqlite3 *h, const char *question)
{
    sqlite3_stmt *st = NULL;
    int n = -1;

    if (sqlite3_prepare_v2(h, "SELECT count(*) FROM f WHERE f MATCH ?1", -1,
                           &st, NULL) == SQLITE_OK) {
        sqlite3_bind_text(st, 1, question, -1, SQLITE_STATIC);
        if (sqlite3_step(st) == SQLITE_ROW)
            n = sqlite3_column_int(st, 0);
    }
    sqlite3_finalize(st);
    return n;
}

static void test_fts(sqlite3 *h)
{
    check(sqlite3_exec(h,
                       "CREATE VIRTUAL TABLE f USING fts5(body, content='', "
                       "columnsize=0, tokenize='propolis');"
                       "INSERT INTO f(rowid, body) VALUES"
                       "(1, '\u6771\u4eac\u90fd\u306b\u4f4f\u3080'),"
                       "(2, '\u4eac\u90fd\u306b\u4f4f\u3080'),"
                       "(3, 'the databases were connecting')",
                       NULL, NULL, NULL) == SQLITE_OK,
          "a table with our tokenizer");
    check(matches(h, "\"\u6771\u4eac\u90fd\"") == 1, "all pairs of a word");
    check(matches(h, "\"\u4eac\u90fd\"") == 2, "one pair");
    check(matches(h, "\"\u4eac\u4f4f\"") == 0, "no pair of the text");
    check(matches(h, "\"database connection\"") == 0,
          "a phrase keeps its gaps");
    check(matches(h, "database AND connection") == 1, "stems");
    check(matches(h, "datab*") == 1, "the start of a word");
}

static void test_parts(void)
{
    struct buf out = {0};
    struct err e;
    const char *text = "getUserName HTTPServer IDs parseHTML5Doc getUserName "
                       "lower UPPER Title snake_case";

    check(parts_add(&out, text, strlen(text), &e) &&
              strcmp(out.data, "get User Name\nHTTP Server\n"
                               "parse HTML5 Doc\n") == 0,
          "parts of identifiers, each once");
    buf_free(&out);
}

int main(void)
{
    sqlite3 *h = NULL;
    struct err e = {0};
    struct tokenizer *t;

    if (sqlite3_open(":memory:", &h) != SQLITE_OK ||
        !tokenizer_register(h, NULL, &e)) {
        printf("FAILED %s\n0 passed, 1 failed\n", e.message);
        return 1;
    }
    t = tokenizer_new(h, &e);
    if (t) {
        test_words(t);
        test_spans(t);
        test_long(t);
    }
    test_fts(h);
    test_parts();
    tokenizer_free(t);
    sqlite3_close(h);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
