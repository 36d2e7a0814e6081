#include <string.h>

#include "core/err.h"
#include "db/postgres_connection.h"

/* A SQLSTATE, or the beginning of some, and what it stands for. */
static const struct {
    const char *state;
    enum err_code code;
} sqlstates[] = {
    {"42P01", ERR_NO_TABLE},  {"42703", ERR_NO_COLUMN},
    {"3F000", ERR_NO_SCHEMA}, {"42701", ERR_EXISTS}, /* column */
    {"42P07", ERR_EXISTS},                           /* table, index */
    {"42P06", ERR_EXISTS},                           /* schema */
    {"42710", ERR_EXISTS}, /* a table's type: two CREATE at once */
    {"42501", ERR_DENIED},    {"25006", ERR_DENIED}, /* read-only transaction */
    {"28", ERR_AUTH},         {"55P03", ERR_BUSY},   /* lock_timeout */
    {"57014", ERR_BUSY}, /* statement_timeout, cancelled */
    {"40P01", ERR_BUSY}, /* deadlock */
    {"40001", ERR_BUSY}, /* serialization */
    {"22021", ERR_ARG},  /* bytes that are no text of this encoding */
    {"08", ERR_IO},      /* the connection */
    {"57P0", ERR_IO},    /* the server goes away */
    {"53", ERR_IO},      /* disk full, no memory, no connection left */
    {"58", ERR_IO},      /* the server's disk */
};

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

static enum err_code classify(const PGresult *res, const char *state)
{
    if (strcmp(state, "23505") == 0)
        return on_catalog(res) ? ERR_EXISTS : ERR_SQL;
    for (size_t i = 0; i < sizeof(sqlstates) / sizeof(sqlstates[0]); i++)
        if (strncmp(state, sqlstates[i].state, strlen(sqlstates[i].state)) == 0)
            return sqlstates[i].code;
    return ERR_SQL;
}

void pg_error(const PGresult *res, const PGconn *conn, struct err *e)
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
    else
        err_set(e, state ? classify(res, state) : ERR_IO, "%.*s",
                (int)strcspn(text, "\n"), text);
}
