#include "search/index.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"

/* ---- pages ---- */

/* Makes room for page i in a list of pages. */
static bool make_room(void ***list, size_t *n, size_t i, struct err *e)
{
    size_t more = i + 64;
    void **grown;

    if (i < *n)
        return true;
    grown = realloc(*list, more * sizeof(*grown));
    if (!grown)
        return err_set(e, ERR_NOMEM, "out of memory");
    memset(grown + *n, 0, (more - *n) * sizeof(*grown));
    *list = grown;
    *n = more;
    return true;
}

/* Where the bytes of a page are, and what reads them. */
struct blob {
    enum index_sql which;
    int column;
    bool (*unpack)(void *page, const void *data, size_t len);
};

static bool events_of(void *page, const void *data, size_t len)
{
    return unpack_events(page, data, len);
}

static bool origins_of(void *page, const void *data, size_t len)
{
    return unpack_origins(page, data, len);
}

static bool sessions_of(void *page, const void *data, size_t len)
{
    return unpack_sessions(page, data, len);
}

static const struct blob events = {SQL_PAGE, 0, events_of};
static const struct blob origins = {SQL_PAGE, 1, origins_of};
static const struct blob sessions = {SQL_SESSIONS, 0, sessions_of};

/* Reads a page of a row that may be missing; false when it is damaged. */
static bool read_blob(struct search_index *ix, const struct blob *b, size_t i,
                      void *page, struct err *e)
{
    sqlite3_stmt *st = index_sql(ix, b->which, e);
    const void *data;
    bool ok = st != NULL;
    int rc;

    if (!ok)
        return false;
    sqlite3_bind_int64(st, 1, (int64_t)i);
    rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        data = sqlite3_column_blob(st, b->column);
        ok = b->unpack(page, data,
                       (size_t)sqlite3_column_bytes(st, b->column)) ||
             index_broken(e);
    } else if (rc != SQLITE_DONE) {
        ok = index_fail(ix, e);
    }
    sqlite3_reset(st);
    return ok;
}

/* Whether the events' sessions are some that there are. */
static bool sessions_exist(const struct search_index *ix,
                           const struct event_page *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->events[i].session > ix->sessions)
            return false;
    return true;
}

static struct event_page *event_page(struct search_index *ix, size_t i,
                                     struct err *e)
{
    struct event_page *p;

    if (i < ix->npages && ix->pages[i])
        return ix->pages[i];
    if (!make_room((void ***)&ix->pages, &ix->npages, i, e))
        return NULL;
    p = malloc(sizeof(*p));
    if (!p) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    p->n = 0;
    p->dirty = p->origins_read = false;
    if (!read_blob(ix, &events, i, p, e) ||
        (!sessions_exist(ix, p) && !index_broken(e))) {
        free(p);
        return NULL;
    }
    return ix->pages[i] = p;
}

static struct event_page *page_of(struct search_index *ix, uint32_t n,
                                  struct err *e)
{
    struct event_page *p = event_page(ix, n / PAGE_SIZE, e);

    if (p && n % PAGE_SIZE >= p->n) {
        index_broken(e);
        return NULL;
    }
    return p;
}

struct event *index_event(struct search_index *ix, uint32_t n, struct err *e)
{
    size_t i = n / PAGE_SIZE;
    struct event_page *p =
        i < ix->npages && ix->pages[i] && n % PAGE_SIZE < ix->pages[i]->n
            ? ix->pages[i]
            : page_of(ix, n, e);

    return p ? &p->events[n % PAGE_SIZE] : NULL;
}

static bool read_origins(struct search_index *ix, struct event_page *p,
                         size_t i, struct err *e)
{
    if (!p->origins_read && p->n > 0 && !read_blob(ix, &origins, i, p, e))
        return false;
    p->origins_read = true;
    return true;
}

struct origin *index_origin(struct search_index *ix, uint32_t n, struct err *e)
{
    struct event_page *p = page_of(ix, n, e);

    if (!p || !read_origins(ix, p, n / PAGE_SIZE, e))
        return NULL;
    return &p->origins[n % PAGE_SIZE];
}

static struct session_page *session_page(struct search_index *ix, size_t i,
                                         struct err *e)
{
    struct session_page *p;

