/* Any statement is let through, answered or refused, and keeps its length;
 * whatever stands in a literal is not looked at, and what follows it is. */
#include <string.h>

#include "fuzz.h"
#include "net/screen.h"

static enum screen_verdict look(char *sql, size_t len)
{
    char why[160] = "";
    enum screen_verdict v = screen_statement(sql, len, why, sizeof(why));

    CHECK(v == SCREEN_RUN || v == SCREEN_NOTHING || v == SCREEN_REFUSED);
    CHECK(v != SCREEN_REFUSED || why[0] != '\0');
    CHECK(strlen(sql) == len);
    screen_reads(sql, len);
    return v;
}

/* SELECT 'data' tail, every byte of also twice. */
static enum screen_verdict quoted(const char *head, const char *also,
                                  const uint8_t *data, size_t size,
                                  const char *tail)
{
    char *sql = malloc(2 * size + strlen(head) + strlen(tail) + 1);
    char *p = sql;
    enum screen_verdict v;

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
    CHECK(quoted("SELECT '", "'", data, size, "'") == SCREEN_RUN);
    CHECK(quoted("SELECT '", "'", data, size, hidden) == SCREEN_REFUSED);
    CHECK(quoted("SELECT E'", "'\\", data, size, "'") == SCREEN_RUN);
    CHECK(quoted("SELECT E'", "'\\", data, size, hidden) == SCREEN_REFUSED);
    return 0;
}
