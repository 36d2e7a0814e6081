#include <sqlite3.h>
#include <stddef.h>

#include "db/sqlite.h"

/* So many steps of SQLite's machine pass between two checks. */
#define CHECK_EVERY 10000

/* An automatic extension is given nothing of ours. */
static int (*stop_asked)(void *);

static int add_check(sqlite3 *h, char **message, const void *api)
{
    (void)message;
    (void)api;
    sqlite3_progress_handler(h, CHECK_EVERY, stop_asked, NULL);
    return SQLITE_OK;
}

bool sqlite_interrupt_when(int (*asked)(void *))
{
    stop_asked = asked;
    return sqlite3_auto_extension((void (*)(void))add_check) == SQLITE_OK;
}
