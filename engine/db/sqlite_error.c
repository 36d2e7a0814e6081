#include "db/sqlite_error.h"

#include <sqlite3.h>
#include <string.h>

#include "core/classify.h"
#include "core/err.h"

/* SQLite has codes for the file's faults, only words for a statement's. */
static enum err_code classify(int rc, const char *text)
{
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
        return ERR_NOMEM;
    case SQLITE_INTERRUPT:
        return ERR_INTERRUPTED;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return ERR_DENIED;
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_NOTADB:
        return ERR_IO;
    default:
        return classify_text(text, strlen(text));
    }
}

const char *sqlite_advice(int rc)
{
    switch (rc) {
    case SQLITE_BUSY_SNAPSHOT:
        return ": the transaction has read what another one changed since; "
               "roll it back and begin anew";
    case SQLITE_LOCKED_SHAREDCACHE:
        return ": another connection of this process holds the table";
    default:
        break;
    }
    switch (rc & 0xff) {
    case SQLITE_BUSY:
        return ": another connection holds it, most often of another "
               "process; try again";
    case SQLITE_LOCKED:
        return ": a statement of this store is not done with it; end the loop "
               "over its rows first";
    case SQLITE_CORRUPT:
        return ": the file is damaged; save what is left with "
               "sqlite3 FILE .recover, or move it away";
    case SQLITE_NOTADB:
        return ": that file is no SQLite database; name another";
    case SQLITE_FULL:
        return ": make room and try again";
    case SQLITE_READONLY:
        return ": make the file, its -wal and -shm, and their folder writable";
    case SQLITE_CANTOPEN:
        return ": it must be a file, in a folder that is there and yours";
    default:
        return "";
    }
}

void sqlite_error(sqlite3 *h, int rc, const char *path, struct err *e)
{
    const char *text = h ? sqlite3_errmsg(h) : sqlite3_errstr(rc);
    enum err_code code = classify(rc, text);

    if (rc == SQLITE_BUSY && strstr(text, "statements in progress"))
        rc = SQLITE_LOCKED; /* our own: a COMMIT below an open cursor */
    if (code == ERR_IO || code == ERR_BUSY || code == ERR_DENIED)
        err_set(e, code, "%s: %s%s", path, text, sqlite_advice(rc));
    else
        err_set(e, code, "%s", text);
}
