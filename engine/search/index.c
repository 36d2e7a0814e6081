#include "search/index.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "search/postings.h"
#include "search/tokenizer.h"

static const char schema[] =
    "CREATE VIRTUAL TABLE IF NOT EXISTS event USING fts5(body, author, parts,"
    " day, content='', columnsize=0, tokenize='propolis');"
    "CREATE TABLE IF NOT EXISTS page(n INTEGER PRIMARY KEY, events BLOB,"
    " origins BLOB);"
    "CREATE TABLE IF NOT EXISTS session(key INTEGER PRIMARY KEY, n INTEGER);"
    "CREATE TABLE IF NOT EXISTS sessions(n INTEGER PRIMARY KEY, data BLOB);"
    "CREATE TABLE IF NOT EXISTS context(n INTEGER PRIMARY KEY, project TEXT,"
    " author TEXT, agent TEXT, UNIQUE(project, author, agent));"
    "CREATE TABLE IF NOT EXISTS document(source INTEGER, row INTEGER,"
    " n INTEGER, stamp TEXT, PRIMARY KEY(source, row)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS link(place INTEGER PRIMARY KEY, n INTEGER);"
    "CREATE TABLE IF NOT EXISTS state(key TEXT PRIMARY KEY, value)"
    " WITHOUT ROWID;";

static bool read_state(struct search_index *ix, const char *key, uint64_t *out,
                       struct err *e)
{
    sqlite3_stmt *st = index_sql(ix, SQL_STATE, e);
    int64_t v = 0;
    bool found;

    if (!st)
        return false;
    sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
    if (!index_number(ix, st, &v, &found, e))
        return false;
    *out = v < 0 ? 0 : (uint64_t)v;
    return true;
}

static bool load(struct search_index *ix, bool create, struct err *e)
{
    uint64_t events = 0, sessions = 0, dead = 0;

    if (!tokenizer_register(ix->h, &ix->counted, e) ||
        !postings_register(ix, e))
        return false;
    if (create && sqlite3_exec(ix->h, schema, NULL, NULL, NULL) != SQLITE_OK)
        return index_fail(ix, e);
    if (!read_state(ix, "events", &events, e) ||
        !read_state(ix, "sessions", &sessions, e) ||
        !read_state(ix, "dead", &dead, e) ||
        !read_state(ix, "words", &ix->words, e))
        return false;
    if (events > INT32_MAX || sessions > events || dead > events)
        return index_broken(e);
    ix->events = (uint32_t)events;
    ix->sessions = (uint32_t)sessions;
    ix->dead = (uint32_t)dead;
    return true;
}

struct search_index *index_new(sqlite3 *h, bool create, struct err *e)
{
    struct search_index *ix = calloc(1, sizeof(*ix));

    if (!ix) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    ix->h = h;
    if (load(ix, create, e))
        return ix;
    index_free(ix);
    return NULL;
}

void index_free(struct search_index *ix)
{
    if (!ix)
        return;
    for (size_t i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(ix->statements[i]);
    index_drop_pages(ix);
    free(ix);
}
