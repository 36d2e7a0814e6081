#include <sqlite3.h>
#include <stddef.h>

#include "db/sqlite.h"

static int refuse_attach(void *unused, int action, const char *a, const char *b,
                         const char *c, const char *d)
{
    (void)unused, (void)a, (void)b, (void)c, (void)d;
    return action == SQLITE_ATTACH ? SQLITE_DENY : SQLITE_OK;
}

int sqlite_refuse_attach(sqlite3 *h)
{
    return sqlite3_set_authorizer(h, refuse_attach, NULL);
}
