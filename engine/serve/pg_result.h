/*
 * pg_result.h - a statement on its way, and how PostgreSQL's results become
 * its response.
 *
 * A struct pg_job is part of a request.  pg_pool keeps it while it waits,
 * pg_connection while it runs; who is done with it calls done() once and
 * forgets it.
 *
 *     request ──pg_pools_submit──▶ waits in a pool ──▶ runs on a connection
 *        ▲                              │                     │
 *        └────────── done() ◀──(too late, stop)──(result, error, cut line)
 */
#ifndef ENGINE_SERVE_PG_RESULT_H
#define ENGINE_SERVE_PG_RESULT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct response;

struct pg_job {
    /* Set by the request; borrowed until done(). */
    const char *workspace;
    bool write;  /* run it as the role that may write */
    bool tables; /* list the workspace's tables; there is no sql then */
    bool reads;  /* sql only reads: it may be cut off in the middle */
    const char *sql;
    size_t max_answer; /* bytes of the response */
    struct response *response;
    bool (*reserve)(struct pg_job *job, size_t n); /* memory for n bytes more */
    void (*done)(struct pg_job *job);

    /* The parts below's. */
    struct pg_job *next; /* in its pool's queue */
    int64_t deadline;    /* to be given a connection */
    size_t rows;
    bool overflow; /* the response is too large: its rows are dropped */
};

enum pg_result_next {
    PG_RESULT_MORE,   /* go on; the response is made when all results came */
    PG_RESULT_REPAIR, /* the same, and a table is not owned as it should be */
    PG_RESULT_STOP,   /* the response is made; the connection must be closed */
    PG_RESULT_FAILED  /* no memory; the connection must be closed */
};

/* Takes in one result.  terminated: its process was told to end. */
enum pg_result_next pg_result_add(struct pg_job *job, const PGresult *res,
                                  bool terminated);

/* All results came: makes an error of a response that became too large. */
void pg_result_end(struct pg_job *job);

/* Makes the response an error, and is done with the job. */
void pg_job_fail(struct pg_job *job, int status, const char *code,
                 const char *text);

#endif
