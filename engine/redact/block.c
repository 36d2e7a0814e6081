#include <string.h>

#include "redact/rule.h"

/* Between the tags of an XML element, white space around it not included. */
bool redact_element(struct redact *r, const struct rule *u, size_t from,
                    struct redact_hit *hit)
{
    static const char cdata[] = "<![CDATA[";
    size_t limit, to;

    while (byte_at(r, from) && (unsigned char)r->text[from] <= ' ')
        from++;
    if (redact_word_at(r->text, r->len, from, cdata))
        from += sizeof(cdata) - 1;
    limit = r->len - from > BLOCK_MAX ? from + BLOCK_MAX : r->len;
    for (to = from; to < limit && r->text[to] != '<' &&
                    !redact_word_at(r->text, r->len, to, "]]>");
         to++)
        continue;
    if (to == r->len) { /* the text was cut within a word */
        if (redact_unquoted_end(r, from) < to)
            return false;
    } else if (r->text[to] == '<' && byte_at(r, to + 1) != '/') {
        return false;
    }
    while (to > from && (unsigned char)r->text[to - 1] <= ' ')
        to--;
    return redact_is_secret_value(u, r->text, from, to) &&
           (*hit = (struct redact_hit){.from = from, .to = to}, true);
}

static size_t line_break(const struct redact *r, size_t i)
{
    while (i < r->len && r->text[i] != '\n')
        i++;
    return i;
}

size_t redact_first_line(const struct redact *r, size_t from, char sep)
{
    if (sep == '\n')
        from = line_break(r, from);
    while (byte_at(r, from) && (unsigned char)r->text[from] <= ' ')
        from++;
    return from;
}

/* On the lines below a YAML key that are indented deeper than it is: one word,
 * or all of them behind | or >. */
bool redact_block(struct redact *r, const struct rule *u, const struct pair *p,
                  size_t from, struct redact_hit *hit)
{
    size_t name = redact_name_start(r, p->pos), base = 0, indent, to, next;
    bool all = byte_at(r, from) == '|' || byte_at(r, from) == '>';
    struct pair below = {.pos = p->pos, .end = p->end, .sep = '\n'};

    while (base < name && base < 256 && (r->text[name - base - 1] == ' '))
        base++;
    next = from + strcspn(r->text + from, "\n") + 1;
    from = redact_skip_blanks(r, next);
    indent = from - next;
    to = redact_unquoted_end(r, from);
    if (indent <= base || r->text[to - 1] == ':' || byte_at(r, from) == '#' ||
        byte_at(r, from) == '-' || !redact_starts_line(r, name))
        return false;
    if (!all)
        return redact_value(r, u, &below, from, hit);
    to = redact_line_end(r, to);
    if (byte_at(r, to) > ' ' || byte_at(r, to) == ' ' ||
        !redact_is_secret_value(u, r->text, from, to))
        return false;
    for (next = line_break(r, to); next - from < BLOCK_MAX && next < r->len;
         next = line_break(r, to)) {
        size_t word = redact_skip_blanks(r, next + 1);

        if (word - next <= indent || byte_at(r, word) == '\n' || word >= r->len)
            break;
        to = line_break(r, word);
    }
    return (*hit = (struct redact_hit){.from = from, .to = to}, true);
}
