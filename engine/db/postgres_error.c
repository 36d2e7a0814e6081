#include <string.h>

#include "core/classify.h"
#include "core/err.h"
#include "db/pg_query.h"
#include "db/postgres_connection.h"

/* A name that somebody else put into the catalogue at the same moment breaks
 * the catalogue's own unique index, before any friendlier check sees it. */
static bool on_catalog(const PGresult *res)
{
    static const char *const indexes[] = {
        "pg_class_relname_nsp_index",
        "pg_type_typname_nsp_index",
        "pg_namespace_nspname_index",
        "pg_attribute_relid_attnam_index",
    };
    const char *schema = PQresultErrorField(res, PG_DIAG_SCHEMA_NAME);
    const char *name = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);

    if (schema && strcmp(schema, "pg_catalog") == 0)
        return true;
    for (size_t i = 0; name && i < sizeof(indexes) / sizeof(indexes[0]); i++)
        if (strcmp(name, indexes[i]) == 0)
            return true;
    return false;
}

/* A row that is there already is the statement's own affair. */
static enum err_code classify(const PGresult *res, const char *state)
{
    if (strcmp(state, "23505") == 0 && !on_catalog(res))
        return ERR_SQL;
    return classify_sqlstate(state);
}

void pg_error(const PGresult *res, const PGconn *conn,
              const struct pg_query *query, struct err *e)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

    if (!text || !*text) /* libpq's own words: the first line says it */
        text = res ? PQresultErrorMessage(res) : PQerrorMessage(conn);
    if (PQstatus(conn) == CONNECTION_BAD)
        err_set(e, ERR_IO, "the connection to PostgreSQL was lost: %.*s",
                (int)strcspn(text, "\n"), text);
    else if (state && strcmp(state, "55P03") == 0)
        err_set(e, ERR_BUSY, "another session held a lock for too long: %s",
                text);
    else if (state && strcmp(state, "25006") == 0)
        err_set(e, ERR_READONLY, "%s", text);
    else if (query->before && state && strcmp(state, "25001") == 0)
        err_set(e, ERR_UNSUPPORTED,
                "%s: the store's address leads to a pooler, behind which each "
                "statement runs in a transaction; connect to PostgreSQL itself",
                text);
    else
        err_set(e, state ? classify(res, state) : ERR_IO, "%.*s",
                (int)strcspn(text, "\n"), text);
}
