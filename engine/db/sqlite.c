#include "db/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/db.h"
#include "core/dialect.h"
#include "core/err.h"
#include "db/sqlite_busy.h"
#include "db/sqlite_error.h"
#include "os/interrupt.h"

/* So many steps of SQLite's machine pass between two looks for Ctrl-C. */
#define CHECK_EVERY 10000

struct sqlite_db {
    struct db db;
    sqlite3 *h;
    char *path; /* for messages */
    bool readonly;
    struct sqlite_busy busy;
};

struct sqlite_cursor {
    struct cursor c;
    sqlite3_stmt *st;
    const char **names;
    struct value *values;
};

static bool fail(struct sqlite_db *d, int rc, struct err *e)
{
    sqlite_error(d->h, rc, d->path, e);
    if (d->readonly &&
        ((rc & 0xff) == SQLITE_READONLY || e->code == ERR_DENIED))
        err_set(e, ERR_READONLY, "the store is open for reading only");
    return false;
}

static void finish(struct cursor *cur)
{
    struct sqlite_cursor *c = (struct sqlite_cursor *)cur;

    sqlite3_finalize(c->st);
    free(c->names);
    free(c->values);
    free(c);
}

/* After the first step: it prepares anew what another process outdated. */
static bool name_columns(struct sqlite_cursor *c, struct err *e)
{
    size_t n = (size_t)sqlite3_column_count(c->st);

    c->names = calloc(n + 1, sizeof(*c->names));
    c->values = calloc(n + 1, sizeof(*c->values));
    if (!c->names || !c->values)
        return err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        c->names[i] = sqlite3_column_name(c->st, (int)i);
        if (!c->names[i])
            return err_set(e, ERR_NOMEM, "out of memory");
    }
    c->c.ncols = n;
    c->c.names = c->names;
    c->c.values = c->values;
    return true;
}

/* False with *e set when more than white space, ; and comments follows. */
static bool is_alone(sqlite3 *h, const char *tail, struct err *e)
{
    sqlite3_stmt *second = NULL;
    int rc = *tail ? sqlite3_prepare_v2(h, tail, -1, &second, NULL) : SQLITE_OK;
    bool alone = rc == SQLITE_OK && second == NULL;

    sqlite3_finalize(second);
    return alone ||
           err_set(e, ERR_SQL,
                   "only one statement at a time; the second starts at '%.40s'",
                   tail + strspn(tail, " \t\r\n;"));
}

static bool open_cursor(struct db *db, const struct stmt *st,
                        struct cursor **out, struct err *e)
{
    struct sqlite_db *d = (struct sqlite_db *)db;
    struct sqlite_cursor *c = calloc(1, sizeof(*c));
    const char *tail;
    int rc;

    if (!c)
        return err_set(e, ERR_NOMEM, "out of memory");
    c->c.db = db;
    rc = sqlite3_prepare_v2(d->h, st->sql, (int)st->len + 1, &c->st, &tail);
    if (rc != SQLITE_OK)
        fail(d, rc, e);
    else if (c->st && !is_alone(d->h, tail, e))
        rc = SQLITE_ERROR;
    if (rc == SQLITE_OK)
        *out = &c->c;
    else
        finish(&c->c);
    return rc == SQLITE_OK;
}

static void read_value(sqlite3_stmt *st, int i, struct value *v)
{
    int type = sqlite3_column_type(st, i);

    *v = (struct value){.kind = VALUE_NULL};
    switch (type) {
    case SQLITE_INTEGER:
        v->kind = VALUE_INT;
        v->integer = sqlite3_column_int64(st, i);
        break;
    case SQLITE_FLOAT:
        v->kind = VALUE_REAL;
        v->real = sqlite3_column_double(st, i);
        break;
    case SQLITE_TEXT: /* as UTF-8, which the file need not be */
    case SQLITE_BLOB:
        v->kind = VALUE_TEXT;
        v->text = type == SQLITE_BLOB
                      ? sqlite3_column_blob(st, i)
                      : (const void *)sqlite3_column_text(st, i);
        v->len = (size_t)sqlite3_column_bytes(st, i);
        v->text = v->text ? v->text : "";
        break;
    default:
        break;
    }
}

