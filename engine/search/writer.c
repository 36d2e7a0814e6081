#include "search/index.h"

#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "search/parts.h"

/* A hash of table and path: a session's key. */
static int64_t session_key(int table, const char *path)
{
    uint64_t hash = 14695981039346656037U ^ (uint64_t)table; /* FNV-1a */

    for (; *path; path++)
        hash = (hash ^ (unsigned char)*path) * 1099511628211U;
    hash ^= hash >> 32; /* its upper bits vary the most */
    hash *= 0x9E3779B97F4A7C15U;
    /* 48 bits take two bytes less, and never meet by chance. */
    return (int64_t)((hash ^ (hash >> 29)) >> 16);
}

int64_t index_find_session(struct search_index *ix, int table, const char *path,
                           struct err *e)
{
    sqlite3_stmt *st = index_sql(ix, SQL_SESSION, e);
    int64_t n = 0;
    bool found;

    if (!st)
        return -1;
    sqlite3_bind_int64(st, 1, session_key(table, path));
    return index_number(ix, st, &n, &found, e) ? n : -1;
}

/* The session of an event, made when it is the first; 0 with *e set. */
static uint32_t session_of(struct search_index *ix, const struct document *d,
                           struct err *e)
{
    int64_t n = index_find_session(ix, d->table, d->path, e);
    struct session_page *p;
    sqlite3_stmt *st;

    if (n != 0)
        return n > 0 && n <= ix->sessions ? (uint32_t)n
                                          : (n > 0 ? index_broken(e) : 0);
    st = index_sql(ix, SQL_ADD_SESSION, e);
    p = index_change_session(ix, ix->sessions + 1, e);
    if (!st || !p)
        return 0;
    sqlite3_bind_int64(st, 1, session_key(d->table, d->path));
    sqlite3_bind_int64(st, 2, ix->sessions + 1);
    if (!index_run(ix, st, e))
        return 0;
    ix->sessions++;
    if (p->n < ix->sessions % PAGE_SIZE + 1) {
        memset(&p->sessions[p->n], 0,
               sizeof(*p->sessions) * (ix->sessions % PAGE_SIZE + 1 - p->n));
        p->n = ix->sessions % PAGE_SIZE + 1;
    }
    return ix->sessions;
}

static void bind_context(sqlite3_stmt *st, const struct document *d)
{
    sqlite3_bind_text(st, 1, d->project, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 2, d->author, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 3, d->agent, -1, SQLITE_STATIC);
}

/* The number of an event's context; false with *e set. */
static bool context_of(struct search_index *ix, const struct document *d,
                       uint32_t *out, struct err *e)
{
    sqlite3_stmt *st = index_sql(ix, SQL_CONTEXT, e);
    int64_t n = 0;
    bool found;

    if (!st)
        return false;
    bind_context(st, d);
    if (!index_number(ix, st, &n, &found, e))
        return false;
    if (!found) {
        st = index_sql(ix, SQL_ADD_CONTEXT, e);
        if (!st)
            return false;
        bind_context(st, d);
        if (!index_run(ix, st, e))
            return false;
        n = sqlite3_last_insert_rowid(ix->h);
    }
    *out = (uint32_t)n;
    return true;
}

static bool add_words(struct search_index *ix, const struct document *d,
                      uint32_t n, struct err *e)
{
    sqlite3_stmt *st = index_sql(ix, SQL_ADD_EVENT, e);
    struct buf parts = {0};
    bool ok = st && parts_add(&parts, d->body, d->body_len, e);

    if (ok) {
        sqlite3_bind_int64(st, 1, n);
        sqlite3_bind_text(st, 2, d->body, (int)d->body_len, SQLITE_STATIC);
        sqlite3_bind_text(st, 3, d->author, -1, SQLITE_STATIC);
        sqlite3_bind_text(st, 4, parts.data ? parts.data : "", (int)parts.len,
                          SQLITE_STATIC);
        sqlite3_bind_text(st, 5, d->day, -1, SQLITE_STATIC);
        ix->counted = 0;
        ok = index_run(ix, st, e);
    }
    buf_free(&parts);
    return ok;
}

