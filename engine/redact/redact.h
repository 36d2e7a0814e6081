/*
 * redact.h - finds secrets in text by rules, in time linear in the text.
 *
 * A rule starts at a keyword; what follows decides.  Nothing backtracks: a
 * run of characters is measured once and remembered, so hostile text costs
 * no more than other text.  Pure C: no I/O, no Lua, no knowledge of any rule.
 */
#ifndef ENGINE_REDACT_REDACT_H
#define ENGINE_REDACT_REDACT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct err;
struct redact;

#define REDACT_PARTS 8
#define REDACT_NO_MAX ((size_t)-1)

enum redact_kind {
    REDACT_TOKEN,    /* keyword, then parts: ghp_ and 36 letters */
    REDACT_PAIR,     /* keyword is a name: password = value; parts, if any, are
                      * the shape of the whole value */
    REDACT_URL,      /* keyword is "://": the password in user:password@host */
    REDACT_ARG,      /* keyword is an option of a program: curl -u user:x */
    REDACT_PEM,      /* keyword opens a PEM block that holds a private key */
    REDACT_MANIFEST, /* keyword holds the data of a Kubernetes Secret */
    REDACT_SPAN      /* from keyword to its closing word, or to the end */
};

/* What a token must also have, so that ordinary words stay. */
enum redact_guard {
    REDACT_DIGIT = 1,  /* a digit */
    REDACT_LETTER = 2, /* a letter */
    REDACT_UPPER = 4,
    REDACT_LOWER = 8,
    REDACT_NO_PATH = 16, /* pairs: a value that starts like a path stays */
    REDACT_RANDOM = 32,  /* letters and digits that follow no pattern */
    REDACT_NO_HASH = 64, /* no hexadecimal number, no UUID */
    REDACT_WEAK = 128,   /* pairs: the name may go on after the keyword, and
                          * counts for nothing with a word such as "public" */
    REDACT_JOINED = 256  /* pairs, weak: another word stands before it */
};

/* A literal, or a run of at least min and at most max characters of a set
 * such as "A-Za-z0-9_-" (a '-' at the end is itself). */
struct redact_part {
    const char *literal;
    const char *set;
    size_t min, max;
    bool keep; /* not masked; the mask starts at the first part without it */
};

/* One rule, borrowed for the length of redact_add(). */
struct redact_spec {
    const char *id;
    enum redact_kind kind;
    const char *const *keywords; /* each at least two bytes */
    size_t nkeywords;
    struct redact_part parts[REDACT_PARTS]; /* spans: the closing words;
                                             * arguments: the programs */
    size_t nparts;
    unsigned guard;     /* of enum redact_guard */
    size_t min;         /* pairs: shortest value that counts */
    bool anycase;       /* tokens: keywords in any case (others always) */
    bool inside;        /* the keyword may stand inside a word */
    bool keep;          /* tokens: the keyword stays */
    bool scheme;        /* pairs: a word such as "Bearer " before it stays */
    bool anywhere;      /* pairs: the name may go on after the keyword */
    bool line;          /* pairs: the value is a header's whole line */
    const char *before; /* tokens: a set; what stands before is masked, too */
    size_t before_min;  /* and how much of it must stand there */
    bool attached;      /* arguments: no blank stands before the value */
    char after;         /* arguments: what the value begins behind, or NUL */
};

/* Bytes from..to (to excluded) are to be masked because of a rule. */
struct redact_hit {
    size_t from, to;
    const char *id; /* borrowed from the set */
};

/* An empty set, or NULL without memory; the caller frees it. */
struct redact *redact_new(void);
void redact_free(struct redact *r);

/* Adds a copy of *s; ERR_ARG names what is wrong with it.  Of two rules that
 * start at the same byte the one added first is asked first. */
bool redact_add(struct redact *r, const struct redact_spec *s, struct err *e);

/* False, with ERR_ARG, for a rule that redact_add() refuses by its numbers. */
bool redact_check(const struct redact_spec *s, struct err *e);

/* Appends *s as bytes, and behind the last rule their end; redact_unpack() of
 * the same program adds them to a set.  Damaged bytes are ERR_ARG; the set then
 * has the rules before the damage. */
bool redact_pack(const struct redact_spec *s, struct buf *out, struct err *e);
bool redact_pack_end(struct buf *out, struct err *e);
bool redact_unpack(struct redact *r, const char *bytes, size_t len,
                   struct err *e);

/* Starts a scan over text, which is borrowed until the scan ends. */
void redact_start(struct redact *r, const char *text, size_t len);

/* The next hit from left to right; false at the end of the text. */
bool redact_next(struct redact *r, struct redact_hit *hit);

/* Appends text with each hit replaced by "[redacted:ID]" (spans: by nothing),
 * and so what a random value of a hit is repeated by elsewhere; *hits counts
 * them.  Without a hit nothing is appended. */
bool redact_mask(struct redact *r, const char *text, size_t len,
                 struct buf *out, size_t *hits, struct err *e);

/* The id of the pair rule by which name = value is a secret, or NULL. */
const char *redact_named(struct redact *r, const char *name, size_t nlen,
                         const char *value, size_t vlen);

#endif