static enum db_step step(struct cursor *cur, struct err *e)
{
    struct sqlite_cursor *c = (struct sqlite_cursor *)cur;
    int rc = c->st ? sqlite3_step(c->st) : SQLITE_DONE;

    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        fail((struct sqlite_db *)c->c.db, rc, e);
        return DB_FAIL;
    }
    if (c->st && !c->names && !name_columns(c, e))
        return DB_FAIL;
    for (size_t i = 0; rc == SQLITE_ROW && i < c->c.ncols; i++)
        read_value(c->st, (int)i, &c->values[i]);
    return rc == SQLITE_ROW ? DB_ROW : DB_DONE;
}

static bool in_transaction(struct db *db)
{
    return sqlite3_get_autocommit(((struct sqlite_db *)db)->h) == 0;
}

static void close_db(struct db *db)
{
    struct sqlite_db *d = (struct sqlite_db *)db;

    sqlite3_close_v2(d->h);
    free(d->path);
    free(d);
}

static const struct db_ops ops = {.dialect = &dialect_sqlite,
                                  .open = open_cursor,
                                  .step = step,
                                  .finish = finish,
                                  .in_transaction = in_transaction,
                                  .close = close_db};

/* SQLite makes files by the umask; ours are private from the first byte. */
static bool make_private(struct sqlite_db *d, struct err *e)
{
    int fd;

    if (strcmp(d->path, ":memory:") == 0)
        return true;
    fd = open(d->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST)
        return err_set(
            e, errno == EACCES || errno == EPERM ? ERR_DENIED : ERR_IO,
            "%s: %s%s", d->path, strerror(errno),
            sqlite_advice(errno == ENOSPC ? SQLITE_FULL : SQLITE_CANTOPEN));
    if (fd >= 0)
        close(fd);
    return true;
}

/* ATTACH and VACUUM INTO make files of their own also from a connection that is
 * read-only. */
static int refuse_attach(void *unused, int action, const char *a, const char *b,
                         const char *c, const char *d)
{
    (void)unused, (void)a, (void)b, (void)c, (void)d;
    return action == SQLITE_ATTACH ? SQLITE_DENY : SQLITE_OK;
}

static int is_interrupted(void *unused)
{
    (void)unused;
    return interrupt_asked();
}

static bool set_up(struct sqlite_db *d, const struct sqlite_options *o,
                   struct err *e)
{
    int rc;

    sqlite3_progress_handler(d->h, CHECK_EVERY, is_interrupted, NULL);
    d->busy.timeout_ms = o->busy_ms ? o->busy_ms : 5000;
    sqlite3_db_config(d->h, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    /* A process that writes one row and leaves must not pay a checkpoint. */
    sqlite3_db_config(d->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    rc = o->readonly ? sqlite_busy_install(d->h, &d->busy)
                     : sqlite_busy_open_wal(d->h, &d->busy);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(d->h,
                          o->readonly ? "SELECT 1 FROM sqlite_schema"
                                      : "PRAGMA synchronous = FULL",
                          NULL, NULL, NULL);
    d->readonly = o->readonly && rc == SQLITE_OK;
    if (d->readonly)
        rc = sqlite3_set_authorizer(d->h, refuse_attach, NULL);
    return rc == SQLITE_OK || fail(d, rc, e);
}

static bool open_file(struct sqlite_db *d, const struct sqlite_options *o,
                      struct err *e)
{
    int flags = o->readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int rc;

    if (!o->readonly && !make_private(d, e))
        return false;
    rc = sqlite3_open_v2(d->path, &d->h,
                         flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                         NULL);
    return rc == SQLITE_OK ? set_up(d, o, e) : fail(d, rc, e);
}

struct db *sqlite_open(const char *path, const struct sqlite_options *o,
                       struct err *e)
{
    struct sqlite_db *d = calloc(1, sizeof(*d));

    if (d)
        d->path = strdup(path);
    if (!d || !d->path) {
        free(d);
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    d->db.ops = &ops;
    d->db.workspace = "main";
    if (!open_file(d, o, e)) {
        close_db(&d->db);
        return NULL;
    }
    return &d->db;
}

struct sqlite3 *sqlite_handle(struct db *db)
{
    return db->ops == &ops ? ((struct sqlite_db *)db)->h : NULL;
}
