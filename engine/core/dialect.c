#include "core/dialect.h"

#include <stddef.h>
#include <string.h>

/* Words that PostgreSQL keeps for itself, so that a column of such a name
 * must be quoted also where Deeplake's other clients write names bare. */
static const char reserved[] =
    " all analyse analyze and any array as asc asymmetric both case "
    "cast check collate column constraint create current_catalog "
    "current_date current_role current_time current_user "
    "current_timestamp default deferrable desc distinct do else end "
    "except false fetch for foreign from grant group having in "
    "initially intersect into lateral leading limit localtime "
    "localtimestamp not null offset on only or order placing primary "
    "references returning select session_user some symmetric table then "
    "to trailing true union unique user using variadic when where "
    "window with ";

static const char sqlite_catalog[] =
    "SELECT m.name AS table_name, c.name AS column_name, c.type AS data_type,"
    " c.\"notnull\" AS not_null, c.dflt_value AS column_default,"
    " NULL AS index_name"
    " FROM sqlite_schema AS m JOIN pragma_table_xinfo(m.name) AS c"
    " WHERE m.type IN ('table', 'view') AND m.name COLLATE NOCASE IN (%t)"
    " UNION ALL SELECT tbl_name, NULL, NULL, NULL, NULL, name"
    " FROM sqlite_schema"
    " WHERE type = 'index' AND tbl_name COLLATE NOCASE IN (%t)";

/* pg_catalog answers several times faster than information_schema. */
static const char postgres_catalog[] =
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
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')"
    " AND n.nspname = %w AND c.relname IN (%t)"
    " UNION ALL SELECT c.relname, NULL, NULL, NULL, NULL, i.relname"
    " FROM pg_catalog.pg_index x"
    " JOIN pg_catalog.pg_class c ON c.oid = x.indrelid"
    " JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = %w AND c.relname IN (%t)";

static const char deeplake_catalog[] =
    "SELECT column_name FROM information_schema.columns"
    " WHERE table_name = %t AND table_schema = %w";

/* SQLite would turn JSON text of digits into a number, were the column declared
 * by a name that it takes for numeric. */
static const char *const sqlite_types[COLUMN_TYPES][3] = {
    [COL_TEXT] = {"TEXT"},
    [COL_BIGINT] = {"BIGINT", "INTEGER"},
    [COL_JSONB] = {"TEXT"},
    [COL_FLOAT4_ARRAY] = {"TEXT"},
};

static const char *const postgres_types[COLUMN_TYPES][3] = {
    [COL_TEXT] = {"TEXT", "character varying"},
    [COL_BIGINT] = {"BIGINT"},
    [COL_JSONB] = {"JSONB"},
    [COL_FLOAT4_ARRAY] = {"FLOAT4[]", "real[]"},
};

const struct dialect dialect_sqlite = {
    .name = "sqlite",
    .lexis = SQL_LEXIS_SQLITE,
    .json_cast = "",
    .vector = {"'[", "]'"}, /* JSON */
    .types = sqlite_types,
    .create_suffix = "",
    .catalog = sqlite_catalog,
    .catalog_indexes = true,
    .begin = "BEGIN IMMEDIATE",
};

const struct dialect dialect_postgres = {
    .name = "postgres",
    .lexis = SQL_LEXIS_POSTGRES,
    .escapes = true,
    .json_cast = "::jsonb",
    .vector = {"ARRAY[", "]::float4[]"},
    .types = postgres_types,
    .create_suffix = "",
    .alters_many = true,
    .alters_column = true,
    .catalog = postgres_catalog,
    .catalog_indexes = true,
    .begin = "BEGIN",
    .failure_aborts = true,
    .advisory_locks = true,
    .schemas = true,
};

const struct dialect dialect_deeplake = {
    .name = "deeplake",
    .lexis = SQL_LEXIS_POSTGRES,
    .escapes = true,
    .json_cast = "::jsonb",
    .vector = {"ARRAY[", "]::float4[]"},
    .reserved = reserved,
    .types = postgres_types,
    .create_suffix = " USING deeplake",
    .alters_column = true,
    .catalog = deeplake_catalog,
    .catalog_per_table = true,
    .begin = "BEGIN",
};

const struct dialect *dialect_find(const char *name)
{
    static const struct dialect *const all[] = {
        &dialect_sqlite, &dialect_postgres, &dialect_deeplake};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}
