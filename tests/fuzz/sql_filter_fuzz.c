/* Any statement is let through, answered or refused, and keeps its length;
 * whatever stands in a literal is not looked at, and what follows it is. */
#include <string.h>

#include "fuzz.h"
#include "serve/sql_filter.h"

static enum sql_filter_verdict look(char *sql, size_t len)
{
    char why[160] = "";
    enum sql_filter_verdict v = sql_filter_check(sql, len, why, sizeof(why));

    CHECK(v == SQL_FILTER_RUN || v == SQL_FILTER_NOTHING ||
          v == SQL_FILTER_REFUSED);
    CHECK(v != SQL_FILTER_REFUSED || why[0] != '\0');
    CHECK(strlen(sql) == len);
    sql_filter_only_reads(sql, len);
    return v;
}

/* SELECT 'data' tail, every byte of also twice. */
static enum sql_filter_verdict quoted(const char *head, const char *also,
                                      const uint8_t *data, size_t size,
                                      const char *tail)
{
    char *sql = malloc(2 * size + strlen(head) + strlen(tail) + 1);
    char *p = sql;
    enum sql_filter_verdict v;

    CHECK(sql != NULL);
    p = stpcpy(p, head);
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\0')
            continue;
        if (strchr(also, data[i]))
            *p++ = (char)data[i];
        *p++ = (char)data[i];
    }
    p = stpcpy(p, tail);
    v = look(sql, (size_t)(p - sql));
    free(sql);
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const hidden = "', pg_class";

    quoted("", "", data, size, "");
    CHECK(quoted("SELECT '", "'", data, size, "'") == SQL_FILTER_RUN);
    CHECK(quoted("SELECT '", "'", data, size, hidden) == SQL_FILTER_REFUSED);
    CHECK(quoted("SELECT E'", "'\\", data, size, "'") == SQL_FILTER_RUN);
    CHECK(quoted("SELECT E'", "'\\", data, size, hidden) == SQL_FILTER_REFUSED);
    return 0;
}
