#include "search/parts.h"

#include <stdint.h>
#include <string.h>

#include "core/buf.h"

/* Longer ones are no identifiers but encoded bytes. */
#define LONGEST 64

/* Shorter parts are left out. */
#define SHORTEST 3

/* Identifiers that were met, by hash; one that falls on another's place makes
 * that one appear twice, and no more. */
#define SEEN 512

/* Bits for the plain words of a text, by hash. */
#define WORDS 65536

struct reader {
    struct buf *out;
    struct err *e;
    uint32_t seen[SEEN];
    uint64_t words[WORDS / 64];
};

enum kind { OTHER, LOWER, UPPER, DIGIT };

static enum kind kind_of(char c)
{
    if (c >= 'a' && c <= 'z')
        return LOWER;
    if (c >= 'A' && c <= 'Z')
        return UPPER;
    return c >= '0' && c <= '9' ? DIGIT : OTHER;
}

/* Whether a part begins at i: a capital behind something small, or the last one
 * of several, as the S of HTTPServer. */
static bool begins(const char *s, size_t len, size_t i)
{
    if (i == 0 || kind_of(s[i]) != UPPER)
        return i == 0;
    return kind_of(s[i - 1]) != UPPER ||
           (i + 1 < len && kind_of(s[i + 1]) == LOWER);
}

/* IDs, URLs and the like are one part: the s is no part of its own. */
static bool is_plural(const char *s, size_t len, size_t i)
{
    return i + 2 == len && s[i + 1] == 's' && i > 0 &&
           kind_of(s[i - 1]) == UPPER;
}

/* A hash of a word, capitals or not. */
static uint32_t hash_of(const char *s, size_t len)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)(s[i] | 0x20)) * 16777619U;
    return hash ^ hash >> 16;
}

static bool is_seen(struct reader *r, const char *s, size_t len)
{
    uint32_t hash = hash_of(s, len);
    bool was = r->seen[hash % SEEN] == hash;

    r->seen[hash % SEEN] = hash;
    return was;
}

static void note_word(struct reader *r, const char *s, size_t len)
{
    uint32_t bit = hash_of(s, len) % WORDS;

    r->words[bit / 64] |= (uint64_t)1 << bit % 64;
}

/* Whether the text has the word by itself: then it is indexed already. */
static bool is_word(const struct reader *r, const char *s, size_t len)
{
    uint32_t bit = hash_of(s, len) % WORDS;

    return r->words[bit / 64] >> bit % 64 & 1;
}

/* Adds the parts of an identifier; short ones, as the i of iPhone, say nothing
 * and are in every text. */
static bool add(struct reader *r, const char *s, size_t len)
{
    size_t from = 0, n = 0;
    bool ok = true;

    for (size_t i = 1; ok && i <= len; i++) {
        if (i < len && (!begins(s, len, i) || is_plural(s, len, i)))
            continue;
        if (i - from >= SHORTEST && !is_word(r, s + from, i - from))
            ok = buf_adds(r->out, n++ ? " " : "", r->e) &&
                 buf_add(r->out, s + from, i - from, r->e);
        from = i;
    }
    return ok && (n == 0 || buf_adds(r->out, "\n", r->e));
}

static bool has_parts(const char *s, size_t len)
{
    if (len > LONGEST)
        return false;
    for (size_t i = 1; i < len; i++)
        if (begins(s, len, i) && !is_plural(s, len, i))
            return true;
    return false;
}

/* Gives each run of letters and digits to fn, which may end it. */
static bool each_run(struct reader *r, const char *text, size_t len,
                     bool (*fn)(struct reader *r, const char *s, size_t len))
{
    size_t end;

    for (size_t at = 0; at < len; at = end + 1) {
        for (end = at; end < len && kind_of(text[end]) != OTHER;)
            end++;
        if (end > at && !fn(r, text + at, end - at))
            return false;
    }
    return true;
}

static bool note_run(struct reader *r, const char *s, size_t len)
{
    if (!has_parts(s, len))
        note_word(r, s, len);
    return true;
}

static bool add_run(struct reader *r, const char *s, size_t len)
{
    return !has_parts(s, len) || is_seen(r, s, len) || add(r, s, len);
}

bool parts_add(struct buf *out, const char *text, size_t len, struct err *e)
{
    struct reader r = {.out = out, .e = e};

    return each_run(&r, text, len, note_run) &&
           each_run(&r, text, len, add_run);
}
