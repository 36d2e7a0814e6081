/*
 * rule.h - what the scan and its matchers share.
 */
#ifndef ENGINE_REDACT_RULE_H
#define ENGINE_REDACT_RULE_H

#include <stdint.h>

#include "redact/redact.h"

#define REDACT_BUCKETS 4096
#define REDACT_UNQUOTED_RUNS 8
#define BACKSLASHES_MAX 64
#define BLOCK_MAX ((size_t)8 << 10) /* of a value of many lines */

/* The last run that was measured; a start inside it has the same end. */
struct run {
    uint64_t scan;
    size_t from, to;
};

struct charset {
    bool has[256];
};

struct part {
    const char *literal; /* NULL: a run of set */
    size_t len;
    const struct charset *set;
    size_t min, max;
    bool keep;
    struct run run;
};

struct rule {
    const struct charset *before; /* or NULL */
    struct rule *next;            /* in the order they were added */
    const char *id;
    enum redact_kind kind;
    struct part *parts;
    size_t nparts;
    unsigned guard;
    size_t min, before_min;
    bool anycase, inside, keep, scheme, anywhere, line, attached;
    char after;
    uint64_t failed_scan; /* no match can start before failed_to in this scan */
    size_t failed_to;
};

/* What is known of a pair besides its rule. */
struct pair {
    size_t pos;  /* of the keyword */
    size_t end;  /* of the name */
    char sep;    /* see redact_separator(); 's' behind a scheme */
    bool blanks; /* stand around the separator */
};

struct keyword {
    const char *text; /* as given */
    size_t len;
    struct rule *rule;
    uint16_t next; /* in its bucket; 0 ends it */
};

struct redact {
    struct block *blocks; /* all that rules consist of */
    struct named_set *sets;
    struct rule *rules, **last;
    struct keyword *keywords; /* [0] is unused */
    size_t nkeywords, room;
    uint16_t heads[REDACT_BUCKETS], tails[REDACT_BUCKETS];
    uint64_t scan;
    const char *text;
    size_t len, at;
    struct charset unquoted; /* what values without quotes are of */
    struct run unquoted_runs[REDACT_UNQUOTED_RUNS]; /* of such values */
    struct redact_hit later; /* found, but what stands before it is looked at
                              * first; .to is 0 when there is none */
    struct run kinds; /* up to .to; the last one of a Secret before .from */
    size_t done;      /* behind the last hit */
};

static inline unsigned lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c | 32U : c;
}

