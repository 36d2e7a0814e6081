#include "serve/response.h"

#include <stdio.h>
#include <string.h>

#include "core/err.h"

/* Types by the object ids that PostgreSQL has fixed for ever. */
enum { BOOL = 16, INT8 = 20, INT2 = 21, INT4 = 23, OID = 26, JSON = 114 };
enum { FLOAT4 = 700, FLOAT8 = 701, NUMERIC = 1700, JSONB = 3802 };
enum { BOOLS = 1000, INT2S = 1005, INT4S = 1007, TEXTS = 1009 };
enum { VARCHARS = 1015, INT8S = 1016, FLOAT4S = 1021, FLOAT8S = 1022 };
enum { NUMERICS = 1231 };

bool json_text(struct buf *out, const char *text, size_t len, struct err *e)
{
    static const char hex[] = "0123456789abcdef";
    size_t from = 0;
    bool ok = buf_add(out, "\"", 1, e);

    for (size_t i = 0; i < len && ok; i++) {
        unsigned char c = (unsigned char)text[i];
        char esc[6] = {'\\', (char)c};
        size_t n = 2;

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        if (c == '\n')
            esc[1] = 'n';
        else if (c < 0x20) {
            esc[1] = 'u';
            esc[2] = esc[3] = '0';
            esc[4] = hex[c >> 4];
            esc[5] = hex[c & 15];
            n = 6;
        }
        ok = buf_add(out, text + from, i - from, e) && buf_add(out, esc, n, e);
        from = i + 1;
    }
    return ok && buf_add(out, text + from, len - from, e) &&
           buf_add(out, "\"", 1, e);
}

/* NaN and the infinities are words, which JSON has no number for. */
static bool number(struct buf *out, const char *v, size_t len, struct err *e)
{
    size_t sign = len > 1 && v[0] == '-';

    if (len == 0 || v[sign] < '0' || v[sign] > '9')
        return buf_adds(out, "null", e);
    return buf_add(out, v, len, e);
}

static bool scalar(struct buf *out, Oid type, const char *v, size_t len,
                   struct err *e)
{
    switch (type) {
    case BOOL:
        return buf_adds(out, *v == 't' ? "true" : "false", e);
    case INT8:
    case INT2:
    case INT4:
    case OID:
    case FLOAT4:
    case FLOAT8:
    case NUMERIC:
        return number(out, v, len, e);
    case JSON:
    case JSONB:
        return buf_add(out, v, len, e);
    default:
        return json_text(out, v, len, e);
    }
}

static Oid element(Oid type)
{
    static const Oid pairs[][2] = {
        {FLOAT4S, FLOAT4}, {FLOAT8S, FLOAT8}, {NUMERICS, NUMERIC},
        {INT2S, INT2},     {INT4S, INT4},     {INT8S, INT8},
        {BOOLS, BOOL},     {TEXTS, 25},       {VARCHARS, 25},
    };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (pairs[i][0] == type)
            return pairs[i][1];
    return 0;
}

/* "quoted \" element" at v, as a JSON string; returns what is behind it. */
static const char *quoted(struct buf *out, const char *v, const char *end,
                          struct err *e)
{
    struct buf plain = {0};
    bool ok = buf_add(&plain, "", 0, e);

    for (v++; ok && v < end && *v != '"'; v++) {
        v += *v == '\\' && end - v > 1;
        ok = buf_add(&plain, v, 1, e);
    }
    ok = ok && json_text(out, plain.data, plain.len, e);
    buf_free(&plain);
    return ok ? v + (v < end) : NULL;
}

/* {1,NULL,"a \"b\"",{...}}: PostgreSQL's text of an array, as JSON. */
static bool array(struct buf *out, Oid type, const char *v, size_t len,
                  struct err *e)
{
    const char *end = v + len;

    if (*v == '[' && !(v = memchr(v, '{', len))) /* bounds: [2:3]={1,2} */
        return buf_adds(out, "null", e);
    while (v < end) {
        size_t n = 0;

        if (*v == '{' || *v == '}' || *v == ',') {
            if (!buf_add(out, *v == '{' ? "[" : *v == '}' ? "]" : ",", 1, e))
                return false;
            v++;
            continue;
        }
        if (*v == '"') {
            if (!(v = quoted(out, v, end, e)))
                return false;
            continue;
        }
        while (v + n < end && v[n] != ',' && v[n] != '}')
            n++;
        if (n == 4 && memcmp(v, "NULL", 4) == 0 ? !buf_adds(out, "null", e)
                                                : !scalar(out, type, v, n, e))
            return false;
        v += n;
    }
    return true;
}

static bool field(struct buf *out, const PGresult *r, int row, int col,
                  struct err *e)
{
    const char *v = PQgetvalue(r, row, col);
    size_t len = (size_t)PQgetlength(r, row, col);
    Oid type = PQftype(r, col);
    Oid of = element(type);

