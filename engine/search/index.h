/*
 * index.h - the search index: what is in its file, and how it is filled.
 *
 *   event    FTS5, contentless: the words of each event, by its number.  The
 *            long column is the first: FTS5 writes no column number for it.
 *   page     what ranking needs of 1,024 events each (pack.h)
 *   session  a session's number by a hash of its table and path
 *   sessions the same as page, of sessions
 *   context  project, author and agent, which many events share
 *   link     where a session goes on that was indexed in several runs: event n
 *            begins a run, and place 2n has the event before it; it ends one,
 *            and place 2n+1 has the event behind it
 *   document which event a row is that may change, and by what that is seen
 *   state    how many of all there are, and what Lua notes besides
 *
 * A struct search_index borrows a connection to that file, which its maker
 * keeps open for as long.  One that reads sees the file as it was when it began
 * to: run it inside of a transaction.  What is added stands in memory until
 * index_flush(), and in the file when the caller's transaction is committed;
 * after a rollback the index is of no use any more.
 */
#ifndef ENGINE_SEARCH_INDEX_H
#define ENGINE_SEARCH_INDEX_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "search/pack.h"

struct err;
struct reading;

/* The columns of the full text. */
enum { COLUMN_BODY, COLUMN_AUTHOR, COLUMN_PARTS, COLUMN_DAY, COLUMNS };

/* The statements, prepared when they are first needed. */
enum index_sql {
    SQL_PAGE,
    SQL_PUT_PAGE,
    SQL_SESSIONS,
    SQL_PUT_SESSIONS,
    SQL_SESSION,
    SQL_ADD_SESSION,
    SQL_CONTEXT,
    SQL_ADD_CONTEXT,
    SQL_LINK,
    SQL_ADD_LINK,
    SQL_ADD_EVENT,
    SQL_STATE,
    SQL_PUT_STATE,
    SQL_READ,
    SQL_MATCH,
    SQL_COUNT
};

struct search_index {
    sqlite3 *h;
    sqlite3_stmt *statements[SQL_COUNT];
    uint32_t events, sessions; /* the greatest numbers */
    uint32_t dead;             /* events that are no longer there */
    uint64_t words;            /* of all events */
    size_t counted;            /* the tokenizer counts words here */
    struct event_page **pages;
    struct session_page **session_pages;
    size_t npages, nsession_pages;
    struct reading *reading; /* postings.c: what is being read */
};

/* One event as it is to be indexed; texts are borrowed. */
struct document {
    int table, kind;
    int64_t rowid, ms;
    const char *path, *project, *author, *agent;
    const char *day; /* its date as words, "" when it is that of the event
                        before it in its session */
    const char *body;
    size_t body_len;
};

/* Once for a connection; create makes the tables that are not there.  NULL with
 * *e set, also when the file is no index of ours. */
struct search_index *index_new(sqlite3 *h, bool create, struct err *e);
void index_free(struct search_index *ix);

/* The statement, reset; NULL with *e set. */
sqlite3_stmt *index_sql(struct search_index *ix, enum index_sql which,
                        struct err *e);

/* Steps a statement that gives no row, and resets it. */
bool index_run(struct search_index *ix, sqlite3_stmt *st, struct err *e);

/* The one number that a statement gives, which is reset; *found tells whether
 * it gave one. */
bool index_number(struct search_index *ix, sqlite3_stmt *st, int64_t *out,
                  bool *found, struct err *e);

/* Sets *e from what the connection said last; ERR_SQL means that the index is
 * broken.  Always false. */
bool index_fail(struct search_index *ix, struct err *e);

/* Sets *e for a file that does not hold what we write.  Always false. */
bool index_broken(struct err *e);

/* What is noted of event n (1 to ix->events) or of a session; NULL with *e set.
 * The origin is read only where it is asked for. */
struct event *index_event(struct search_index *ix, uint32_t n, struct err *e);
struct origin *index_origin(struct search_index *ix, uint32_t n, struct err *e);
struct session *index_session(struct search_index *ix, uint32_t n,
                              struct err *e);

/* The session's number, or 0 when there is none; -1 with *e set. */
int64_t index_find_session(struct search_index *ix, int table, const char *path,
                           struct err *e);

/* The event before (-1) or behind (1) event n in its session, or 0; also 0 when
 * that could not be read. */
uint32_t index_neighbour(struct search_index *ix, uint32_t n, int step);

/* Adds an event; *n is its number. */
bool index_add(struct search_index *ix, const struct document *d, uint32_t *n,
               struct err *e);

/* Notes that an event is no longer there. Its words stay in the file. */
bool index_kill(struct search_index *ix, uint32_t n, struct err *e);

/* The page of an event or a session, read and noted as changed; NULL with *e
 * set.  Its entry may be the next one, which is not there yet. */
struct event_page *index_change_event(struct search_index *ix, uint32_t n,
                                      struct err *e);
struct session_page *index_change_session(struct search_index *ix, uint32_t n,
                                          struct err *e);

/* Writes the changed pages; forgets all pages. */
bool index_write_pages(struct search_index *ix, struct err *e);
void index_drop_pages(struct search_index *ix);

/* Writes what stands in memory, and forgets the pages. */
bool index_flush(struct search_index *ix, struct err *e);

#endif