    if (i < ix->nsession_pages && ix->session_pages[i])
        return ix->session_pages[i];
    if (!make_room((void ***)&ix->session_pages, &ix->nsession_pages, i, e))
        return NULL;
    p = malloc(sizeof(*p));
    if (!p) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    p->n = 0;
    p->dirty = false;
    if (!read_blob(ix, &sessions, i, p, e)) {
        free(p);
        return NULL;
    }
    return ix->session_pages[i] = p;
}

struct session *index_session(struct search_index *ix, uint32_t n,
                              struct err *e)
{
    struct session_page *p = session_page(ix, n / PAGE_SIZE, e);

    if (p && n % PAGE_SIZE < p->n)
        return &p->sessions[n % PAGE_SIZE];
    if (p)
        index_broken(e);
    return NULL;
}

uint32_t index_neighbour(struct search_index *ix, uint32_t n, int step)
{
    struct err e;
    struct event *v = index_event(ix, n, &e), *w;
    uint32_t other = n + (uint32_t)step;
    sqlite3_stmt *st;
    int64_t found = 0;
    bool any;

    if (!v)
        return 0;
    if (v->flags & (step < 0 ? EVENT_LINK_BEFORE : EVENT_LINK_BEHIND)) {
        st = index_sql(ix, SQL_LINK, &e);
        if (!st)
            return 0;
        sqlite3_bind_int64(st, 1, 2 * (int64_t)n + (step > 0));
        if (!index_number(ix, st, &found, &any, &e) || !any)
            return 0;
        return found > 0 && found <= ix->events ? (uint32_t)found : 0;
    }
    if (other == 0 || other > ix->events)
        return 0;
    w = index_event(ix, other, &e);
    return w && w->session == v->session ? other : 0;
}

void index_drop_pages(struct search_index *ix)
{
    for (size_t i = 0; i < ix->npages; i++)
        free(ix->pages[i]);
    for (size_t i = 0; i < ix->nsession_pages; i++)
        free(ix->session_pages[i]);
    free(ix->pages);
    free(ix->session_pages);
    ix->pages = NULL;
    ix->session_pages = NULL;
    ix->npages = ix->nsession_pages = 0;
}

/* ---- writing ---- */

struct event_page *index_change_event(struct search_index *ix, uint32_t n,
                                      struct err *e)
{
    struct event_page *p = event_page(ix, n / PAGE_SIZE, e);

    if (!p || !read_origins(ix, p, n / PAGE_SIZE, e))
        return NULL;
    p->dirty = true;
    return p;
}

struct session_page *index_change_session(struct search_index *ix, uint32_t n,
                                          struct err *e)
{
    struct session_page *p = session_page(ix, n / PAGE_SIZE, e);

    if (p)
        p->dirty = true;
    return p;
}

static bool write_events(struct search_index *ix, size_t i, struct buf *a,
                         struct buf *b, struct err *e)
{
    sqlite3_stmt *st = index_sql(ix, SQL_PUT_PAGE, e);

    buf_clear(a);
    buf_clear(b);
    if (!st || !pack_events(ix->pages[i], a, e) ||
        !pack_origins(ix->pages[i], b, e))
        return false;
    sqlite3_bind_int64(st, 1, (int64_t)i);
    sqlite3_bind_blob(st, 2, a->data, (int)a->len, SQLITE_STATIC);
    sqlite3_bind_blob(st, 3, b->data, (int)b->len, SQLITE_STATIC);
    return index_run(ix, st, e);
}

static bool write_sessions(struct search_index *ix, size_t i, struct buf *a,
                           struct err *e)
{
    sqlite3_stmt *st = index_sql(ix, SQL_PUT_SESSIONS, e);

    buf_clear(a);
    if (!st || !pack_sessions(ix->session_pages[i], a, e))
        return false;
    sqlite3_bind_int64(st, 1, (int64_t)i);
    sqlite3_bind_blob(st, 2, a->data, (int)a->len, SQLITE_STATIC);
    return index_run(ix, st, e);
}

bool index_write_pages(struct search_index *ix, struct err *e)
{
    struct buf a = {0}, b = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < ix->npages; i++)
        if (ix->pages[i] && ix->pages[i]->dirty)
            ok = write_events(ix, i, &a, &b, e);
    for (size_t i = 0; ok && i < ix->nsession_pages; i++)
        if (ix->session_pages[i] && ix->session_pages[i]->dirty)
            ok = write_sessions(ix, i, &a, e);
    buf_free(&a);
    buf_free(&b);
    return ok;
}
