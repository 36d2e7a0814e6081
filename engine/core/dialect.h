/*
 * dialect.h - all in which the SQL dialects differ, as data.
 *
 * There are three, and they live as long as the program.  Deeplake takes
 * PostgreSQL's literals; what its other clients send decides the rest.
 */
#ifndef ENGINE_CORE_DIALECT_H
#define ENGINE_CORE_DIALECT_H

#include <stdbool.h>

#include "core/schema.h"
#include "core/sql_lexer.h"

struct dialect {
    const char *name; /* "sqlite", "postgres", "deeplake" */
    enum sql_lexis lexis;

    /* Literals and names. */
    bool escapes;          /* a text with a backslash is written as E'...' */
    const char *json_cast; /* behind the literal of a jsonb column */
    const char *vector[2]; /* what stands around a vector's numbers */
    const char *reserved;  /* column names stay bare, unless in capitals or
                            * one of these words; NULL: all are quoted */

    /* Tables.  types[t][0] is what a column is declared as; each of types[t]
     * (NULL ends them) serves, as the catalogue shows it. */
    const char *const (*types)[3];
    const char *create_suffix;
    bool alters_many;   /* one ALTER TABLE adds several columns */
    bool alters_column; /* a column's type, default, NULL can be changed */

    /* The catalogue query: %t is the list of the tables' names, %w the
     * workspace, both as text literals.  Its columns are table_name,
     * column_name, data_type, not_null, column_default, index_name (a row is
     * a column or an index); column_name may stand alone. */
    const char *catalog;
    bool catalog_per_table; /* it covers only one table */
    bool catalog_indexes;   /* it shows the indexes */

    /* Transactions. */
    const char *begin;   /* starts one that writes */
    bool failure_aborts; /* after a failure only ROLLBACK is heard */
    bool advisory_locks; /* heal locks a table's name; when somebody else
                          * holds the table, it retries for a while */
    bool schemas;        /* heal makes the workspace's schema */
};

extern const struct dialect dialect_sqlite;
extern const struct dialect dialect_postgres;
extern const struct dialect dialect_deeplake;

/* The dialect of that name, or NULL. */
const struct dialect *dialect_find(const char *name);

#endif
