/*
 * Any bytes through rules of every kind: hits come in order and inside the
 * text, what is masked is exactly what they say, and nothing else changes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "redact/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct redact *r, struct redact_spec s, const char *a,
                const char *b)
{
    const char *words[] = {a, b};
    struct err e;

    s.keywords = words;
    s.nkeywords = 2;
    if (!redact_add(r, &s, &e))
        abort();
}

static const struct redact_part run = {
    .set = "A-Za-z0-9_-", .min = 3, .max = REDACT_NO_MAX};

static void add_tokens(struct redact *r)
{
    struct redact_part dot = {.literal = "."};

    add(r,
        (struct redact_spec){
            .id = "token", .parts = {run}, .nparts = 1, .guard = REDACT_DIGIT},
        "gh_", "sk-");
    add(r,
        (struct redact_spec){.id = "parts",
                             .parts = {run, dot, run},
                             .nparts = 3,
                             .keep = true,
                             .inside = true},
        "eyJ", "a.");
    add(r,
        (struct redact_spec){.id = "suffix",
                             .before = "a-z0-9",
                             .before_min = 3,
                             .inside = true},
        "_mm", "-us");
}

static void add_pairs(struct redact *r)
{
    add(r,
        (struct redact_spec){
            .id = "pair", .kind = REDACT_PAIR, .min = 1, .inside = true},
        "password", "pw");
    add(r,
        (struct redact_spec){
            .id = "scheme", .kind = REDACT_PAIR, .min = 1, .scheme = true},
        "auth", "token");
    add(r,
        (struct redact_spec){.id = "weak",
                             .kind = REDACT_PAIR,
                             .min = 4,
                             .inside = true,
                             .guard = REDACT_WEAK | REDACT_DIGIT |
                                      REDACT_RANDOM | REDACT_NO_HASH},
        "key", "pat");
}

static struct redact *rules(void)
{
    struct redact *r = redact_new();
    struct redact_part end = {.literal = "</p>"};
    struct redact_part curl = {.literal = "curl"};

    if (!r)
        abort();
    add_tokens(r);
    add_pairs(r);
    add(r,
        (struct redact_spec){.id = "arg",
                             .kind = REDACT_ARG,
                             .after = ':',
                             .parts = {curl},
                             .nparts = 1},
        "-u", "--user");
    add(r, (struct redact_spec){.id = "url", .kind = REDACT_URL}, "://", ":@");
    add(r, (struct redact_spec){.id = "pem", .kind = REDACT_PEM}, "-----BEGIN ",
        "--BEGIN");
    add(r,
        (struct redact_spec){
            .id = "span", .kind = REDACT_SPAN, .parts = {end}, .nparts = 1},
        "<p>", "<q>");
    return r;
}

/* Rebuilds the masked text from the hits; spans leave nothing behind.
 * Returns how many there are. */
static size_t expect(struct redact *r, const char *text, size_t len,
                     struct buf *out)
{
    struct redact_hit hit;
    struct err e;
    size_t done = 0, n = 0;

    redact_start(r, text, len);
    while (redact_next(r, &hit)) {
        if (hit.from < done || hit.to <= hit.from || hit.to > len)
            abort();
        buf_add(out, text + done, hit.from - done, &e);
        if (strcmp(hit.id, "span") != 0)
            buf_addf(out, &e, "[redacted:%s]", hit.id);
        done = hit.to;
        n++;
    }
    buf_add(out, text + done, len - done, &e);
    return n;
}

/* Any bytes as packed rules: refused, or a set that can be used. */
static void unpack(const char *bytes, size_t len)
{
    static const char text[] = "password=hunter2 gh_abc1 https://a:b@c 0A";
    struct redact *r = redact_new();
    struct redact_hit hit;
    struct err e;

    if (!r)
        abort();
    if (redact_unpack(r, bytes, len, &e)) {
        redact_start(r, text, sizeof(text) - 1);
        while (redact_next(r, &hit))
            ;
    }
    redact_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct redact *r = rules();
    char *text = malloc(size ? size : 1); /* no longer: reads past it show */
    struct buf want = {0}, got = {0};
    struct err e;
    size_t hits, found;

    if (!text)
        abort();
    memcpy(text, data, size);
    unpack(text, size);
    found = expect(r, text, size, &want);
    if (!redact_mask(r, text, size, &got, &hits, &e))
        abort();
    /* More hits are values that stand once more. */
    if (hits < found || (found == 0 && (hits > 0 || got.len > 0)))
        abort();
    if (hits == found && hits > 0 &&
        (got.len != want.len || memcmp(got.data, want.data, got.len) != 0))
        abort();
    redact_named(r, text, size / 2, text + size / 2, size - size / 2);
    buf_free(&want);
    buf_free(&got);
    free(text);
    redact_free(r);
    return 0;
}
