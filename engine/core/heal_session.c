#include <string.h>

#include "core/buf.h"
#include "core/dialect.h"
#include "core/err.h"
#include "core/heal.h"
#include "core/heal_steps.h"

/*
 * An ALTER that waits for a lock makes every later statement on that table
 * wait behind it.  So each attempt waits briefly, and between two attempts,
 * with nothing held, the others get through.
 */
#define ATTEMPTS 12
#define SHORT_WAIT "SET LOCAL lock_timeout = '250ms'"
#define KEEP_WAIT                                \
    "SELECT set_config('propolis.lock_timeout'," \
    " current_setting('lock_timeout'), true)"
#define RESTORE_WAIT                    \
    "SELECT set_config('lock_timeout'," \
    " current_setting('propolis.lock_timeout'), true)"
#define PAUSE "SELECT pg_sleep(0.1 + random() * 0.2)"

/* The advisory lock keeps other heals of the table out until the end of the
 * transaction. */
static bool lock_name(struct table_heal *h, struct err *e)
{
    const char *table = h->schema->table;
    struct buf sql = {0};
    bool ok = buf_adds(&sql,
                       "SELECT pg_advisory_xact_lock(hashtext('propolis'),"
                       " hashtext(",
                       e) &&
              sql_text(&sql, h->db->ops->dialect, table, strlen(table), e) &&
              buf_adds(&sql, "))", e) &&
              db_run(h->db, STMT_QUERY, "SET LOCAL lock_timeout = '10s'", e) &&
              heal_run(h, STMT_QUERY, &sql, e);

    buf_free(&sql);
    return ok;
}

/* As many of the locks as the database grants; *refused when it was one less.
 * Its words and codes for that are its own. */
static bool lock(struct table_heal *h, bool nested, bool *refused,
                 struct err *e)
{
    struct db *db = h->db;

    if ((!nested || db_run(db, STMT_QUERY, KEEP_WAIT, e)) &&
        (db->locks_refused == 1 || lock_name(h, e)) &&
        db_run(db, STMT_QUERY, SHORT_WAIT, e))
        return true;
    *refused = e->code == ERR_UNSUPPORTED || e->code == ERR_DENIED ||
               e->code == ERR_SQL;
    db->locks_refused += *refused;
    return false;
}

/* What is done to a table under the locks. */
typedef bool heal_change(struct table_heal *h, const struct buf *sql,
                         struct err *e);

/* Within a transaction of the caller's only what was done here is undone; what
 * is kept stands with that transaction, and so do the locks.  *refused: the
 * database does not do so, and another attempt does without.  One that does no
 * such thing in a transaction gets it plain: whoever else did the same at the
 * same time, the catalogue shows. */
static bool change_locked(struct table_heal *h, heal_change *change,
                          const struct buf *sql, bool *refused, struct err *e)
{
    struct db *db = h->db;
    bool locks = db->ops->dialect->advisory_locks && db->locks_refused < 2;
    bool nested = db->ops->in_transaction(db);
    bool ok;

    *refused = false;
    if (db->changes_refused && !nested) {
        ok = change(h, sql, e);
        if (!ok && e->code == ERR_UNSUPPORTED) /* that was not the reason */
            db->changes_refused = false;
        return ok;
    }
    if (!db_begin(db, &nested, e)) {
        *refused = db->changes_refused && !nested;
        return false;
    }
    ok = !locks || lock(h, nested, refused, e);
    if (ok && !change(h, sql, e)) {
        ok = false;
        *refused = e->code == ERR_UNSUPPORTED && !nested;
        db->changes_refused = *refused;
    }
    if (ok && nested && locks) /* the caller's lock_timeout is put back */
        ok = db_run(db, STMT_QUERY, RESTORE_WAIT, e);
    return db_end(db, nested, ok, e);
}

static bool complete(struct table_heal *h, const struct buf *sql, struct err *e)
{
    (void)sql;
    return heal_read_catalog(h, e) && heal_create_or_add(h, e);
}

static bool add_index(struct table_heal *h, const struct buf *sql,
                      struct err *e)
{
    return heal_run(h, STMT_INDEX, sql, e);
}

/* An attempt was undone: it added nothing. */
static void forget_added(struct table_heal *h)
{
    memset(h->result->altered, 0,
           h->schema->ncols * sizeof(*h->result->altered));
    h->result->naltered = 0;
    h->result->created = false;
}

/* A workspace that nobody wrote to has no schema in PostgreSQL yet.  One that
 * is reported missing although it was just made is there, but not ours. */
static bool create_workspace(struct table_heal *h, bool *made, struct err *e)
{
    struct buf sql = {0};
    bool ok;

    if (*made)
        return err_set(e, ERR_DENIED,
                       "the schema \"%s\" is there, but this login may not use "
                       "it: its owner can GRANT USAGE, CREATE ON SCHEMA",
                       h->db->workspace);
    *made = true;
    ok = buf_adds(&sql, "CREATE SCHEMA IF NOT EXISTS ", e) &&
         sql_quoted(&sql, h->db->workspace, e) &&
         heal_run(h, STMT_CREATE, &sql, e);
    buf_free(&sql);
    return ok || e->code == ERR_EXISTS;
}

/* Whether what failed with *e is worth another attempt, after what that
 * needs. */
static bool retry(struct table_heal *h, int attempts, bool *made, struct err *e)
{
    const struct dialect *d = h->db->ops->dialect;

    if (e->code == ERR_NO_SCHEMA && d->schemas)
        return create_workspace(h, made, e);
    if (!d->advisory_locks)
        return false;
    if (e->code == ERR_EXISTS) /* a writer without our lock added columns */
        return attempts <= 2;
    return e->code == ERR_BUSY && db_run(h->db, STMT_QUERY, PAUSE, e);
}

bool heal_in_session(struct table_heal *h, struct err *e)
{
    bool made = false;
    bool refused;

    heal_note_missing(h);
    for (int i = 1; i <= ATTEMPTS; i++) {
        if (change_locked(h, complete, NULL, &refused, e))
            return true;
        if (refused || !h->db->changes_refused)
            forget_added(h);
        if (!refused && !retry(h, i, &made, e))
            return false;
    }
    return err_set(e, ERR_BUSY,
                   "table \"%s\" is held by another transaction: heal gave up "
                   "after %d short tries and changed nothing; try again when "
                   "that transaction has ended",
                   h->schema->table, ATTEMPTS);
}

/* CREATE INDEX waits for writers as an ALTER does, and makes as many wait
 * behind it; one short attempt, and the next heal tries again. */
bool heal_create_index(struct table_heal *h, const struct buf *sql,
                       struct err *e)
{
    bool refused = true;
    bool ok = false;

    if (!h->db->ops->dialect->advisory_locks || heal_stateless(h->db))
        return heal_run(h, STMT_INDEX, sql, e);
    if (h->db->ops->in_transaction(h->db))
        return err_set(e, ERR_BUSY, "indexes are not made in a transaction");
    while (!ok && refused)
        ok = change_locked(h, add_index, sql, &refused, e);
    return ok;
}
