/*
 * db.h - what a store driver must offer.
 *
 * engine/db/ implements this, and so does one driver in bind/ whose statements
 * are run by a Lua function; heal.c and store.c know nothing else.
 */
#ifndef ENGINE_CORE_DB_H
#define ENGINE_CORE_DB_H

#include <stdbool.h>
#include <stddef.h>

#include "core/sql.h"

struct db;
struct err;

/* What a statement is for, as its sender says: nobody reads its SQL.  A driver
 * over a network decides by it what may be repeated when it is not clear
 * whether it was carried out. */
enum stmt_kind {
    STMT_QUERY, /* anything somebody typed or a script sent: never repeated */
    STMT_READ,  /* changes nothing */
    STMT_BEGIN,
    STMT_COMMIT,
    STMT_ROLLBACK, /* of the whole transaction */
    STMT_CATALOG,  /* a read of the catalogue */
    STMT_CREATE,   /* this one and the next two may be done twice */
    STMT_ALTER,
    STMT_INDEX,
    STMT_INSERT,
    STMT_IDEMPOTENT /* a write that comes to the same done twice */
};

/* One statement, borrowed for the length of a call. */
struct stmt {
    enum stmt_kind kind;
    const char *sql; /* NUL-terminated */
    size_t len;
    const char *table; /* the table it is about, or NULL */
};

/* Rows coming back; a driver's own cursor starts with this. */
struct cursor {
    struct db *db;
    size_t ncols;
    const char *const *names;   /* ncols of them */
    const struct value *values; /* the current row, valid until the next step */
};

enum db_step { DB_ROW, DB_DONE, DB_FAIL };

struct db_ops {
    const struct dialect *dialect;

    /* Starts a statement.  On true *out is a cursor that the caller must
     * finish; the statement may run only when stepped. */
    bool (*open)(struct db *db, const struct stmt *st, struct cursor **out,
                 struct err *e);
    enum db_step (*step)(struct cursor *c, struct err *e);
    void (*finish)(struct cursor *c);

    /* Says whether a table is listed; NULL where the catalogue does. */
    bool (*listed)(struct db *db, const char *table, bool *present,
                   struct err *e);

    /* True inside a transaction; NULL where statements share no session, and
     * then BEGIN is never sent. */
    bool (*in_transaction)(struct db *db);

    void (*close)(struct db *db); /* also frees db; a close never fails */
};

struct db {
    const struct db_ops *ops;
    const char *workspace; /* the PostgreSQL schema; owned by the driver */

    /* What this database refused when it was asked, as others than PostgreSQL
     * itself may; it is not asked again. */
    int locks_refused;    /* 1: heal's advisory lock, 2: its lock_timeout too */
    bool changes_refused; /* CREATE and ALTER in a transaction */
    bool savepoints_refused;
};

/* Runs a statement and drops its rows. */
bool db_exec(struct db *db, const struct stmt *st, struct err *e);

/* The same for a fixed text. */
bool db_run(struct db *db, enum stmt_kind kind, const char *sql, struct err *e);

/* Starts a transaction or, within one, sets a savepoint, and *nested tells
 * which.  Only for a store with sessions.  That the database does not do such
 * a thing is noted in db. */
bool db_begin(struct db *db, bool *nested, struct err *e);

/* Ends what db_begin() started: keeps it when ok is true, and otherwise, or
 * when it cannot be kept, undoes it.  False unless it was kept; *e is set only
 * when ok was true. */
bool db_end(struct db *db, bool nested, bool ok, struct err *e);

/* "query", "begin", "commit", ... and back; -1 for another word. */
const char *stmt_kind_name(enum stmt_kind k);
int stmt_kind_from(const char *name);

/* The kind of a statement; a STMT_QUERY that reads COMMIT, END, ROLLBACK or
 * ABORT, and no more than WORK or TRANSACTION, is of those kinds. */
enum stmt_kind stmt_kind_of(const struct stmt *st);

#endif
