#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bind/bind.h"
#include "rows/row_writer.h"

static bool write_out(void *arg, const char *bytes, size_t n, struct err *e)
{
    (void)arg;
    while (n > 0) {
        ssize_t done = write(STDOUT_FILENO, bytes, n);

        if (done < 0 && errno == EINTR) /* nothing but Ctrl-C has a handler */
            return err_set(e, ERR_INTERRUPTED, "interrupted!");
        if (done < 0)
            return err_set(e, ERR_IO, "cannot write the output: %s",
                           strerror(errno));
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

static int do_nothing(lua_State *L)
{
    (void)L;
    return 0;
}

/* Prints what the cursor on top of the stack has, row by row: a call of a
 * function is where Ctrl-C is heard. */
static bool print_rows(lua_State *L, struct bind_cursor *b,
                       struct row_writer *w, struct err *e)
{
    int at = lua_gettop(L);
    struct err ignored;
    struct cursor *c = bind_checkcursor(L, b);
    enum db_step step = c->db->ops->step(c, e);

    if (step == DB_FAIL)
        return false;
    bind_pushnames(L, b, at);
    w->table.names = bind_newnames(L, -1, &w->table.ncols);
    for (; step == DB_ROW; step = c->db->ops->step(c, e)) {
        if (!row_writer_add(w, c->values, e))
            return false;
        lua_pushcfunction(L, do_nothing);
        lua_call(L, 0, 0);
        c = bind_checkcursor(L, b);
    }
    if (step == DB_DONE)
        return row_writer_end(w, e);
    row_writer_flush(w, &ignored); /* the failure is what is to be said */
    return false;
}

/* store:print(sql, kind, format [, room [, bold]]) -> true, or nil, err: the
 * rows on stdout as they come.  Format: "table", "csv", "json", "line"; room is
 * how many columns the terminal has, bold is for the head of a table there. */
int bind_print(lua_State *L)
{
    struct db *db = bind_checkstore(L, 1);
    struct stmt st = bind_checkstmt(L, 2);
    struct row_writer *w;
    struct bind_cursor *b;
    struct err e;

    if (lua_driver_is(db))
        bind_raise(L, "the columns of this store have no order: use query()");
    lua_settop(L, 6);
    w = bind_newwriter(L, 4);
    w->out.write = write_out;
    b = bind_newcursor(L);
    lua_toclose(L, -1);
    fflush(stdout);
    return bind_result(
        L, bind_startcursor(b, &st, &e) && print_rows(L, b, w, &e), &e);
}
