/* Any statement is let through, answered or refused, and keeps its length. */
#include <string.h>

#include "fuzz.h"
#include "net/screen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *sql = malloc(size + 1);
    char why[160] = "";
    enum screen_verdict v;

    CHECK(sql != NULL);
    if (size)
        memcpy(sql, data, size);
    sql[size] = '\0';
    v = screen_statement(sql, strlen(sql), why, sizeof(why));
    CHECK(v == SCREEN_RUN || v == SCREEN_NOTHING || v == SCREEN_REFUSED);
    CHECK(v != SCREEN_REFUSED || why[0] != '\0');
    free(sql);
    return 0;
}
