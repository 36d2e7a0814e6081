#include "core/classify.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* An SQLSTATE, or the beginning of some, and what it stands for. */
static const struct {
    const char *state;
    enum err_code code;
} states[] = {
    {"42P01", ERR_NO_TABLE},  {"42703", ERR_NO_COLUMN},
    {"3F000", ERR_NO_SCHEMA}, {"42701", ERR_EXISTS}, /* column */
    {"42P07", ERR_EXISTS},                           /* table, index */
    {"42P06", ERR_EXISTS},                           /* schema */
    {"42710", ERR_EXISTS}, /* a table's type: two CREATE at once */
    {"23505", ERR_EXISTS}, /* a row, or a name in the catalogue */
    {"42501", ERR_DENIED},    {"25006", ERR_DENIED}, /* read-only transaction */
    {"0A", ERR_UNSUPPORTED},  {"25001", ERR_UNSUPPORTED}, /* not in a tx */
    {"28", ERR_AUTH},         {"55P03", ERR_BUSY},        /* lock_timeout */
    {"57014", ERR_BUSY}, /* statement_timeout, cancelled */
    {"40P01", ERR_BUSY}, /* deadlock */
    {"40001", ERR_BUSY}, /* serialization */
    {"22021", ERR_ARG},  /* bytes that are no text of this encoding */
    {"08", ERR_IO},      /* the connection */
    {"57P0", ERR_IO},    /* the server goes away */
    {"53", ERR_IO},      /* disk full, no memory, no connection left */
    {"58", ERR_IO},      /* the server's disk */
};

enum err_code classify_sqlstate(const char *state)
{
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (strncmp(state, states[i].state, strlen(states[i].state)) == 0)
            return states[i].code;
    return ERR_SQL;
}

struct text {
    const char *at;
    size_t len;
    bool json;
};

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Whether word, in lower case, stands at i. */
static bool is_at(const struct text *t, size_t i, const char *word)
{
    size_t n;

    if (tolower((unsigned char)t->at[i]) != word[0])
        return false; /* most of a long body is done with here */
    n = strlen(word);
    return n <= t->len - i && strncasecmp(t->at + i, word, n) == 0;
}

/* JSON has its first double quote behind a brace, or at its very start. */
static bool is_json(const char *text, size_t len)
{
    const char *quote = len ? memchr(text, '"', len) : NULL;

    while (quote && quote > text && isspace((unsigned char)quote[-1]))
        quote--;
    return quote && (quote == text || quote[-1] == '{' || quote[-1] == '[');
}

/* How many bytes from i on are a quoted name, quotes included; or 0. */
static size_t quoted_name(const struct text *t, size_t i)
{
    const char *quote = t->json ? "\\\"" : "\"";
    size_t end;

    if (t->at[i] == '\'' && (i == 0 || !in_word(t->at[i - 1])))
        quote = "'";
    else if (!is_at(t, i, quote))
        return 0;
    for (end = i + strlen(quote); end < t->len; end++)
        if (is_at(t, end, quote))
            return end + strlen(quote) - i;
    return 0; /* an apostrophe, or a text that was cut */
}

/* The rest of the line, or of a JSON string. */
static size_t bare_name(const struct text *t, size_t i)
{
    size_t end = i;

    while (end < t->len && t->at[end] != '\n' && t->at[end] != '"')
        end++;
    return end - i;
}

/* What was read of a text so far. */
enum {
    DENIED = 1,
    EXISTS = 2,
    NO_COLUMN = 4,
    A_COLUMN = 8, /* it speaks of one */
    NO_TABLE = 16,
    A_RELATION = 32,
    GONE = 64 /* the column or relation that it spoke of */
};

/* The catalogue's own index is the one name that tells something. */
#define CATALOGUE_INDEX "pg_class_relname_nsp_index"

/* Words, longer ones before their beginnings; a bare name of SQLite's stands
 * behind some. */
static const struct {
    const char *word;
    unsigned means;
    const char *before_name;
} words[] = {
    {"permission denied", DENIED, NULL},
    {"must be owner", DENIED, NULL},
    {"already exists", EXISTS, NULL},
    {"duplicate column name", EXISTS, ": "},
    {"duplicate key value violates unique constraint", EXISTS, NULL},
    {CATALOGUE_INDEX, EXISTS, NULL},
    {"unknown column", NO_COLUMN, NULL},
    {"no such column", NO_COLUMN, ": "},
    {"has no column named", NO_COLUMN, " "},
    {"column", A_COLUMN, NULL},
    {"no such table", NO_TABLE, ": "},
    {"table does not exist", NO_TABLE, NULL},
    {"relation", A_RELATION, NULL},
    {"does not exist", GONE, NULL},
};

/* How many bytes the words at i take, with the name behind them; 0 when none
 * of ours starts there.  Adds to *means. */
static size_t read_words(const struct text *t, size_t i, unsigned *means)
{
    for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
        size_t end = i + strlen(words[w].word);
        const char *before = words[w].before_name;

        if (!is_at(t, i, words[w].word) ||
            (end < t->len && in_word(t->at[end])))
            continue;
        *means |= words[w].means;
        if (words[w].means == GONE && *means & A_COLUMN)
            *means |= NO_COLUMN;
        if (words[w].means == GONE && *means & A_RELATION)
            *means |= NO_TABLE;
        if (before && end < t->len && is_at(t, end, before))
            end += strlen(before) + bare_name(t, end + strlen(before));
        return end - i;
    }
    return 0;
}

static unsigned read_text(const struct text *t)
{
    unsigned means = 0;

    for (size_t i = 0; i < t->len;) {
        size_t n = quoted_name(t, i);

        if (n > 2 && (is_at(t, i + 1, CATALOGUE_INDEX) ||
                      is_at(t, i + 2, CATALOGUE_INDEX)))
            means |= EXISTS;
        if (n == 0 && (i == 0 || !in_word(t->at[i - 1])))
            n = read_words(t, i, &means);
        i += n ? n : 1;
    }
    return means;
}

enum err_code classify_text(const char *text, size_t len)
{
    struct text t = {text, len, is_json(text, len)};
    unsigned means = read_text(&t);

    if (means & DENIED)
        return ERR_DENIED;
    if (means & EXISTS)
        return ERR_EXISTS;
    if (means & NO_COLUMN)
        return ERR_NO_COLUMN;
    return means & NO_TABLE && !(means & A_COLUMN) ? ERR_NO_TABLE : ERR_SQL;
}
