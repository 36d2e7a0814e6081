#include <string.h>

#include "redact/rule.h"

#define TAIL_MAX 32 /* DB_PASSWORD_PROD: what may follow the keyword */
#define TAG_MAX 200 /* the attributes of an XML element */

size_t redact_skip_blanks(const struct redact *r, size_t i)
{
    while (byte_at(r, i) == ' ' || byte_at(r, i) == '\t')
        i++;
    return i;
}

size_t redact_backslashes(const struct redact *r, size_t i)
{
    size_t n = 0;

    while (n < BACKSLASHES_MAX && byte_at(r, i + n) == '\\')
        n++;
    return n;
}

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
    static const char *const words[] = {"_PATH", "_FILE",   "_DIR",  "_NAME",
                                        "_LEN",  "_LENGTH", "_TYPE", "_COUNT",
                                        "_TTL",  "_EXPIRY"};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        size_t n = strlen(words[i]);

        if (to - from >= n && memcmp(text + to - n, words[i], n) == 0)
            return true;
    }
    return false;
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
    if (is_upper(text[pos]) && is_upper(text[pos + n - 1]) && i < len &&
        text[i] == '_')
        while (i < len && i < pos + n + TAIL_MAX &&
               (is_upper(text[i]) || is_digit(text[i]) || text[i] == '_'))
            i++;
    if (u->anywhere)
        i = name_end(text, len, i);
    *end = i;
    return (i >= len || !is_word(text[i])) && !is_about(text, pos + n, i);
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
    static const char *const leads[] = {"export ", "ENV ", "set ", "- "};

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

/* True when the name around pos is an option: --password VALUE. */
static bool is_option(const struct redact *r, size_t pos)
{
    size_t low = pos > TAIL_MAX ? pos - TAIL_MAX : 0;

    while (pos > low && (is_lower(r->text[pos - 1]) || r->text[pos - 1] == '-'))
        pos--;
    return r->text[pos] == '-' && byte_at(r, pos + 1) == '-';
}

/* True when the name around pos opens an XML element: <ns:password. */
static bool is_element(const struct redact *r, size_t pos)
{
    size_t low = pos > TAIL_MAX ? pos - TAIL_MAX : 0;

    while (pos > low && (is_word(r->text[pos - 1]) ||
                         (r->text[pos - 1] && strchr(".:-", r->text[pos - 1]))))
        pos--;
    return pos > 0 && r->text[pos - 1] == '<';
}

/* The end of the tag in which i is, behind the '>'; 0 when it has none. */
static size_t tag_end(const struct redact *r, size_t i)
{
    size_t limit = r->len - i > TAG_MAX ? i + TAG_MAX : r->len;

    for (; i < limit && r->text[i] != '<'; i++)
        if (r->text[i] == '>')
            return r->text[i - 1] == '/' ? 0 : i + 1;
    return 0;
}

/* Behind a name in quotes: where the value of a pair begins that is written
 * name="…" value="…", or "name": "…", "value": "…"; 0 when it is none. */
static size_t value_attribute(const struct redact *r, size_t i)
{
    size_t k;

    i = redact_skip_blanks(r, i);
    i = redact_skip_blanks(r, i + (byte_at(r, i) == ','));
    k = redact_backslashes(r, i);
    i += is_quote(byte_at(r, i + k)) ? k + 1 : 0;
    if (!redact_word_at(r->text, r->len, i, "value"))
        return 0;
    i += strlen("value");
    k = redact_backslashes(r, i);
    i += is_quote(byte_at(r, i + k)) ? k + 1 : 0;
    i = redact_skip_blanks(r, i);
    return byte_at(r, i) == '=' || byte_at(r, i) == ':'
               ? redact_skip_blanks(r, i + 1)
               : 0;
}

/* password:\n  value, or password: |\n  value */
static bool opens_block(const struct redact *r, size_t i)
{
    if (byte_at(r, i) == '|' || byte_at(r, i) == '>')
        for (i++; byte_at(r, i) && strchr("+-0123456789 ", byte_at(r, i)); i++)
            continue;
    i += byte_at(r, i) == '\r';
    return byte_at(r, i) == '\n';
}

/* The sign itself; i is behind the name and its closing quote. */
static size_t sign(const struct redact *r, size_t pos, size_t i, size_t blanks,
                   char *sep)
{
    char c = byte_at(r, i);

    if (c == ':' && byte_at(r, i + 1) != ':' && byte_at(r, i + 1) != '/')
        *sep = byte_at(r, ++i) == '=' ? '=' : ':';
    else if (c == '=' || (c == '-' && byte_at(r, i + 1) == '>'))
        *sep = '=';
    else if (redact_word_at(r->text, r->len, i, "%3d") ||
             redact_word_at(r->text, r->len, i, "%3a"))
        i += 2, *sep = '=';
    else if (blanks > 0 && (c == '\'' || (c != '-' && is_option(r, pos))))
        *sep = ' '; /* also SQL's PASSWORD '...' */
    if (*sep == '=')
        for (i++; byte_at(r, i) == '=' || byte_at(r, i) == '>'; i++)
            continue;
    return redact_skip_blanks(r, i);
}

size_t redact_separator(const struct redact *r, size_t pos, size_t end,
                        char *sep)
{
    size_t i = end, n = redact_backslashes(r, i);
    bool quoted = is_quote(byte_at(r, i + n));
    size_t after;

    *sep = 0;
    if (!quoted && is_element(r, pos) && (after = tag_end(r, i)) > 0) {
        *sep = '>';
        return after;
    }
    if (quoted)
        i += n + 1;
    if (quoted && (after = value_attribute(r, i)) > 0) {
        *sep = '=';
        return after;
    }
    if (byte_at(r, i) == ']')
        i++;
    n = redact_skip_blanks(r, i) - i;
    i += n;
    if (quoted && byte_at(r, i) == ',') {
        *sep = ',';
        return redact_skip_blanks(r, i + 1);
    }
    i = sign(r, pos, i, n, sep);
    if (*sep == ':' && opens_block(r, i))
        *sep = '\n';
    return i;
}