    if (PQgetisnull(r, row, col))
        return buf_adds(out, "null", e);
    return of ? array(out, of, v, len, e) : scalar(out, type, v, len, e);
}

bool json_result_head(struct buf *out, const PGresult *r, bool tables,
                      struct err *e)
{
    bool ok;

    if (tables)
        return buf_adds(out, "{\"tables\":[", e);
    ok = buf_adds(out, "{\"columns\":[", e);
    for (int i = 0; ok && i < PQnfields(r); i++) {
        const char *name = PQfname(r, i);

        ok = (i == 0 || buf_adds(out, ",", e)) &&
             json_text(out, name, strlen(name), e);
    }
    return ok && buf_adds(out, "],\"rows\":[", e);
}

bool json_result_rows(struct buf *out, const PGresult *r, bool tables,
                      bool first, struct err *e)
{
    const char *open = tables ? "{\"table_name\":" : "[";
    bool ok = true;

    for (int row = 0; ok && row < PQntuples(r); row++) {
        ok = (first || buf_add(out, ",", 1, e)) && buf_adds(out, open, e);
        first = false;
        for (int col = 0; ok && col < PQnfields(r); col++)
            ok = (col == 0 || buf_add(out, ",", 1, e)) &&
                 field(out, r, row, col, e);
        ok = ok && buf_add(out, tables ? "}" : "]", 1, e);
    }
    return ok;
}

bool json_result_tail(struct buf *out, size_t rows, bool tables, struct err *e)
{
    return tables ? buf_adds(out, "]}", e)
                  : buf_addf(out, e, "],\"row_count\":%zu}", rows);
}

int http_status_of(const char *sqlstate)
{
    static const struct {
        const char *head;
        int status;
    } map[] = {
        {"42P07", 500}, {"42701", 500}, {"42710", 500}, {"23505", 500},
        {"42501", 403}, {"25006", 403}, {"57014", 408}, {"08", 503},
        {"53", 503},    {"57P", 503},   {"40001", 503}, {"40P01", 503},
        {"55P03", 503}, {"XX", 500},    {"58", 500},
    };

    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
        if (strncmp(sqlstate, map[i].head, strlen(map[i].head)) == 0)
            return map[i].status;
    return 400;
}

/* Replaces what out holds by {"error":...,"code":...}.  Double quotes become
 * single ones: clients match the wording in the raw body, where JSON would
 * put a backslash in front of each. */
static void json_error(struct buf *out, const char *code, const char *text)
{
    struct err e;
    size_t from;
    bool ok;

    buf_clear(out);
    ok = buf_adds(out, "{\"error\":", &e);
    from = out->len + 1;
    ok = ok && json_text(out, text, strlen(text), &e);
    for (size_t i = from; ok && i + 1 < out->len; i++)
        if (out->data[i] == '\\' && out->data[i + 1] == '"') {
            memmove(out->data + i, out->data + i + 1, out->len - i);
            out->data[i] = '\'';
            out->len--;
        } else if (out->data[i] == '\\') {
            i++;
        }
    if (ok)
        buf_addf(out, &e, ",\"code\":\"%.5s\"}", code);
}

void response_error(struct response *r, int status, const char *code,
                    const char *text)
{
    r->status = status;
    json_error(&r->body, code, text);
}

/* One line, whatever the client put into its path. */
void response_log(const struct response *r, const char *line, const char *token,
                  int64_t ms)
{
    char text[512];
    int n = snprintf(text, sizeof(text), "propolis serve: %d %s %s %lld ms",
                     r->status, line ? line : "?", token ? token : "-",
                     (long long)ms);

    if (r->status >= 400 && n > 0 && (size_t)n < sizeof(text))
        snprintf(text + n, sizeof(text) - (size_t)n, " %s",
                 r->body.data ? r->body.data : "");
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    fprintf(stderr, "%s\n", text);
}

enum MHD_Result response_queue(struct response *r, struct MHD_Connection *http,
                               bool last)
{
    struct MHD_Response *m = MHD_create_response_from_buffer(
        r->body.len, r->body.data ? r->body.data : (char *)"",
        r->body.data ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    enum MHD_Result ok;

    if (!m)
        return MHD_NO;
    r->body = (struct buf){0};
    MHD_add_response_header(m, "Content-Type", "application/json");
    if (r->status == 401)
        MHD_add_response_header(m, "WWW-Authenticate", "Bearer");
    if (r->status == 429 || r->status == 503)
        MHD_add_response_header(m, "Retry-After", "1");
    if (last)
        MHD_add_response_header(m, "Connection", "close");
    ok = MHD_queue_response(http, (unsigned)r->status, m);
    MHD_destroy_response(m);
    return ok;
}
