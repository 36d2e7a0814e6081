#include "search/tokenizer.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/utf8.h"
#include "search/stem.h"

typedef int fts5_token_fn(void *ctx, int flags, const char *term, int len,
                          int from, int to);

struct tokenizer {
    fts5_tokenizer words; /* SQLite's unicode61 ... */
    Fts5Tokenizer *state; /* ... and an instance of it */
    size_t *count;        /* raised by each word, or NULL */
};

/* What a connection makes tokenizers from; freed with it. */
struct source {
    fts5_api *api;
    size_t *count;
};

/* Passes words on: cut, without their endings, counted in the whole text. */
struct relay {
    void *ctx;
    fts5_token_fn *fn;
    size_t *count;
    int at; /* where the stretch begins that is being read */
};

/* ---- scripts without spaces ---- */

struct range {
    uint32_t first, last;
};

static const struct range unspaced[] = {
    {0x0E01, 0x0EFF},                     /* Thai, Lao */
    {0x1000, 0x109F},                     /* Burmese */
    {0x1100, 0x11FF},                     /* Hangul's letters */
    {0x1780, 0x17DD},                     /* Khmer */
    {0x3005, 0x3007},   {0x3041, 0x309F}, /* hiragana */
    {0x30A1, 0x30FA},   {0x30FC, 0x30FF}, /* katakana */
    {0x3131, 0x318E},   {0x31F0, 0x31FF},
    {0x3400, 0x4DBF},   {0x4E00, 0x9FFF}, /* Han */
    {0xA960, 0xA97C},   {0xAC00, 0xD7FB}, /* Hangul */
    {0xF900, 0xFAFF},   {0xFF66, 0xFF9F},
    {0x1B000, 0x1B16F}, {0x20000, 0x3FFFD}};

static bool is_unspaced(uint32_t code)
{
    size_t i = 0, n = sizeof(unspaced) / sizeof(*unspaced);

    while (i < n && code > unspaced[i].last)
        i++;
    return i < n && code >= unspaced[i].first;
}

/* The length of such a character at text, or 0 for whatever else. */
static size_t unspaced_at(const char *text, size_t len)
{
    uint32_t code;
    size_t n;

    if (len == 0 || (unsigned char)*text < 0xE0) /* none is that low */
        return 0;
    n = utf8_decode(text, len, &code);
    return is_unspaced(code) ? n : 0;
}

/* Where the stretch ends that begins at at and is all of one kind. */
static size_t stretch_end(const char *text, size_t len, size_t at, bool wide)
{
    size_t n;

    while (at < len) {
        n = unspaced_at(text + at, len - at);
        if ((n > 0) != wide)
            break;
        at += wide ? n : 1;
    }
    return at;
}

/* Each two neighbours of the stretch from from to to, or its only one. */
static int pairs(const char *text, size_t from, size_t to,
                 const struct relay *r)
{
    size_t one = unspaced_at(text + from, to - from), two;
    int rc = SQLITE_OK;

    do {
        *r->count += 1;
        two = unspaced_at(text + from + one, to - from - one);
        rc = r->fn(r->ctx, 0, text + from, (int)(one + two), (int)from,
                   (int)(from + one + two));
        from += one;
        one = two;
    } while (rc == SQLITE_OK && from + one < to);
    return rc;
}

/* ---- words ---- */

static bool is_english(const char *word, size_t len)
{
    while (len > 0 && word[len - 1] >= 'a' && word[len - 1] <= 'z')
        len--;
    return len == 0;
}

static int pass_word(void *ctx, int flags, const char *term, int n, int from,
                     int to)
{
    const struct relay *r = ctx;
    char word[TOKEN_MAX];
    size_t len = n > 0 ? (size_t)n : 0;

    if (len > TOKEN_MAX)
        len = utf8_trim(term, TOKEN_MAX);
    if (len == 0 || utf8_check(term, len) < len)
        return SQLITE_OK; /* a mark on nothing, or bytes that are no text */
    memcpy(word, term, len);
    *r->count += 1;
    if (is_english(word, len))
        len = stem_word(word, len);
    return r->fn(r->ctx, flags, word, (int)len, r->at + from, r->at + to);
}

static int read_text(struct tokenizer *t, void *ctx, int flags,
                     const char *text, int len, fts5_token_fn *fn)
{
    size_t end, size = len > 0 ? (size_t)len : 0, unused = 0;
    struct relay r = {ctx, fn, t->count ? t->count : &unused, 0};
    int rc = SQLITE_OK;
    bool wide;

    for (size_t at = 0; rc == SQLITE_OK && at < size; at = end) {
        wide = unspaced_at(text + at, size - at) > 0;
        end = stretch_end(text, size, at, wide);
        r.at = (int)at;
        rc = wide ? pairs(text, at, end, &r)
                  : t->words.xTokenize(t->state, &r, flags, text + at,
                                       (int)(end - at), pass_word);
    }
    return rc;
}

