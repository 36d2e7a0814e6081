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

static const char *const sql[SQL_COUNT] = {
    [SQL_PAGE] = "SELECT events, origins FROM page WHERE n = ?1",
    [SQL_PUT_PAGE] = "INSERT OR REPLACE INTO page VALUES(?1, ?2, ?3)",
    [SQL_SESSIONS] = "SELECT data FROM sessions WHERE n = ?1",
    [SQL_PUT_SESSIONS] = "INSERT OR REPLACE INTO sessions VALUES(?1, ?2)",
    [SQL_SESSION] = "SELECT n FROM session WHERE key = ?1",
    [SQL_ADD_SESSION] = "INSERT INTO session VALUES(?1, ?2)",
    [SQL_CONTEXT] = "SELECT n FROM context WHERE project = ?1 AND author = ?2"
                    " AND agent = ?3",
    [SQL_ADD_CONTEXT] = "INSERT INTO context(project, author, agent)"
                        " VALUES(?1, ?2, ?3)",
    [SQL_LINK] = "SELECT n FROM link WHERE place = ?1",
    [SQL_ADD_LINK] = "INSERT OR REPLACE INTO link VALUES(?1, ?2)",
    [SQL_ADD_EVENT] = "INSERT INTO event(rowid, body, author, parts, day)"
                      " VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_STATE] = "SELECT value FROM state WHERE key = ?1",
    [SQL_PUT_STATE] = "INSERT OR REPLACE INTO state VALUES(?1, ?2)",
    [SQL_READ] = "SELECT propolis_read(event) FROM event WHERE event MATCH ?1"
                 " LIMIT 1",
    [SQL_MATCH] = "SELECT propolis_row(event) FROM event WHERE event MATCH ?1"
                  " ORDER BY rowid DESC",
};

static bool fail(sqlite3 *h, struct err *e)
{
    int rc = sqlite3_errcode(h) & 0xFF;
    enum err_code code = ERR_SQL;

    if (rc == SQLITE_NOMEM)
        code = ERR_NOMEM;
    else if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
        code = ERR_BUSY;
    else if (rc == SQLITE_FULL || rc == SQLITE_IOERR || rc == SQLITE_CANTOPEN)
        code = ERR_IO;
    else if (rc == SQLITE_INTERRUPT)
        code = ERR_INTERRUPTED;
    else if (rc == SQLITE_READONLY)
        code = ERR_READONLY;
    return err_set(e, code, "the search index: %s", sqlite3_errmsg(h));
}

bool index_fail(struct search_index *ix, struct err *e)
{
    return fail(ix->h, e);
}

bool index_broken(struct err *e)
{
    return err_set(e, ERR_SQL, "the search index is damaged");
}

/* ---- statements ---- */

sqlite3_stmt *index_sql(struct search_index *ix, enum index_sql which,
                        struct err *e)
{
    sqlite3_stmt **st = &ix->statements[which];

    if (*st)
        sqlite3_reset(*st);
    else if (sqlite3_prepare_v3(ix->h, sql[which], -1,
                                SQLITE_PREPARE_PERSISTENT, st,
                                NULL) != SQLITE_OK)
        fail(ix->h, e);
    return *st;
}

bool index_run(struct search_index *ix, sqlite3_stmt *st, struct err *e)
{
    bool ok = sqlite3_step(st) == SQLITE_DONE || fail(ix->h, e);

    sqlite3_reset(st);
    return ok;
}

bool index_number(struct search_index *ix, sqlite3_stmt *st, int64_t *out,
                  bool *found, struct err *e)
{
    int rc = sqlite3_step(st);

    *found = rc == SQLITE_ROW;
    if (*found)
        *out = sqlite3_column_int64(st, 0);
    else if (rc != SQLITE_DONE)
        fail(ix->h, e);
    sqlite3_reset(st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

/* ---- open and close ---- */

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
        return fail(ix->h, e);
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