static bool add_link(struct search_index *ix, int64_t place, uint32_t n,
                     struct err *e)
{
    sqlite3_stmt *st = index_sql(ix, SQL_ADD_LINK, e);

    if (!st)
        return false;
    sqlite3_bind_int64(st, 1, place);
    sqlite3_bind_int64(st, 2, n);
    return index_run(ix, st, e);
}

/* Joins event n to the one before it in its session, which is not n - 1. */
static bool join(struct search_index *ix, uint32_t before, uint32_t n,
                 struct err *e)
{
    struct event_page *p = index_change_event(ix, before, e);

    if (!p || before % PAGE_SIZE >= p->n)
        return p ? index_broken(e) : false;
    p->events[before % PAGE_SIZE].flags |= EVENT_LINK_BEHIND;
    return add_link(ix, 2 * (int64_t)before + 1, n, e) &&
           add_link(ix, 2 * (int64_t)n, before, e);
}

static bool note(struct search_index *ix, const struct document *d,
                 uint32_t session, uint32_t n, struct err *e)
{
    struct event_page *p = index_change_event(ix, n, e);
    struct session_page *sp = index_change_session(ix, session, e);
    struct session *s = sp ? &sp->sessions[session % PAGE_SIZE] : NULL;
    struct event v = {.session = session,
                      .length = pack_length(ix->counted),
                      .flags =
                          (uint8_t)(d->kind | d->table << EVENT_TABLE_SHIFT)};
    bool linked = s && s->last && s->last != n - 1;

    if (!p || !s || !context_of(ix, d, &v.context, e) ||
        (linked && !join(ix, s->last, n, e)))
        return false;
    if (n == 1) { /* the first one is number 1 */
        p->origins[p->n] = (struct origin){0};
        p->events[p->n++] = (struct event){.flags = EVENT_DEAD};
    }
    if (p->n != n % PAGE_SIZE)
        return index_broken(e);
    v.flags |= linked ? EVENT_LINK_BEFORE : 0;
    p->events[p->n] = v;
    p->origins[p->n++] = (struct origin){d->ms, d->rowid};
    s->words += (uint32_t)ix->counted;
    s->events++;
    s->last = n;
    ix->words += ix->counted;
    return true;
}

bool index_add(struct search_index *ix, const struct document *d, uint32_t *n,
               struct err *e)
{
    uint32_t session = session_of(ix, d, e);

    *n = ix->events + 1;
    if (!session || !add_words(ix, d, *n, e) || !note(ix, d, session, *n, e))
        return false;
    ix->events++;
    return true;
}

bool index_kill(struct search_index *ix, uint32_t n, struct err *e)
{
    struct event *v;

    if (n == 0 || n > ix->events || !index_change_event(ix, n, e) ||
        !(v = index_event(ix, n, e)))
        return false;
    if ((v->flags & EVENT_KIND) != EVENT_DEAD)
        ix->dead++;
    v->flags |= EVENT_DEAD;
    return true;
}

static bool put_state(struct search_index *ix, const char *key, uint64_t value,
                      struct err *e)
{
    sqlite3_stmt *st = index_sql(ix, SQL_PUT_STATE, e);

    if (!st)
        return false;
    sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, 2, (int64_t)value);
    return index_run(ix, st, e);
}

bool index_flush(struct search_index *ix, struct err *e)
{
    bool ok = index_write_pages(ix, e) &&
              put_state(ix, "events", ix->events, e) &&
              put_state(ix, "sessions", ix->sessions, e) &&
              put_state(ix, "dead", ix->dead, e) &&
              put_state(ix, "words", ix->words, e);

    if (ok)
        index_drop_pages(ix);
    return ok;
}
