#include "search/pack.h"

#include <math.h>
#include <string.h>

#include "core/buf.h"

/* Bytes that are read back; at is past len once there were too few. */
struct reader {
    const unsigned char *data;
    size_t len, at;
};

static bool put(struct buf *out, uint64_t v, struct err *e)
{
    unsigned char bytes[10];
    size_t n = 0;

    for (; v >= 0x80; v >>= 7)
        bytes[n++] = (unsigned char)(v | 0x80);
    bytes[n++] = (unsigned char)v;
    return buf_add(out, bytes, n, e);
}

/* A difference: small ones of either sign take one byte. */
static bool put_signed(struct buf *out, int64_t v, struct err *e)
{
    return put(out, ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0), e);
}

static uint64_t get(struct reader *r)
{
    uint64_t v = 0;

    for (unsigned shift = 0; r->at < r->len && shift < 64; shift += 7) {
        unsigned char c = r->data[r->at++];

        v |= (uint64_t)(c & 0x7F) << shift;
        if (c < 0x80)
            return v;
    }
    r->at = r->len + 1;
    return 0;
}

static int64_t get_signed(struct reader *r)
{
    uint64_t v = get(r);

    return (int64_t)((v >> 1) ^ (~(v & 1) + 1));
}

/* ---- sums ---- */

/* A sum of bytes: damage that leaves them readable is seen by it. */
static uint64_t sum_of(const unsigned char *data, size_t len)
{
    uint64_t sum = len, part;

    while (len > 0) {
        size_t n = len < sizeof(part) ? len : sizeof(part);

        part = 0;
        memcpy(&part, data, n);
        sum = (sum ^ part) * 0x9E3779B97F4A7C15U;
        sum ^= sum >> 32;
        data += n;
        len -= n;
    }
    return sum;
}

/* Appends the sum of what was put behind from. */
static bool put_sum(struct buf *out, size_t from, struct err *e)
{
    uint64_t sum =
        sum_of((const unsigned char *)out->data + from, out->len - from);

    return buf_add(out, &sum, sizeof(sum), e);
}

/* Reads what stands before a sum; nothing, and not whole, when it is not the
 * right one. */
static struct reader reader_of(const void *data, size_t len)
{
    struct reader r = {data, len, len + 1};
    uint64_t sum;

    if (len < sizeof(sum))
        return r;
    r.len = len - sizeof(sum);
    memcpy(&sum, r.data + r.len, sizeof(sum));
    r.at = sum == sum_of(r.data, r.len) ? 0 : r.len + 1;
    return r;
}

/* ---- pages ---- */

/* The number of entries at the start of a page. */
static size_t get_count(struct reader *r)
{
    uint64_t n = get(r);

    if (n > PAGE_SIZE)
        r->at = r->len + 1;
    return n > PAGE_SIZE ? 0 : (size_t)n;
}

static bool is_whole(const struct reader *r)
{
    return r->at == r->len;
}

uint8_t pack_length(size_t words)
{
    double v = 8 * log2((double)words + 1);

    return v < 255 ? (uint8_t)lround(v) : 255;
}

double unpack_length(uint8_t length)
{
    return exp2(length / 8.0) - 1;
}

bool pack_events(const struct event_page *p, struct buf *out, struct err *e)
{
    uint32_t session = 0;
    size_t from = out->len;
    bool ok = put(out, p->n, e);

    for (size_t i = 0; ok && i < p->n; i++) {
        const struct event *v = &p->events[i];

        ok = buf_add(out, &v->length, 1, e) && buf_add(out, &v->flags, 1, e) &&
             put_signed(out, (int64_t)v->session - session, e) &&
             put(out, v->context, e);
        session = v->session;
    }
    return ok && put_sum(out, from, e);
}

bool unpack_events(struct event_page *p, const void *data, size_t len)
{
    struct reader r = reader_of(data, len);
    uint32_t session = 0;

    p->n = get_count(&r);
    for (size_t i = 0; i < p->n && r.at + 2 <= r.len; i++) {
        struct event *v = &p->events[i];

        v->length = r.data[r.at++];
        v->flags = r.data[r.at++];
        session += (uint32_t)get_signed(&r);
        v->session = session;
        v->context = (uint32_t)get(&r);
    }
    return is_whole(&r);
}

bool pack_origins(const struct event_page *p, struct buf *out, struct err *e)
{
    struct origin last = {0};
    size_t from = out->len;
    bool ok = put(out, p->n, e);

    for (size_t i = 0; ok && i < p->n; i++) {
        const struct origin *o = &p->origins[i];

        ok = put_signed(out, o->ms - last.ms, e) &&
             put_signed(out, o->rowid - last.rowid, e);
        last = *o;
    }
    return ok && put_sum(out, from, e);
}

bool unpack_origins(struct event_page *p, const void *data, size_t len)
{
    struct reader r = reader_of(data, len);
    struct origin last = {0};
    size_t n = get_count(&r);

    for (size_t i = 0; i < n && r.at < r.len; i++) {
        last.ms += get_signed(&r);
        last.rowid += get_signed(&r);
        p->origins[i] = last;
    }
    return is_whole(&r) && n == p->n;
}

bool pack_sessions(const struct session_page *p, struct buf *out, struct err *e)
{
    uint32_t last = 0;
    size_t from = out->len;
    bool ok = put(out, p->n, e);

    for (size_t i = 0; ok && i < p->n; i++) {
        const struct session *s = &p->sessions[i];

        ok = put(out, s->words, e) && put(out, s->events, e) &&
             put_signed(out, (int64_t)s->last - last, e);
        last = s->last;
    }
    return ok && put_sum(out, from, e);
}

bool unpack_sessions(struct session_page *p, const void *data, size_t len)
{
    struct reader r = reader_of(data, len);
    uint32_t last = 0;

    p->n = get_count(&r);
    for (size_t i = 0; i < p->n && r.at < r.len; i++) {
        struct session *s = &p->sessions[i];

        s->words = (uint32_t)get(&r);
        s->events = (uint32_t)get(&r);
        last += (uint32_t)get_signed(&r);
        s->last = last;
    }
    return is_whole(&r);
}