/* Where the keywords are found that begin with these two bytes. */
static inline unsigned redact_bucket(const char *two)
{
    unsigned a = lower((unsigned char)two[0]);
    unsigned b = lower((unsigned char)two[1]);

    return ((a << 5) ^ b) & (REDACT_BUCKETS - 1);
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static inline bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static inline bool is_word(char c)
{
    return is_digit(c) || is_upper(c) || is_lower(c) || c == '_';
}

static inline bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* The byte at i, or NUL behind the end. */
static inline char byte_at(const struct redact *r, size_t i)
{
    return i < r->len ? r->text[i] : '\0';
}

/* True when [at, at + n) is word, letters in any case. */
bool redact_word_at(const char *text, size_t len, size_t at, const char *word);

/* The end of u's parts where they stand at at, or 0; *from is set to where the
 * first part stands that is not kept. */
size_t redact_parts(const struct redact *r, struct rule *u, size_t at,
                    size_t *from);

/* End of the run of set that starts at at. */
size_t redact_run(const struct redact *r, struct run *run,
                  const struct charset *set, size_t at);

/* True when what stands before at does not belong to the same word; the end
 * of an escape (\n, \u0022, %3D, a terminal colour) does not. */
bool redact_at_word_start(const char *text, size_t at);

/* True when [from, to) has all that guard asks for; looks at 256 bytes. */
bool redact_passes_guard(const char *text, size_t from, size_t to,
                         unsigned guard);

/* The matchers: the keyword of n bytes stands at at. */
bool redact_pair(struct redact *r, struct rule *u, size_t at, size_t n,
                 struct redact_hit *hit);
bool redact_arg(struct redact *r, const struct rule *u, size_t at, size_t n,
                struct redact_hit *hit);
bool redact_url(struct redact *r, size_t at, size_t n, struct redact_hit *hit);
bool redact_pem(const struct redact *r, size_t at, size_t n,
                struct redact_hit *hit);
bool redact_manifest(struct redact *r, size_t at, size_t n,
                     struct redact_hit *hit);
bool redact_token(struct redact *r, struct rule *u, size_t at, size_t n,
                  struct redact_hit *hit);
bool redact_span(struct redact *r, const struct rule *u, size_t at, size_t n,
                 struct redact_hit *hit);

/* The rest of a header's line, at most to that quote. */
bool redact_line(const struct redact *r, const struct rule *u, size_t from,
                 char quote, struct redact_hit *hit);

/* True when a name that ends in the keyword [at, at + n) names a secret;
 * *end is where the name ends. */
bool redact_is_secret_name(const char *text, size_t len, const struct rule *u,
                           size_t at, size_t n, size_t *end);

/* True when a word of that name, such as "public", says that a weak rule finds
 * no secret below it; to is its end.  Asked last: it looks at many words. */
bool redact_is_plain_name(const char *text, const struct rule *u, size_t pos,
                          size_t n, size_t to);

size_t redact_skip_blanks(const struct redact *r, size_t i);
size_t redact_backslashes(const struct redact *r, size_t i);

/* Behind white space, line ends and their escapes included. */
size_t redact_skip_space(const struct redact *r, size_t i);

/* Behind a quote at i and its backslashes, if one stands there. */
size_t redact_skip_quote(const struct redact *r, size_t i);

/* The end of a value that k backslashes and a quote opened, or 0 when its line
 * ends first. */
size_t redact_closing_quote(const struct redact *r, size_t from, size_t k,
                            char quote);

/* Where the name around pos begins; whether its line begins there. */
size_t redact_name_start(const struct redact *r, size_t pos);
bool redact_starts_line(const struct redact *r, size_t pos);

/* Where the value begins behind a name that ends at end.  *sep tells what
 * stands between: '=', ':', ' ' (an option), '>' (an XML element), ',' (the
 * next argument), '(' (the argument of a call), 'w' (a word of the
 * sentence), '|' (the next cell of a table),
 * '\n' (the lines below a YAML key), or 0: no value. */
size_t redact_separator(const struct redact *r, size_t pos, size_t end,
                        char *sep);

/* True when [from, to) can be nothing but letters made at random: long, with
 * letters and digits that change all the time, and no hash. */
bool redact_is_random(const char *text, size_t from, size_t to);

/* True for one word of at least ten letters and digits that change often. */
bool redact_is_key(const char *text, size_t from, size_t to);

/* True for a hexadecimal number as long as an MD5 sum, or longer. */
bool redact_is_long_hash(const char *text, size_t from, size_t to);

/* Fills the set of a value without quotes. */
void redact_unquoted_set(struct charset *set);

/* True when [from, to) is one of the words, in any case; NULL ends them. */
bool redact_is_one_of(const char *text, size_t from, size_t to,
                      const char *const words[]);

/* What a value without quotes may be instead of a secret: a type's name, an
 * expression, or a word of a sentence. */
bool redact_is_type(const char *text, size_t from, size_t to);
bool redact_is_code(const struct redact *r, size_t from, size_t to);
bool redact_is_prose(const struct redact *r, size_t from, size_t to);
bool redact_is_variable(const struct redact *r, const struct pair *p,
                        size_t from, size_t to);
/* True when a bracket closes in [from, to) that was not opened last. */
bool redact_breaks_brackets(const char *text, size_t from, size_t to);
bool redact_is_own_name(const char *text, size_t from, size_t to);
bool redact_is_identifier(const struct redact *r, size_t from, size_t to);

/* True for a quoted argument behind a name that could be its value:
 * setenv("TOKEN", "…"), not get("token", "The token to use"). */
bool redact_is_argument(const struct redact *r, size_t from, size_t to);

/* Its value: with the prefix and the quotes that it may have, or without; its
 * end without quotes, also on a line of its own. */
bool redact_value(struct redact *r, const struct rule *u, const struct pair *p,
                  size_t from, struct redact_hit *hit);
size_t redact_unquoted_end(struct redact *r, size_t from);
size_t redact_line_end(const struct redact *r, size_t to);

/* Its value in an XML element, and below a YAML key. */
bool redact_element(struct redact *r, const struct rule *u, size_t from,
                    struct redact_hit *hit);
bool redact_block(struct redact *r, const struct rule *u, const struct pair *p,
                  size_t from, struct redact_hit *hit);

/* Where the first line of such a value begins; sep is '>' or '\n'. */
size_t redact_first_line(const struct redact *r, size_t from, char sep);

/* $NAME, <name>, {{...}}, %s, ***: what stands for a value. */
bool redact_is_placeholder(const char *text, size_t from, size_t to);

/* True when a quoted value is worth masking: no placeholder, long enough. */
bool redact_is_secret_value(const struct rule *u, const char *text, size_t from,
                            size_t to);

#endif
