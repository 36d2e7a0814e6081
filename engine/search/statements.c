#include "core/err.h"
#include "search/index.h"

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

bool index_fail(struct search_index *ix, struct err *e)
{
    int rc = sqlite3_errcode(ix->h) & 0xFF;
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
    return err_set(e, code, "the search index: %s", sqlite3_errmsg(ix->h));
}

bool index_broken(struct err *e)
{
    return err_set(e, ERR_SQL, "the search index is damaged");
}

sqlite3_stmt *index_sql(struct search_index *ix, enum index_sql which,
                        struct err *e)
{
    sqlite3_stmt **st = &ix->statements[which];

    if (*st)
        sqlite3_reset(*st);
    else if (sqlite3_prepare_v3(ix->h, sql[which], -1,
                                SQLITE_PREPARE_PERSISTENT, st,
                                NULL) != SQLITE_OK)
        index_fail(ix, e);
    return *st;
}

bool index_run(struct search_index *ix, sqlite3_stmt *st, struct err *e)
{
    bool ok = sqlite3_step(st) == SQLITE_DONE || index_fail(ix, e);

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
        index_fail(ix, e);
    sqlite3_reset(st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}
