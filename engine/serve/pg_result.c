#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "serve/internal.h"
#include "serve/json_result.h"
#include "serve/sql_filter.h"

void pg_result_overflow(struct request *r, const char *done)
{
    char text[160];

    snprintf(text, sizeof(text),
             "%s larger than %zu bytes, or all answers are: ask for less, by "
             "LIMIT or fewer columns",
             done, r->loop->server->o.max_answer);
    response_fail(r, 413, NULL, text);
}

/* The rows that have come; false when they are too many. */
static bool take_rows(struct pg_connection *k, const PGresult *res)
{
    struct request *r = k->req;
    bool tables = r->route == TABLES;
    size_t before = r->out.len;
    struct err err;
    struct err *e = &err;

    if (r->overflow)
        return true;
    if (before == 0 && !json_result_head(&r->out, res, tables, e))
        return false;
    if (!json_result_rows(&r->out, res, tables, r->rows == 0, e))
        return false;
    r->rows += (size_t)PQntuples(res);
    if (r->out.len > k->pool->loop->server->o.max_answer ||
        !request_hold(r, r->out.len - before))
        return false;
    return PQresultStatus(res) != PGRES_TUPLES_OK ||
           json_result_tail(&r->out, r->rows, tables, e);
}

/* Somebody made a table in this schema past us.  It is about to be handed
 * over, so the client may try again. */
static bool is_foreign(const struct pg_connection *k, const char *code,
                       const char *text)
{
    static const char words[] = "must be owner of table ";

    return k->pool->write && code && text && strcmp(code, "42501") == 0 &&
           strncmp(text, words, sizeof(words) - 1) == 0;
}

static void take_error(struct pg_connection *k, const PGresult *res)
{
    const char *code = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

    k->req->status = k->terminating ? 408 : http_status_of(code);
    if (is_foreign(k, code, text)) {
        k->req->status = 503;
        server_ask_repair(k->pool->loop->server, text);
    }
    if (code)
        json_error(&k->req->out, code, text ? text : "no words");
    else
        json_error(&k->req->out, NULL, "the database connection was lost");
}

/* One result; false when the connection is of no further use. */
bool pg_result_take(struct pg_connection *k, const PGresult *res)
{
    struct request *r = k->req;
    struct err e;

    if (!r)
        return true; /* DISCARD ALL's */
    switch (PQresultStatus(res)) {
    case PGRES_SINGLE_TUPLE:
    case PGRES_TUPLES_OK:
        if (take_rows(k, res))
            return true;
        buf_free(&r->out);
        r->overflow = true;
        if (r->route == QUERY && !sql_filter_only_reads(r->in.data, r->in.len))
            return true; /* it goes on, so that we know how it ends */
        k->req = NULL;
        pg_result_overflow(r, "the answer is");
        return false;
    case PGRES_COMMAND_OK:
        return json_result_head(&r->out, res, false, &e) &&
               json_result_tail(&r->out,
                                strtoul(PQcmdTuples((PGresult *)res), NULL, 10),
                                false, &e);
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
        take_error(k, res);
        return true;
    case PGRES_EMPTY_QUERY:
        r->status = 400;
        json_error(&r->out, NULL, "the query is empty");
        return true;
    default:
        k->req = NULL;
        response_fail(r, 403, NULL,
                      "permission denied: COPY is not for tokens");
        return false;
    }
}
