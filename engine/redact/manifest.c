/* The data of a Kubernetes Secret: its values stand below names of any kind,
 * and "kind: Secret" stands before or behind them. */
#include <string.h>

#include "redact/rule.h"

#define KIND_NEAR 2048 /* between the kind and its data */
#define VALUE_MIN 8    /* of a value in base64 */

/* The end of "kind: Secret" at i, quoted or not, also escaped; or 0. */
static size_t kind_end(const struct redact *r, size_t i)
{
    static const char key[] = "kind", value[] = "secret";

    if (!redact_word_at(r->text, r->len, i, key) ||
        !redact_at_word_start(r->text, i))
        return 0;
    i = redact_skip_quote(r, i + strlen(key));
    if (byte_at(r, i) != ':')
        return 0;
    i = redact_skip_quote(r, redact_skip_blanks(r, i + 1));
    if (!redact_word_at(r->text, r->len, i, value))
        return 0;
    i += strlen(value);
    return is_word(byte_at(r, i)) || byte_at(r, i) == '-' ? 0 : i;
}

/* True when a Secret's kind stands near at.  What was looked at for an earlier
 * place is not looked at again. */
static bool is_of_secret(struct redact *r, size_t at)
{
    struct run *seen = &r->kinds;
    size_t low = at > KIND_NEAR ? at - KIND_NEAR : 0;
    size_t limit = r->len - at > KIND_NEAR ? at + KIND_NEAR : r->len;

    if (seen->scan != r->scan)
        *seen = (struct run){.scan = r->scan};
    for (size_t i = seen->to > low ? seen->to : low; i < limit; i++)
        if ((r->text[i] | 32) == 'k' && kind_end(r, i))
            seen->from = i + 1;
    if (limit > seen->to)
        seen->to = limit;
    return seen->from > low;
}

/* True when no other document begins between two places. */
static bool is_same_document(const struct redact *r, size_t a, size_t b)
{
    if (a > b)
        return is_same_document(r, b, a);
    for (; a < b; a++)
        if (r->text[a] == '\n' && redact_word_at(r->text, r->len, a + 1, "---"))
            return false;
    return true;
}

static bool is_value_part(char c)
{
    return is_word(c) || (c && strchr("+/=.!@#%^&*-", c));
}

/* True when one of the members in [from, to) has a value worth masking. */
static bool has_value(const struct redact *r, size_t from, size_t to)
{
    size_t n = 0;

    for (size_t i = from; i < to; i++) {
        if (is_value_part(r->text[i])) {
            n++;
            continue;
        }
        if (n >= VALUE_MIN &&
            byte_at(r, redact_skip_blanks(r, redact_skip_quote(r, i))) != ':')
            return true;
        n = 0;
    }
    return n >= VALUE_MIN;
}

/* How long a line's end at i is, as it is or as an escape such as \n; or 0. */
static size_t line_end(const struct redact *r, size_t i)
{
    size_t k = redact_backslashes(r, i);

    return byte_at(r, i) == '\n'               ? 1
           : k > 0 && byte_at(r, i + k) == 'n' ? k + 1
                                               : 0;
}

/* The lines below at that are indented deeper than its own. */
static size_t block_end(const struct redact *r, size_t at, size_t from)
{
    size_t start = at, base, end = from;
    bool escaped = r->text[from - 1] == 'n'; /* in a string of JSON */

    while (
        start > 0 && r->text[start - 1] != '\n' &&
        !(r->text[start - 1] == 'n' && start > 1 && r->text[start - 2] == '\\'))
        start--;
    base = at - start;
    while (from < r->len && from - at < BLOCK_MAX) {
        size_t word = redact_skip_blanks(r, from), next = word;

        while (next < r->len && !line_end(r, next) &&
               !(escaped && r->text[next] == '"' && r->text[next - 1] != '\\'))
            next++;
        if (word < next && word - from <= base)
            break;
        if (word < next)
            end = next;
        if (!line_end(r, next))
            break;
        from = next + line_end(r, next);
    }
    return end;
}

/* The end of an object in JSON whose '{' is at from, without its '}'. */
static size_t object_end(const struct redact *r, size_t from)
{
    size_t limit = r->len - from > BLOCK_MAX ? from + BLOCK_MAX : r->len;

    for (size_t i = from + 1; i < limit; i++)
        if (r->text[i] == '}' || r->text[i] == '{')
            return r->text[i] == '}' ? i : 0;
    return 0;
}

bool redact_manifest(struct redact *r, size_t at, size_t n,
                     struct redact_hit *hit)
{
    size_t from = redact_skip_blanks(r, redact_skip_quote(r, at + n)), to;

    if (!redact_at_word_start(r->text, at))
        return false;
    if (byte_at(r, from) != ':')
        return false;
    from = redact_skip_blanks(r, from + 1);
    from += byte_at(r, from) == '\r';
    if (byte_at(r, from) != '{' && !line_end(r, from))
        return false;
    if (!is_of_secret(r, at) || !is_same_document(r, r->kinds.from, at))
        return false;
    to = byte_at(r, from) == '{' ? object_end(r, from)
                                 : block_end(r, at, from + line_end(r, from));
    from = redact_skip_space(r, from + (byte_at(r, from) == '{'));
    if (to <= from || !has_value(r, from, to))
        return false;
    *hit = (struct redact_hit){.from = from, .to = to};
    return true;
}
