/* What stands between a name and its value: a sign, a comma, the tags of an
 * XML document, a line's end. */
#include <string.h>

#include "redact/rule.h"

#define NAME_MAX 32  /* how far a name is followed back */
#define TAG_MAX 200  /* the attributes of an XML element */
#define SPACE_MAX 64 /* white space between two tags or two members */
#define TYPE_MAX 24  /* password *string = "..." */

size_t redact_backslashes(const struct redact *r, size_t i)
{
    size_t n = 0;

    while (n < BACKSLASHES_MAX && byte_at(r, i + n) == '\\')
        n++;
    return n;
}

size_t redact_skip_space(const struct redact *r, size_t i)
{
    size_t limit = i + SPACE_MAX;

    while (i < limit) {
        size_t k = redact_backslashes(r, i);
        char c = byte_at(r, i + k);

        if (!c || !strchr(k ? "nrt" : " \t\r\n", c))
            break;
        i += k + 1;
    }
    return i;
}

size_t redact_skip_quote(const struct redact *r, size_t i)
{
    size_t k = redact_backslashes(r, i);

    return is_quote(byte_at(r, i + k)) ? i + k + 1 : i;
}

/* True when the name around pos is an option: --password VALUE. */
static bool is_option(const struct redact *r, size_t pos)
{
    size_t low = pos > NAME_MAX ? pos - NAME_MAX : 0;

    while (pos > low && (is_lower(r->text[pos - 1]) || r->text[pos - 1] == '-'))
        pos--;
    return r->text[pos] == '-' && byte_at(r, pos + 1) == '-';
}

