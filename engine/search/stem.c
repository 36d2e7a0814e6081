#include "search/stem.h"

#include <stdbool.h>
#include <string.h>

/* A word on its way; what is behind len is cut off. */
struct word {
    char *s;
    size_t len;
};

/* One ending: it becomes another when the stem before it is long enough. */
struct rule {
    const char *from, *to;
};

static bool is_vowel(const struct word *w, size_t i)
{
    bool after_consonant = false;

    /* A y is a vowel behind a consonant, and a run of them takes turns. */
    for (; i > 0 && w->s[i] == 'y'; i--)
        after_consonant = !after_consonant;
    if (w->s[i] == 'y')
        return after_consonant;
    return (strchr("aeiou", w->s[i]) != NULL) != after_consonant;
}

/* How often a vowel is followed by a consonant in the first n letters. */
static size_t measure(const struct word *w, size_t n)
{
    size_t m = 0;

    for (size_t i = 1; i < n; i++)
        m += is_vowel(w, i - 1) && !is_vowel(w, i);
    return m;
}

static bool has_vowel(const struct word *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_vowel(w, i))
            return true;
    return false;
}

static bool ends(const struct word *w, const char *ending)
{
    size_t n = strlen(ending);

    return w->len > n && memcmp(w->s + w->len - n, ending, n) == 0;
}

/* Replaces the last n letters; the new ending is no longer than them but
 * once, where the caller has cut more off before. */
static void replace(struct word *w, size_t n, const char *to)
{
    size_t len = strlen(to);

    memcpy(w->s + w->len - n, to, len);
    w->len = w->len - n + len;
}

/* Consonant, vowel, consonant at the end, the last none of w, x, y. */
static bool ends_short(const struct word *w, size_t n)
{
    return n >= 3 && !is_vowel(w, n - 1) && is_vowel(w, n - 2) &&
           !is_vowel(w, n - 3) && !strchr("wxy", w->s[n - 1]);
}

static bool ends_double(const struct word *w)
{
    return w->len >= 2 && w->s[w->len - 1] == w->s[w->len - 2] &&
           !is_vowel(w, w->len - 1);
}

/* The first rule whose ending the word has decides. */
static void apply(struct word *w, const struct rule rules[], size_t least)
{
    for (const struct rule *r = rules; r->from; r++) {
        size_t n = strlen(r->from);

        if (!ends(w, r->from))
            continue;
        if (measure(w, w->len - n) >= least)
            replace(w, n, r->to);
        return;
    }
}

static void plurals(struct word *w)
{
    if (ends(w, "sses") || ends(w, "ies"))
        w->len -= 2;
    else if (ends(w, "s") && !ends(w, "ss"))
        w->len--;
}

static void past_tenses(struct word *w)
{
    size_t n = ends(w, "ing") ? 3 : 2;

    if (ends(w, "eed")) {
        w->len -= measure(w, w->len - 3) > 0;
        return;
    }
    if (!(ends(w, "ed") || n == 3) || !has_vowel(w, w->len - n))
        return;
    w->len -= n;
    if (ends_double(w) && !strchr("lsz", w->s[w->len - 1]))
        w->len--;
    else if (ends(w, "at") || ends(w, "bl") || ends(w, "iz") ||
             (measure(w, w->len) == 1 && ends_short(w, w->len)))
        w->s[w->len++] = 'e';
}

static void final_e(struct word *w)
{
    size_t m = measure(w, w->len - 1);

    if (ends(w, "e") && (m > 1 || (m == 1 && !ends_short(w, w->len - 1))))
        w->len--;
    if (ends(w, "ll") && measure(w, w->len - 1) > 1)
        w->len--;
}

static const struct rule doubled[] = {{"ational", "ate"}, {"tional", "tion"},
                                      {"enci", "ence"},   {"anci", "ance"},
                                      {"izer", "ize"},    {"bli", "ble"},
                                      {"alli", "al"},     {"entli", "ent"},
                                      {"eli", "e"},       {"ousli", "ous"},
                                      {"ization", "ize"}, {"ation", "ate"},
                                      {"ator", "ate"},    {"alism", "al"},
                                      {"iveness", "ive"}, {"fulness", "ful"},
                                      {"ousness", "ous"}, {"aliti", "al"},
                                      {"iviti", "ive"},   {"biliti", "ble"},
                                      {"logi", "log"},    {0}};

static const struct rule shorter[] = {
    {"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"},
    {"ical", "ic"},  {"ful", ""},   {"ness", ""},    {0}};

static const struct rule dropped[] = {
    {"al", ""},    {"ance", ""}, {"ence", ""}, {"er", ""},
    {"ic", ""},    {"able", ""}, {"ible", ""}, {"ant", ""},
    {"ement", ""}, {"ment", ""}, {"ent", ""},  {"ou", ""},
    {"ism", ""},   {"ate", ""},  {"iti", ""},  {"ous", ""},
    {"ive", ""},   {"ize", ""},  {0}};

/* "-ion" falls behind an s or a t, which then belong to the stem. */
static bool drops_ion(const struct word *w)
{
    return (ends(w, "sion") || ends(w, "tion")) && measure(w, w->len - 3) > 1;
}

size_t stem_word(char *word, size_t len)
{
    struct word w = {.s = word, .len = len};

    if (len < 3)
        return len;
    plurals(&w);
    past_tenses(&w);
    if (ends(&w, "y") && has_vowel(&w, w.len - 1))
        w.s[w.len - 1] = 'i';
    apply(&w, doubled, 1);
    apply(&w, shorter, 1);
    if (drops_ion(&w))
        w.len -= 3;
    else
        apply(&w, dropped, 2);
    final_e(&w);
    return w.len;
}
