#include <string.h>

#include "redact/rule.h"

#define PEM_MAX ((size_t)64 << 10) /* a private key, its lines quoted */
#define LABEL_MAX 64
#define KEY_LINE 40    /* a line of so much base64 is a key's */
#define HEADER_MAX 200 /* DEK-Info: ... */

static bool is_base64(char c)
{
    return is_digit(c) || is_lower(c) || is_upper(c) || c == '+' || c == '/' ||
           c == '=';
}

/* What stands around a key's lines where they are quoted, numbered, listed,
 * escaped or in a diff. */
static bool is_frame(char c)
{
    return c && strchr(" \t\r\n>|\"'`,;:*#.-\\", c);
}

/* Position of the dashes that end a label, or 0 when it is not of a private
 * key: "... PRIVATE KEY", "... PRIVATE KEY BLOCK". */
static size_t private_label(const struct redact *r, size_t label)
{
    static const char *const ends[] = {"PRIVATE KEY", "PRIVATE KEY BLOCK"};
    size_t limit = r->len - label > LABEL_MAX ? label + LABEL_MAX : r->len;
    size_t at = label;

    while (at < limit && r->text[at] != '-')
        at++;
    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(ends[i]);

        if (at - label >= n && memcmp(r->text + at - n, ends[i], n) == 0 &&
            redact_word_at(r->text, r->len, at, "-----"))
            return at;
    }
    return 0;
}

/* The next run of base64 behind the frame at at; *from and *to. */
static void next_run(const struct redact *r, size_t at, size_t *from,
                     size_t *to)
{
    while (at < r->len && is_frame(r->text[at]) &&
           !redact_word_at(r->text, r->len, at, "-----"))
        at += 1 + (r->text[at] == '\\' && byte_at(r, at + 1) &&
                   strchr("nrt", byte_at(r, at + 1)));
    *from = at;
    while (at < r->len && is_base64(r->text[at]))
        at++;
    *to = at;
}

/* A number of a line, or a header such as "Proc-Type: 4,ENCRYPTED": where it
 * ends, or 0. */
static size_t skip_head(const struct redact *r, size_t from, size_t to)
{
    size_t i = from;

    while (i < to && is_digit(r->text[i]))
        i++;
    if (i == to && to - from <= 6 && is_frame(byte_at(r, to)))
        return to;
    while (is_word(byte_at(r, i)) || byte_at(r, i) == '-')
        i++;
    if (byte_at(r, i) != ':' || byte_at(r, i + 1) != ' ')
        return 0;
    while (i < r->len && i - from < HEADER_MAX && r->text[i] != '\n' &&
           !(r->text[i] == '\\' && byte_at(r, i + 1) == 'n'))
        i++;
    return i;
}

/* Where the key ends whose first line ended at at: behind its last line, its
 * END line included when it has one.  Prose is no part of it. */
static size_t key_end(const struct redact *r, size_t at)
{
    size_t end = at;

    while (end - at < PEM_MAX) {
        size_t from, to, head, dashes;

        next_run(r, end, &from, &to);
        if (redact_word_at(r->text, r->len, from, "-----END ")) {
            dashes = private_label(r, from + strlen("-----END "));
            return dashes ? dashes + 5 : end;
        }
        if (to == from)
            return end;
        if (to - from < KEY_LINE && (head = skip_head(r, from, to)) > 0)
            end = head;
        else if (to - from < KEY_LINE && byte_at(r, to) == ' ')
            return end; /* a word among others */
        else
            end = to;
    }
    return end;
}

/* Where the lines begin that stand before an END line without a BEGIN. */
static size_t tail_start(const struct redact *r, size_t at)
{
    size_t start = at;

    while (at > r->done && start - at < PEM_MAX) {
        size_t to = at, from;

        while (to > r->done && is_frame(r->text[to - 1]))
            to--;
        for (from = to; from > r->done && is_base64(r->text[from - 1]); from--)
            continue;
        if (to - from < KEY_LINE && start != at)
            break;
        if (to - from < KEY_LINE && !(to > from && r->text[to - 1] == '='))
            break;
        at = from;
        start = at;
    }
    return start;
}

bool redact_pem(const struct redact *r, size_t at, size_t n,
                struct redact_hit *hit)
{
    size_t dashes = private_label(r, at + n);
    bool begin = byte_at(r, at + 5) == 'B';
    size_t from = at;

    if (!dashes)
        return false;
    if (!begin && (from = tail_start(r, at)) == at)
        return false;
    *hit = (struct redact_hit){
        .from = from, .to = begin ? key_end(r, dashes + 5) : dashes + 5};
    return true;
}
