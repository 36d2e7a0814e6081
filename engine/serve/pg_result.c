#include "serve/pg_result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "serve/response.h"

void pg_job_fail(struct pg_job *job, int status, const char *code,
                 const char *text)
{
    response_error(job->response, status, code, text);
    job->done(job);
}

static void overflow_error(struct pg_job *job, const char *what)
{
    char text[160];

    snprintf(text, sizeof(text),
             "%s larger than %zu bytes, or all answers are: ask for less, by "
             "LIMIT or fewer columns",
             what, job->max_answer);
    response_error(job->response, 413, "54000", text);
}

void pg_result_end(struct pg_job *job)
{
    if (job->overflow && job->response->status == 0)
        overflow_error(job, "the statement was carried out, but its answer is");
}

/* The rows that have come; false when they are too many. */
static bool add_rows(struct pg_job *job, const PGresult *res)
{
    struct buf *out = &job->response->body;
    size_t before = out->len;
    struct err e;

    if (job->overflow)
        return true;
    if (before == 0 && !json_result_head(out, res, job->tables, &e))
        return false;
    if (!json_result_rows(out, res, job->tables, job->rows == 0, &e))
        return false;
    job->rows += (size_t)PQntuples(res);
    if (out->len > job->max_answer || !job->reserve(job, out->len - before))
        return false;
    return PQresultStatus(res) != PGRES_TUPLES_OK ||
           json_result_tail(out, job->rows, job->tables, &e);
}

static enum pg_result_next add_overflow(struct pg_job *job)
{
    buf_free(&job->response->body);
    job->overflow = true;
    if (!job->tables && !job->reads)
        return PG_RESULT_MORE; /* it goes on, so that we know how it ends */
    overflow_error(job, "the answer is");
    return PG_RESULT_STOP;
}

static enum pg_result_next add_command(struct pg_job *job, const PGresult *res)
{
    struct buf *out = &job->response->body;
    size_t rows = strtoul(PQcmdTuples((PGresult *)res), NULL, 10);
    struct err e;

    return json_result_head(out, res, false, &e) &&
                   json_result_tail(out, rows, false, &e)
               ? PG_RESULT_MORE
               : PG_RESULT_FAILED;
}

/* Somebody made a table in this schema past us.  It is about to be handed
 * over, so the client may try again. */
static bool is_foreign(const struct pg_job *job, const char *code,
                       const char *text)
{
    static const char words[] = "must be owner of table ";

    return job->write && strcmp(code, "42501") == 0 &&
           strncmp(text, words, sizeof(words) - 1) == 0;
}

static enum pg_result_next add_error(struct pg_job *job, const PGresult *res,
                                     bool terminated)
{
    const char *code = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    bool foreign;

    if (!text)
        text = "no words";
    if (!code) { /* libpq's own words */
        code = "08006";
        text = "the database connection was lost";
    }
    if (terminated) {
        code = "57014";
        text = "canceling statement due to statement timeout";
    }
    foreign = is_foreign(job, code, text);
    response_error(job->response, foreign ? 503 : http_status_of(code), code,
                   text);
    return foreign ? PG_RESULT_REPAIR : PG_RESULT_MORE;
}

enum pg_result_next pg_result_add(struct pg_job *job, const PGresult *res,
                                  bool terminated)
{
    switch (PQresultStatus(res)) {
    case PGRES_SINGLE_TUPLE:
    case PGRES_TUPLES_OK:
        return add_rows(job, res) ? PG_RESULT_MORE : add_overflow(job);
    case PGRES_COMMAND_OK:
        return add_command(job, res);
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
        return add_error(job, res, terminated);
    case PGRES_EMPTY_QUERY:
        response_error(job->response, 400, "42601", "the query is empty");
        return PG_RESULT_MORE;
    default:
        response_error(job->response, 403, "42501",
                       "permission denied: COPY is not for tokens");
        return PG_RESULT_STOP;
    }
}
