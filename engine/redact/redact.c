#include "redact/redact.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "redact/rule.h"

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

static void rule_free(struct rule *u)
{
    for (size_t i = 0; i < u->nparts; i++)
        free(u->parts[i].literal);
    free(u->parts);
    free(u->before);
    free(u->id);
    free(u);
}

void redact_free(struct redact *r)
{
    if (!r)
        return;
    for (struct rule *u = r->rules, *next; u; u = next) {
        next = u->next;
        rule_free(u);
    }
    for (size_t i = 1; i < r->nkeywords; i++)
        free(r->keywords[i].text);
    free(r->keywords);
    free(r);
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

static bool copy_parts(struct rule *u, const struct redact_spec *s,
                       struct err *e)
{
    u->parts = calloc(s->nparts ? s->nparts : 1, sizeof(*u->parts));
    if (!u->parts)
        return err_set(e, ERR_NOMEM, "no memory for rule %s", s->id);
    for (; u->nparts < s->nparts; u->nparts++) {
        const struct redact_part *from = &s->parts[u->nparts];
        struct part *to = &u->parts[u->nparts];

        to->min = from->min;
        to->max = from->max;
        to->keep = from->keep;
        if (from->set)
            charset_fill(&to->set, from->set);
        else if (!(to->literal = strdup(from->literal)))
            return err_set(e, ERR_NOMEM, "no memory for rule %s", s->id);
        to->len = to->literal ? strlen(to->literal) : 0;
    }
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
    if (r->nkeywords >= UINT16_MAX)
        return err_set(e, ERR_ARG, "rule %s: too many keywords", u->id);
    if (r->nkeywords >= r->room) {
        size_t room = r->room ? 2 * r->room : 256;
        struct keyword *all = realloc(r->keywords, room * sizeof(*all));

        if (!all)
            return err_set(e, ERR_NOMEM, "no memory for rule %s", u->id);
        r->keywords = all;
        r->room = room;
    }
    b = redact_bucket(text);
    r->keywords[r->nkeywords] =
        (struct keyword){.text = strdup(text), .len = len, .rule = u};
    if (!r->keywords[r->nkeywords].text)
        return err_set(e, ERR_NOMEM, "no memory for rule %s", u->id);
    if (r->heads[b])
        r->keywords[r->tails[b]].next = (uint16_t)r->nkeywords;
    else
        r->heads[b] = (uint16_t)r->nkeywords;
    r->tails[b] = (uint16_t)r->nkeywords++;
    return true;
}

static bool check(const struct redact_spec *s, struct err *e)
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

    if (!check(s, e))
        return false;
    u = calloc(1, sizeof(*u));
    if (!u || !(u->id = strdup(s->id))) {
        free(u);
        return err_set(e, ERR_NOMEM, "no memory for rule %s", s->id);
    }
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
    if (s->before) {
        u->before = calloc(1, sizeof(*u->before));
        if (!u->before)
            return err_set(e, ERR_NOMEM, "no memory for rule %s", s->id);
        charset_fill(u->before, s->before);
    }
    u->after = s->after;
    if (!copy_parts(u, s, e))
        return false;
    for (size_t i = 0; i < s->nkeywords; i++)
        if (!add_keyword(r, u, s->keywords[i], e))
            return false;
    return true;
}
