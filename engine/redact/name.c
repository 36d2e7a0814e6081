#include <string.h>

#include "redact/rule.h"

#define TAIL_MAX 32 /* DB_PASSWORD_PROD: what may follow the keyword */

/* Where a name ends that goes on after its keyword, words and blanks of a
 * sentence included. */
static size_t name_end(const char *text, size_t len, size_t i)
{
    size_t limit = len - i > TAIL_MAX ? i + TAIL_MAX : len;

    while (i < limit &&
           (is_word(text[i]) || (text[i] && strchr("-. \t", text[i]))))
        i++;
    while (text[i - 1] == ' ' || text[i - 1] == '\t')
        i--;
    return i;
}

/* DB_PASSWORD_FILE: what the name goes on with says that it holds no secret. */
static bool is_about(const char *text, size_t from, size_t to)
{
    static const char *const words[] = {
        "_PATH",    "_FILE",  "_DIR",      "_NAME",   "_LEN",  "_LENGTH",
        "_TYPE",    "_COUNT", "_TTL",      "_EXPIRY", "_ID",   "_AUDIENCE",
        "_URL",     "_URI",   "_ENDPOINT", "_ISSUER", "_HOST", "_DOMAIN",
        "_VERSION", "_SCOPE", "_REGION",   "_USER",   "_ENV"};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        size_t n = strlen(words[i]);

        if (to - from >= n && memcmp(text + to - n, words[i], n) == 0)
            return true;
    }
    return false;
}

/* Where the name begins in which pos is. */
static size_t word_start(const char *text, size_t pos)
{
    size_t low = pos > TAIL_MAX ? pos - TAIL_MAX : 0;

    while (pos > low && (is_word(text[pos - 1]) || text[pos - 1] == '-'))
        pos--;
    return pos;
}

/* The other words of a name that goes on behind its keyword: keyForStripe,
 * auth_prod; 0 when the keyword is a part of a longer word: author. */
static size_t tail_end(const char *text, size_t len, size_t from, size_t i)
{
    size_t limit = len - i > TAIL_MAX ? i + TAIL_MAX : len;

    if (i < len && is_word(text[i]) && text[i] != '_' &&
        !(is_upper(text[i]) && is_lower(text[from])))
        return 0;
    while (i < limit && (is_word(text[i]) || text[i] == '-'))
        i++;
    return i;
}

bool redact_is_secret_name(const char *text, size_t len, const struct rule *u,
                           size_t pos, size_t n, size_t *end)
{
    size_t i = pos + n;
    bool camel = pos > 0 && is_lower(text[pos - 1]) && is_upper(text[pos]);

    if (!u->inside && !camel && !(pos > 0 && text[pos - 1] == '_') &&
        !redact_at_word_start(text, pos))
        return false;
    while (i < len && i < pos + n + TAIL_MAX && is_digit(text[i]))
        i++;
    if (u->guard & REDACT_WEAK) {
        i = tail_end(text, len, pos + n - 1, i);
        if (!i || ((u->guard & REDACT_JOINED) && word_start(text, pos) == pos))
            return false;
    } else if (is_upper(text[pos]) && is_upper(text[pos + n - 1]) && i < len &&
               text[i] == '_') {
        while (i < len && i < pos + n + TAIL_MAX &&
               (is_upper(text[i]) || is_digit(text[i]) || text[i] == '_'))
            i++;
    }
    if (u->anywhere)
        i = name_end(text, len, i);
    *end = i;
    return (i >= len || !is_word(text[i])) && !is_about(text, pos + n, i);
}

/* True when a word of a name ends before i: at a sign, a digit, a capital. */
static bool ends_word(const char *text, size_t i, size_t to)
{
    return i >= to || !(is_lower(text[i]) || is_upper(text[i])) ||
           (is_upper(text[i]) && is_lower(text[i - 1]));
}

/* Words of names that hold no secret. */
static const char *const plain[] = {
    "access",   "accessor", "algorithm",   "alias",     "arn",     "audience",
    "author",   "blob",     "bucket",      "cache",     "cached",  "challenge",
    "checksum", "class",    "code",        "color",     "column",  "commit",
    "config",   "content",  "count",       "cursor",    "date",    "dedup",
    "digest",   "dir",      "domain",      "donkey",    "email",   "encoding",
    "endpoint", "etag",     "event",       "exchange",  "expires", "expiry",
    "field",    "file",     "fingerprint", "flow",      "foreign", "format",
    "frame",    "group",    "hash",        "header",    "hockey",  "host",
    "hot",      "icon",     "id",          "ids",       "idx",     "index",
    "issuer",   "item",     "kind",        "label",     "len",     "length",
    "level",    "lock",     "lookup",      "map",       "method",  "mode",
    "monkey",   "mount",    "name",        "natural",   "node",    "nonce",
    "object",   "pair",     "part",        "partition", "parts",   "path",
    "pattern",  "policy",   "port",        "prefix",    "press",   "primary",
    "prop",     "property", "provider",    "pub",       "public",  "query",
    "react",    "realm",    "regex",       "region",    "result",  "ring",
    "route",    "routing",  "row",         "rule",      "salt",    "schema",
    "scope",    "selector", "sequence",    "server",    "shard",   "signature",
    "size",     "sort",     "source",      "space",     "spec",    "state",
    "status",   "storage",  "store",       "style",     "suffix",  "tenant",
    "text",     "time",     "title",       "ttl",       "turkey",  "type",
    "unique",   "uri",      "url",         "usage",     "user",    "vault",
    "verifier", "version",  "whiskey",     "word"};

bool redact_is_plain_name(const char *text, const struct rule *u, size_t pos,
                          size_t n, size_t to)
{

    if (!(u->guard & REDACT_WEAK))
        return false;
    for (size_t i = word_start(text, pos); i < to; i++) {
        if (i > 0 && !ends_word(text, i, to) && i != pos + n &&
            is_word(text[i - 1]) && text[i - 1] != '_')
            continue;
        for (size_t k = 0; k < sizeof(plain) / sizeof(*plain); k++) {
            size_t end = i + strlen(plain[k]);

            if (redact_word_at(text, to, i, plain[k]) &&
                (end == pos || ends_word(text, end, to)))
                return true;
        }
    }
    return false;
}

size_t redact_name_start(const struct redact *r, size_t pos)
{
    size_t low = pos > TAIL_MAX ? pos - TAIL_MAX : 0;

    while (pos > low && (is_word(r->text[pos - 1]) ||
                         (r->text[pos - 1] && strchr(".-", r->text[pos - 1]))))
        pos--;
    return pos;
}

bool redact_starts_line(const struct redact *r, size_t pos)
{
    static const char *const leads[] = {"export ", "ENV ", "set ", "setx ",
                                        "- "};

    for (size_t i = 0; i < sizeof(leads) / sizeof(*leads); i++) {
        size_t n = strlen(leads[i]);

        if (pos >= n && memcmp(r->text + pos - n, leads[i], n) == 0) {
            pos -= n;
            break;
        }
    }
    for (size_t i = 0; i < TAIL_MAX && pos > 0; i++, pos--)
        if (r->text[pos - 1] != ' ' && r->text[pos - 1] != '\t')
            return r->text[pos - 1] == '\n' ||
                   (r->text[pos - 1] == 'n' && pos > 1 &&
                    r->text[pos - 2] == '\\');
    return pos == 0;
}
