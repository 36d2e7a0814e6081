#include "db/postgres_rows.h"

#include <stddef.h>

/* A rest of fewer rows is read sooner than the server could be asked. */
#define LITTLE 1000

static bool is_row(const PGresult *res)
{
    return PQresultStatus(res) == PGRES_SINGLE_TUPLE;
}

bool pg_rows_start(struct pg_rows *r, PGconn *conn,
                   const struct pg_query *query)
{
    ExecStatusType s;

    r->answer.by_row = true;
    pg_answer_start(&r->answer, conn, query);
    r->first = r->res = pg_answer_next(&r->answer);
    s = PQresultStatus(r->first);
    return s == PGRES_SINGLE_TUPLE || s == PGRES_TUPLES_OK ||
           s == PGRES_COMMAND_OK;
}

static void replace(struct pg_rows *r, PGresult *res)
{
    if (r->res != r->first)
        PQclear(r->res);
    r->res = res;
    r->row = 0;
}

bool pg_rows_next(struct pg_rows *r, PGresult **last)
{
    if (r->row == PQntuples(r->res) && r->rest) {
        replace(r, r->rest);
        r->rest = NULL;
    } else if (r->row == PQntuples(r->res) && r->answer.open) {
        PGresult *res = pg_answer_next(&r->answer);

        if (!is_row(res)) {
            *last = res;
            return false;
        }
        replace(r, res);
    }
    if (r->row == PQntuples(r->res))
        return false;
    r->row++;
    return true;
}

/* Appends the row of one result to another, whose row n it becomes. */
static bool append(PGresult *to, int n, const PGresult *from)
{
    for (int i = 0; i < PQnfields(from); i++) {
        bool null = PQgetisnull(from, 0, i);

        if (!PQsetvalue(to, n, i, null ? NULL : PQgetvalue(from, 0, i),
                        null ? -1 : PQgetlength(from, 0, i)))
            return false;
    }
    return true;
}

bool pg_rows_read_ahead(struct pg_rows *r, PGresult **last)
{
    PGresult *res;
    bool whole;

    r->rest = PQcopyResult(r->first, PG_COPYRES_ATTRS);
    whole = r->rest != NULL;
    while (res = pg_answer_next(&r->answer), is_row(res)) {
        whole = whole && append(r->rest, PQntuples(r->rest), res);
        PQclear(res);
    }
    *last = res;
    return whole;
}

PGresult *pg_rows_skip(struct pg_rows *r, bool cancel)
{
    PGresult *res;
    int n = 0;

    while (res = pg_answer_next(&r->answer), is_row(res)) {
        PQclear(res);
        if (++n == LITTLE && cancel)
            pg_answer_cancel(&r->answer);
    }
    return res;
}

void pg_rows_free(struct pg_rows *r)
{
    PQclear(r->rest);
    replace(r, NULL);
    PQclear(r->first);
    *r = (struct pg_rows){0};
}