/* True when the name around pos opens an XML element: <ns:password. */
static bool is_element(const struct redact *r, size_t pos)
{
    size_t low = pos > NAME_MAX ? pos - NAME_MAX : 0;

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

/* Behind the tag that ends at i: where the text of the element begins that
 * holds the value, as in <key>password</key> <string>…; 0 when it is none. */
static size_t value_element(const struct redact *r, size_t i)
{
    static const char *const tags[] = {"<value>", "<string>"};

    if (!i)
        return 0;
    i = redact_skip_space(r, i);
    for (size_t k = 0; k < sizeof(tags) / sizeof(*tags); k++)
        if (redact_word_at(r->text, r->len, i, tags[k]))
            return i + strlen(tags[k]);
    return 0;
}

/* Behind a name: where the value of a pair begins that is written name="…"
 * value="…", or "name": "…", "value": "…", on one line or two; 0 when it is
 * none. */
static size_t value_attribute(const struct redact *r, size_t i)
{
    i = redact_skip_space(r, i);
    if (redact_word_at(r->text, r->len, i, "/>")) {
        i = redact_skip_space(r, i + 2);
        i += byte_at(r, i) == '<';
    }
    i = redact_skip_space(r, i + (byte_at(r, i) == ','));
    i = redact_skip_quote(r, i);
    if (!redact_word_at(r->text, r->len, i, "value"))
        return 0;
    i = redact_skip_blanks(r, redact_skip_quote(r, i + strlen("value")));
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

/* The type in password *string = "…": where its '=' is, or i. */
static size_t skip_type(const struct redact *r, size_t i)
{
    size_t to = i, equals;

    while (to < i + TYPE_MAX && byte_at(r, to) &&
           (is_word(r->text[to]) || strchr("*[]<>?!.&", r->text[to])))
        to++;
    equals = redact_skip_blanks(r, to);
    return to > i && equals > to && byte_at(r, equals) == '=' &&
                   is_quote(byte_at(r, redact_skip_blanks(r, equals + 1)))
               ? equals
               : i;
}

/* How many bytes stand before the '=' of an operator such as := ?= +=. */
static size_t operator_start(const struct redact *r, size_t i)
{
    size_t n = 0;

    while (n < 3 && byte_at(r, i + n) && strchr(":?+.|!", byte_at(r, i + n)))
        n++;
    return byte_at(r, i + n) == '=' ? n : 0;
}

/* True when the quote at i closes at the end of its line or before a ';'. */
static bool ends_directive(const struct redact *r, size_t i)
{
    size_t limit = r->len - i > TAG_MAX ? i + TAG_MAX : r->len;

    for (i++; i < limit && r->text[i] != '\n'; i++)
        if (r->text[i] == '"') {
            i = redact_skip_blanks(r, i + 1);
            return !byte_at(r, i) || strchr(";\r\n", r->text[i]);
        }
    return false;
}

/* The key is …: behind the verb, or i. */
static size_t skip_verb(const struct redact *r, size_t i)
{
    static const char *const verbs[] = {"is ", "was "};

    for (size_t k = 0; k < sizeof(verbs) / sizeof(*verbs); k++)
        if (redact_word_at(r->text, r->len, i, verbs[k]))
            return i + strlen(verbs[k]);
    return i;
}

/* Whether a value may stand behind a name and blanks alone: SQL's PASSWORD
 * '...', an option's, and that of a line in a server's configuration such as
 * password "..."; */
static bool stands_alone(const struct redact *r, size_t pos, size_t i, char c)
{
    return c == '\'' || (c != '-' && is_option(r, pos)) ||
           (c == '"' && ends_directive(r, i) &&
            redact_starts_line(r, redact_name_start(r, pos)));
}

/* The sign itself; i is behind the name and its closing quote. */
static size_t sign(const struct redact *r, size_t pos, size_t i, size_t blanks,
                   char *sep)
{
    char c;

    if (blanks > 0)
        i = skip_type(r, i);
    i += operator_start(r, i);
    c = byte_at(r, i);
    if (c == ':' && byte_at(r, i + 1) != ':' && byte_at(r, i + 1) != '/')
        *sep = ':', i++;
    else if (c == '=' || (c == '-' && byte_at(r, i + 1) == '>') ||
             (c == '<' && byte_at(r, i + 1) == '-'))
        *sep = '=';
    else if (redact_word_at(r->text, r->len, i, "%3d") ||
             redact_word_at(r->text, r->len, i, "%3a"))
        i += 2, *sep = '=';
    else if (blanks > 0 && stands_alone(r, pos, i, c))
        *sep = ' ';
    else if (blanks == 0 && c == '(' && is_quote(byte_at(r, i + 1)))
        *sep = '(', i++;
    else if (blanks == 0 && c == ',')
        *sep = ',', i++;
    else if (blanks > 0 && c == '|' && byte_at(r, i + 1) == ' ' &&
             !is_quote(r->text[i - blanks - 1]))
        *sep = '|', i++;
    else if (blanks > 0 && is_word(c)) {
        *sep = 'w';
        i = skip_verb(r, i);
    }
    if (*sep == '=')
        for (i++; byte_at(r, i) == '=' || byte_at(r, i) == '>' ||
                  (c == '<' && byte_at(r, i) == '-');
             i++)
            continue;
    return redact_skip_blanks(r, i);
}

/* True when the attribute around pos is the name of its element's text:
 * <string name="api_key">… */
static bool is_named(const struct redact *r, size_t pos)
{
    size_t name = redact_name_start(r, pos);

    name -= name > 0 && is_quote(r->text[name - 1]);
    return (name >= 5 && redact_word_at(r->text, name, name - 5, "name=")) ||
           (name >= 4 && redact_word_at(r->text, name, name - 4, "key="));
}

/* Where a value of its own begins behind a name: <name>X</name> <value>,
 * name="X" value=, name: X and the line value:.  0 when there is none. */
static size_t separate_value(const struct redact *r, size_t pos, size_t i,
                             bool quoted, char *sep)
{
    size_t k = redact_backslashes(r, i), after = 0;
    char c = byte_at(r, i + k);

    if (c == '<' && byte_at(r, i + 1) == '/')
        after = value_element(r, tag_end(r, i + 1));
    else if (quoted && (c == '>' || c == ' '))
        after = value_element(r, tag_end(r, i));
    *sep = '>';
    if (!after && quoted && c == '>' && is_named(r, pos)) {
        *sep = '|';
        return i + 1;
    }
    if (!after && (quoted || (k > 0 ? c == 'n' : c == '\n' || c == '\r'))) {
        after = value_attribute(r, i);
        *sep = '=';
    }
    return after;
}

size_t redact_separator(const struct redact *r, size_t pos, size_t end,
                        char *sep)
{
    size_t i = end, n = redact_backslashes(r, i);
    bool quoted = is_quote(byte_at(r, i + n));
    size_t after;

    *sep = '>';
    if (!quoted && is_element(r, pos) && (after = tag_end(r, i)) > 0)
        return after;
    if (quoted)
        i += n + 1;
    if ((after = separate_value(r, pos, i, quoted, sep)) > 0)
        return after;
    *sep = 0;
    if (byte_at(r, i) == '[' && byte_at(r, i + 1) == ']')
        i++; /* char password[] = */
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