/* ---- as FTS5 calls it ---- */

static void delete_tokenizer(Fts5Tokenizer *self)
{
    tokenizer_free((struct tokenizer *)self);
}

static int create_tokenizer(void *from, const char **args, int n,
                            Fts5Tokenizer **out)
{
    struct source *source = from;
    /* Marks belong to the word: Hindi writes its vowels with them. */
    const char *options[] = {"remove_diacritics", "2", "categories",
                             "L* N* Co Mc Mn"};
    struct tokenizer *t = calloc(1, sizeof(*t));
    void *data;
    int rc = t ? SQLITE_OK : SQLITE_NOMEM;

    (void)args, (void)n;
    if (rc == SQLITE_OK)
        rc = source->api->xFindTokenizer(source->api, "unicode61", &data,
                                         &t->words);
    if (rc == SQLITE_OK)
        rc = t->words.xCreate(data, options, 4, &t->state);
    if (rc == SQLITE_OK) {
        t->count = source->count;
        *out = (Fts5Tokenizer *)t;
    } else {
        tokenizer_free(t);
    }
    return rc;
}

static int tokenize(Fts5Tokenizer *self, void *ctx, int flags, const char *text,
                    int len, fts5_token_fn *fn)
{
    return read_text((struct tokenizer *)self, ctx, flags, text, len, fn);
}

/* ---- as we call it ---- */

fts5_api *tokenizer_api(sqlite3 *h)
{
    fts5_api *api = NULL;
    sqlite3_stmt *st = NULL;

    if (sqlite3_prepare_v2(h, "SELECT fts5(?1)", -1, &st, NULL) == SQLITE_OK) {
        sqlite3_bind_pointer(st, 1, &api, "fts5_api_ptr", NULL);
        sqlite3_step(st);
    }
    sqlite3_finalize(st);
    return api;
}

/* Why tokenizer_api() has just given NULL: it knows no function fts5, or ran
 * out of memory. */
static bool without_fts(sqlite3 *h, struct err *e)
{
    if (sqlite3_errcode(h) != SQLITE_ERROR)
        return err_set(e, ERR_NOMEM, "out of memory");
    return err_set(e, ERR_UNSUPPORTED, "this SQLite has no full-text search");
}

bool tokenizer_register(sqlite3 *h, size_t *count, struct err *e)
{
    fts5_tokenizer ours = {create_tokenizer, delete_tokenizer, tokenize};
    fts5_api *api = tokenizer_api(h);
    struct source *source;

    if (!api)
        return without_fts(h, e);
    source = malloc(sizeof(*source));
    if (source)
        *source = (struct source){api, count};
    if (!source || api->xCreateTokenizer(api, "propolis", source, &ours,
                                         free) != SQLITE_OK) {
        free(source);
        return err_set(e, ERR_NOMEM, "out of memory");
    }
    return true;
}

struct tokenizer *tokenizer_new(sqlite3 *h, struct err *e)
{
    struct source source = {tokenizer_api(h), NULL};
    Fts5Tokenizer *out = NULL;

    if (!source.api)
        without_fts(h, e);
    else if (create_tokenizer(&source, NULL, 0, &out) != SQLITE_OK)
        err_set(e, ERR_NOMEM, "out of memory");
    return (struct tokenizer *)out;
}

void tokenizer_free(struct tokenizer *t)
{
    if (t && t->state)
        t->words.xDelete(t->state);
    free(t);
}

struct reading {
    token_fn *fn;
    void *ctx;
};

static int hand_over(void *ctx, int flags, const char *term, int len, int from,
                     int to)
{
    const struct reading *r = ctx;
    struct token t = {term, (size_t)len, (size_t)from, (size_t)to};

    (void)flags;
    return r->fn(r->ctx, &t) ? SQLITE_OK : SQLITE_DONE;
}

bool tokenizer_read(struct tokenizer *t, const char *text, size_t len,
                    token_fn *fn, void *ctx, struct err *e)
{
    struct reading r = {fn, ctx};
    int rc = SQLITE_OK;

    if (len > INT_MAX)
        return err_set(e, ERR_NOMEM, "a text of %zu bytes", len);
    rc = read_text(t, &r, FTS5_TOKENIZE_DOCUMENT, text, (int)len, hand_over);
    return rc == SQLITE_OK || rc == SQLITE_DONE ||
           err_set(e, ERR_NOMEM, "out of memory");
}
