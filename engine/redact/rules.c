/* How a set of rules is made: all of it stands in a few blocks of memory. */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "redact/redact.h"
#include "redact/rule.h"

#define BLOCK_SIZE ((size_t)32 << 10)

/* Memory of a set: made by take(), freed with the set. */
struct block {
    struct block *next;
    size_t used;
    _Alignas(max_align_t) char bytes[BLOCK_SIZE];
};

/* A set of characters by the text that describes it, shared by all parts that
 * are described alike. */
struct named_set {
    struct named_set *next;
    const char *text;
    size_t len;
    struct charset chars;
};

struct redact *redact_new(void)
{
    struct redact *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->last = &r->rules;
    r->nkeywords = 1;
    redact_unquoted_set(&r->unquoted);
    return r;
}

void redact_free(struct redact *r)
{
    if (!r)
        return;
    for (struct block *b = r->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(r->keywords);
    free(r);
}

/* n zeroed bytes for rule id, or NULL with *e set. */
static void *take(struct redact *r, size_t n, const char *id, struct err *e)
{
    struct block *b = r->blocks;
    size_t align = _Alignof(max_align_t);
    void *p;

    n = (n + align - 1) / align * align;
    if (n <= BLOCK_SIZE && (!b || BLOCK_SIZE - b->used < n)) {
        b = calloc(1, sizeof(*b));
        if (b) {
            b->next = r->blocks;
            r->blocks = b;
        }
    }
    if (n > BLOCK_SIZE || !b) {
        err_set(e, n > BLOCK_SIZE ? ERR_ARG : ERR_NOMEM,
                n > BLOCK_SIZE ? "rule %.64s: too long a text"
                               : "no memory for rule %.64s",
                id);
        return NULL;
    }
    p = b->bytes + b->used;
    b->used += n;
    return p;
}

static const char *take_text(struct redact *r, const char *text, const char *id,
                             struct err *e)
{
    size_t n = strlen(text) + 1;
    char *copy = take(r, n, id, e);

    return copy ? memcpy(copy, text, n) : NULL;
}

/* "A-Za-z_-": ranges, single characters, a '-' at either end. */
static void charset_fill(struct charset *out, const char *set)
{
    const unsigned char *s = (const unsigned char *)set;

    for (size_t i = 0; s[i];) {
        if (s[i + 1] == '-' && s[i + 2]) {
            for (unsigned c = s[i]; c <= s[i + 2]; c++)
                out->has[c] = true;
            i += 3;
        } else {
            out->has[s[i++]] = true;
        }
    }
}

static const struct charset *find_charset(struct redact *r, const char *text,
                                          const char *id, struct err *e)
{
    struct named_set *s = r->sets;
    size_t len = strlen(text);

    while (s && (s->len != len || memcmp(s->text, text, len) != 0))
        s = s->next;
    if (s)
        return &s->chars;
    s = take(r, sizeof(*s), id, e);
    if (!s || !(s->text = take_text(r, text, id, e)))
        return NULL;
    s->len = len;
    charset_fill(&s->chars, text);
    s->next = r->sets;
    r->sets = s;
    return &s->chars;
}

static bool copy_parts(struct redact *r, struct rule *u,
                       const struct redact_spec *s, struct err *e)
{
    u->parts = take(r, (s->nparts + 1) * sizeof(*u->parts), u->id, e);
    if (!u->parts)
        return false;
    for (; u->nparts < s->nparts; u->nparts++) {
        const struct redact_part *from = &s->parts[u->nparts];
        struct part *to = &u->parts[u->nparts];

        to->min = from->min;
        to->max = from->max;
        to->keep = from->keep;
        if (from->set)
            to->set = find_charset(r, from->set, u->id, e);
        else
            to->literal = take_text(r, from->literal, u->id, e);
        if (!to->set && !to->literal)
            return false;
        to->len = to->literal ? strlen(to->literal) : 0;
    }
    return true;
}

/* Room for one more keyword. */
static bool grow(struct redact *r, const char *id, struct err *e)
{
    size_t room = r->room ? 2 * r->room : 1024;
    struct keyword *all;

    if (r->nkeywords >= UINT16_MAX)
        return err_set(e, ERR_ARG, "rule %s: too many keywords", id);
    if (r->nkeywords < r->room)
        return true;
    all = realloc(r->keywords, room * sizeof(*all));
    if (!all)
        return err_set(e, ERR_NOMEM, "no memory for rule %s", id);
    r->keywords = all;
    r->room = room;
    return true;
}

static bool add_keyword(struct redact *r, struct rule *u, const char *text,
                        struct err *e)
{
    size_t len = strlen(text);
    unsigned b;

    if (len < 2)
        return err_set(e, ERR_ARG, "rule %s: keyword '%s' is too short", u->id,
                       text);
    if (!grow(r, u->id, e) || !(text = take_text(r, text, u->id, e)))
        return false;
    b = redact_bucket(text);
    r->keywords[r->nkeywords] =
        (struct keyword){.text = text, .len = len, .rule = u};
    if (r->heads[b])
        r->keywords[r->tails[b]].next = (uint16_t)r->nkeywords;
    else
        r->heads[b] = (uint16_t)r->nkeywords;
    r->tails[b] = (uint16_t)r->nkeywords++;
    return true;
}

bool redact_check(const struct redact_spec *s, struct err *e)
{
    if (!s->nkeywords)
        return err_set(e, ERR_ARG, "rule %s: no keywords", s->id);
    if (s->nparts > REDACT_PARTS)
        return err_set(e, ERR_ARG, "rule %s: too many parts", s->id);
    if (s->kind == REDACT_TOKEN && !s->nparts && !s->before_min)
        return err_set(e, ERR_ARG, "rule %s: nothing after its keyword", s->id);
    for (size_t i = 0; i < s->nparts; i++)
        if (!s->parts[i].literal == !s->parts[i].set)
            return err_set(e, ERR_ARG,
                           "rule %s: part %zu must be a literal or a set",
                           s->id, i + 1);
    return true;
}

bool redact_add(struct redact *r, const struct redact_spec *s, struct err *e)
{
    struct rule *u;

    if (!redact_check(s, e))
        return false;
    u = take(r, sizeof(*u), s->id, e);
    if (!u || !(u->id = take_text(r, s->id, s->id, e)))
        return false;
    *r->last = u;
    r->last = &u->next;
    u->kind = s->kind;
    u->guard = s->guard;
    u->min = s->min;
    u->before_min = s->before_min;
    u->anycase =
        s->anycase || (s->kind != REDACT_TOKEN && s->kind != REDACT_ARG);
    u->inside = s->inside;
    u->keep = s->keep;
    u->scheme = s->scheme;
    u->anywhere = s->anywhere;
    u->line = s->line;
    u->attached = s->attached;
    u->after = s->after;
    if (s->before && !(u->before = find_charset(r, s->before, s->id, e)))
        return false;
    if (!copy_parts(r, u, s, e))
        return false;
    for (size_t i = 0; i < s->nkeywords; i++)
        if (!add_keyword(r, u, s->keywords[i], e))
            return false;
    return true;
}
