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

static bool is_seen(uint32_t seen[SEEN], const char *s, size_t len)
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    bool was;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)s[i]) * 16777619U;
    was = seen[hash % SEEN] == hash;
    seen[hash % SEEN] = hash;
    return was;
}

/* Adds the parts of an identifier; short ones, as the i of iPhone, say nothing
 * and are in every text. */
static bool add(struct buf *out, const char *s, size_t len, struct err *e)
{
    size_t from = 0, n = 0;
    bool ok = true;

    for (size_t i = 1; ok && i <= len; i++) {
        if (i < len && (!begins(s, len, i) || is_plural(s, len, i)))
            continue;
        if (i - from >= SHORTEST)
            ok = buf_adds(out, n++ ? " " : "", e) &&
                 buf_add(out, s + from, i - from, e);
        from = i;
    }
    return ok && (n == 0 || buf_adds(out, "\n", e));
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

bool parts_add(struct buf *out, const char *text, size_t len, struct err *e)
{
    uint32_t seen[SEEN] = {0};
    size_t end;

    for (size_t at = 0; at < len; at = end + 1) {
        for (end = at; end < len && kind_of(text[end]) != OTHER;)
            end++;
        if (has_parts(text + at, end - at) &&
            !is_seen(seen, text + at, end - at) &&
            !add(out, text + at, end - at, e))
            return false;
    }
    return true;
}
