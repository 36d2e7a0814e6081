#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/sql.h"

static const char sqlite_columns[] =
    "SELECT m.name AS table_name, c.name AS column_name, c.type AS data_type,"
    " c.\"notnull\" AS not_null, c.dflt_value AS column_default,"
    " NULL AS index_name"
    " FROM sqlite_schema AS m JOIN pragma_table_xinfo(m.name) AS c"
    " WHERE m.type IN ('table', 'view') AND lower(m.name) IN (";
static const char sqlite_indexes[] =
    ") UNION ALL SELECT tbl_name, NULL, NULL, NULL, NULL, name"
    " FROM sqlite_schema WHERE type = 'index' AND lower(tbl_name) IN (";

/* pg_catalog answers several times faster than information_schema. */
static const char postgres_columns[] =
    "SELECT c.relname AS table_name, a.attname AS column_name,"
    " pg_catalog.format_type(a.atttypid, a.atttypmod) AS data_type,"
    " a.attnotnull AS not_null,"
    " pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS column_default,"
    " NULL::name AS index_name"
    " FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
    " AND a.attnum > 0 AND NOT a.attisdropped"
    " LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid"
    " AND d.adnum = a.attnum"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname = ";
static const char postgres_indexes[] =
    " UNION ALL SELECT c.relname, NULL, NULL, NULL, NULL, i.relname"
    " FROM pg_catalog.pg_index x"
    " JOIN pg_catalog.pg_class c ON c.oid = x.indrelid"
    " JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = ";

/* 'a', 'b', ... ; lower() of them where names compare without case. */
static bool names(struct buf *out, const struct schema *const s[], size_t n,
                  bool lower, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        if (!buf_adds(out, i ? ", " : "", e) ||
            !buf_adds(out, lower ? "lower(" : "", e) ||
            !sql_text(out, SQL_SQLITE, s[i]->table, strlen(s[i]->table), e) ||
            !buf_adds(out, lower ? ")" : "", e))
            return false;
    return true;
}

static bool workspace_is(struct buf *out, const char *ws,
                         const struct schema *const s[], size_t n,
                         struct err *e)
{
    return sql_text(out, SQL_POSTGRES, ws, strlen(ws), e) &&
           buf_adds(out, " AND c.relname IN (", e) &&
           names(out, s, n, false, e) && buf_add(out, ")", 1, e);
}

static bool look_deeplake(struct buf *out, const char *ws, const char *table,
                          struct err *e)
{
    return buf_adds(out,
                    "SELECT column_name FROM information_schema.columns"
                    " WHERE table_name = ",
                    e) &&
           sql_text(out, SQL_DEEPLAKE, table, strlen(table), e) &&
           buf_adds(out, " AND table_schema = ", e) &&
           sql_text(out, SQL_DEEPLAKE, ws, strlen(ws), e);
}

bool sql_catalog_query(struct buf *out, enum sql_dialect d,
                       const char *workspace, const struct schema *const s[],
                       size_t n, struct err *e)
{
    if (d == SQL_DEEPLAKE)
        return look_deeplake(out, workspace, s[0]->table, e);
    if (d == SQL_SQLITE)
        return buf_adds(out, sqlite_columns, e) && names(out, s, n, true, e) &&
               buf_adds(out, sqlite_indexes, e) && names(out, s, n, true, e) &&
               buf_add(out, ")", 1, e);
    return buf_adds(out, postgres_columns, e) &&
           workspace_is(out, workspace, s, n, e) &&
           buf_adds(out, postgres_indexes, e) &&
           workspace_is(out, workspace, s, n, e);
}
