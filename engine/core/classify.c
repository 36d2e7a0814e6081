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
    {"28", ERR_AUTH},         {"55P03", ERR_BUSY},   /* lock_timeout */
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

/* Whether word stands at i, case ignored. */
static bool is_at(const struct text *t, size_t i, const char *word)
{
    size_t n = strlen(word);

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

/* How many bytes from i on are a name, with its quotes or with the words of
 * SQLite's in front of it; 0 when none starts there. */
static size_t name_at(const struct text *t, size_t i)
{
    static const char *const heads[] = {
        "no such table: ", "no such column: ", "has no column named ",
        "duplicate column name: "};
    const char *quote = t->json ? "\\\"" : "\"";
    size_t end;

    for (size_t h = 0; h < sizeof(heads) / sizeof(heads[0]); h++)
        if (is_at(t, i, heads[h])) {
            for (end = i + strlen(heads[h]); end < t->len; end++)
                if (strchr("\n\"", t->at[end]))
                    break;
            return end - i;
        }
    if (t->at[i] == '\'' && (i == 0 || !in_word(t->at[i - 1])))
        quote = "'";
    else if (!is_at(t, i, quote))
        return 0;
    for (end = i + strlen(quote); end < t->len; end++)
        if (is_at(t, end, quote))
            return end + strlen(quote) - i;
    return 0; /* an apostrophe, or a text that was cut */
}

/* Where word stands outside of names, from from on; t->len when nowhere. */
static size_t find(const struct text *t, size_t from, const char *word)
{
    size_t n = strlen(word);
    bool open_end = !in_word(word[n - 1]);

    for (size_t i = 0; i < t->len;) {
        size_t name;

        if (i >= from && is_at(t, i, word) &&
            (i == 0 || !in_word(t->at[i - 1])) &&
            (open_end || i + n == t->len || !in_word(t->at[i + n])))
            return i;
        name = name_at(t, i);
        i += name ? name : 1;
    }
    return t->len;
}

static bool has(const struct text *t, const char *word)
{
    return find(t, 0, word) < t->len;
}

/* The catalogue's own index is the one name that tells something. */
static bool names_catalogue(const struct text *t)
{
    for (size_t i = 0; i < t->len; i++)
        if (is_at(t, i, "pg_class_relname_nsp_index"))
            return true;
    return false;
}

/* "word ... does not exist", the second after the first. */
static bool is_gone(const struct text *t, const char *word)
{
    return find(t, find(t, 0, word), "does not exist") < t->len;
}

enum err_code classify_text(const char *text, size_t len)
{
    struct text t = {text, len, is_json(text, len)};

    if (has(&t, "permission denied") || has(&t, "must be owner"))
        return ERR_DENIED;
    if (has(&t, "already exists") || has(&t, "duplicate column name") ||
        has(&t, "duplicate key value violates unique constraint") ||
        names_catalogue(&t))
        return ERR_EXISTS;
    if (is_gone(&t, "column ") || has(&t, "unknown column") ||
        has(&t, "no such column") || has(&t, "has no column named"))
        return ERR_NO_COLUMN;
    if (has(&t, "column"))
        return ERR_SQL;
    if (has(&t, "table does not exist") || is_gone(&t, "relation ") ||
        has(&t, "no such table"))
        return ERR_NO_TABLE;
    return ERR_SQL;
}
