/* Rules as bytes, which are read much faster than a table of Lua: for each
 * rule its numbers as the machine has them, then its texts, each with its
 * NUL: id, before, the keywords, and of each part its literal or set. */
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "redact/redact.h"

#define KEYWORDS_MAX 256

/* The numbers of a rule. */
struct packed_rule {
    size_t min, before_min, nkeywords, nparts;
    unsigned guard;
    unsigned char kind;
    char after;
    unsigned char anycase, inside, keep, scheme, anywhere, line, attached;
    unsigned char before; /* like these 1 or 0: it has a text of that name */
};

/* The numbers of a part. */
struct packed_part {
    size_t min, max;
    unsigned char keep, literal;
};

static bool add_text(struct buf *out, const char *text, struct err *e)
{
    return buf_add(out, text, strlen(text) + 1, e);
}

static bool add_part(struct buf *out, const struct redact_part *p,
                     struct err *e)
{
    struct packed_part n;

    memset(&n, 0, sizeof(n)); /* its gaps, too: the same rules, the same file */
    n.min = p->min;
    n.max = p->max;
    n.keep = p->keep;
    n.literal = p->literal != NULL;
    return buf_add(out, &n, sizeof(n), e) &&
           add_text(out, p->literal ? p->literal : p->set, e);
}

bool redact_pack(const struct redact_spec *s, struct buf *out, struct err *e)
{
    struct packed_rule n;

    if (!redact_check(s, e))
        return false;
    if (s->nkeywords > KEYWORDS_MAX)
        return err_set(e, ERR_ARG, "rule %s: too many keywords", s->id);
    memset(&n, 0, sizeof(n));
    n.min = s->min;
    n.before_min = s->before_min;
    n.nkeywords = s->nkeywords;
    n.nparts = s->nparts;
    n.guard = s->guard;
    n.kind = (unsigned char)s->kind;
    n.after = s->after;
    n.anycase = s->anycase;
    n.inside = s->inside;
    n.keep = s->keep;
    n.scheme = s->scheme;
    n.anywhere = s->anywhere;
    n.line = s->line;
    n.attached = s->attached;
    n.before = s->before != NULL;
    if (!buf_add(out, &n, sizeof(n), e) || !add_text(out, s->id, e) ||
        (s->before && !add_text(out, s->before, e)))
        return false;
    for (size_t i = 0; i < s->nkeywords; i++)
        if (!add_text(out, s->keywords[i], e))
            return false;
    for (size_t i = 0; i < s->nparts; i++)
        if (!add_part(out, &s->parts[i], e))
            return false;
    return true;
}

bool redact_pack_end(struct buf *out, struct err *e)
{
    struct packed_rule n;

    memset(&n, 0, sizeof(n)); /* no rule is without keywords */
    return buf_add(out, &n, sizeof(n), e);
}

/* What is left to read; at becomes NULL when it ends too early. */
struct packed {
    const char *at;
    size_t left;
};

static void take(struct packed *p, void *to, size_t n)
{
    memset(to, 0, n);
    if (!p->at || p->left < n) {
        p->at = NULL;
        return;
    }
    memcpy(to, p->at, n);
    p->at += n;
    p->left -= n;
}

static const char *take_text(struct packed *p)
{
    const char *text = p->at;
    const char *end = text ? memchr(text, '\0', p->left) : NULL;

    p->at = end ? end + 1 : NULL;
    if (!end)
        return "";
    p->left -= (size_t)(p->at - text);
    return text;
}

static void take_parts(struct packed *p, struct redact_spec *s)
{
    for (size_t i = 0; i < s->nparts; i++) {
        struct redact_part *part = &s->parts[i];
        struct packed_part n;

        take(p, &n, sizeof(n));
        part->min = n.min;
        part->max = n.max;
        part->keep = n.keep;
        *(n.literal ? &part->literal : &part->set) = take_text(p);
    }
}

/* The next rule, or the end, which has no keywords; its texts are those that
 * were packed. */
static bool take_rule(struct packed *p, struct redact_spec *s,
                      const char **keywords)
{
    struct packed_rule n;

    take(p, &n, sizeof(n));
    if (!p->at || n.nkeywords > KEYWORDS_MAX || n.nparts > REDACT_PARTS)
        return false;
    *s = (struct redact_spec){
        .kind = n.kind,
        .keywords = keywords,
        .nkeywords = n.nkeywords,
        .nparts = n.nparts,
        .guard = n.guard,
        .min = n.min,
        .before_min = n.before_min,
        .after = n.after,
        .anycase = n.anycase,
        .inside = n.inside,
        .keep = n.keep,
        .scheme = n.scheme,
        .anywhere = n.anywhere,
        .line = n.line,
        .attached = n.attached,
    };
    if (!n.nkeywords)
        return true;
    s->id = take_text(p);
    if (n.before)
        s->before = take_text(p);
    for (size_t i = 0; i < n.nkeywords; i++)
        keywords[i] = take_text(p);
    take_parts(p, s);
    return p->at != NULL;
}

bool redact_unpack(struct redact *r, const char *bytes, size_t len,
                   struct err *e)
{
    struct packed p = {bytes, len};
    const char *keywords[KEYWORDS_MAX];
    struct redact_spec s;

    while (take_rule(&p, &s, keywords)) {
        if (!s.nkeywords)
            return p.left == 0 ||
                   err_set(e, ERR_ARG, "bytes follow the packed rules");
        if (!redact_add(r, &s, e))
            return false;
    }
    return err_set(e, ERR_ARG, "the packed rules are damaged");
}
