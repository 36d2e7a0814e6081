/*
 * http_load PORT CLIENTS SECONDS PATH TOKEN ORG BODY - closed-loop load.
 *
 * Each client keeps one connection and sends the next request when it has the
 * whole answer.  Prints requests per second, median and 99th percentile in
 * microseconds, and how many answers were not 200.  One thread, one epoll.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1024, ROOM = 65536, SAMPLES = 4000000 };

struct client {
    int fd;
    size_t got;
    int64_t since;
    char in[ROOM];
};

static struct client clients[MOST];
static uint32_t samples[SAMPLES];
static size_t nsamples, bad;

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int fail(const char *what)
{
    perror(what);
    exit(1);
}

static void ask(struct client *c, const char *text, size_t len)
{
    c->got = 0;
    c->since = now_us();
    if (send(c->fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
        fail("send");
}

static void join(struct client *c, int epoll, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
    int yes = 1;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        fail("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &ev);
}

/* Whether the whole answer is there. */
static int whole(struct client *c)
{
    char *end, *length;

    c->in[c->got] = '\0';
    end = strstr(c->in, "\r\n\r\n");
    length = end ? strstr(c->in, "Content-Length:") : NULL;
    if (!length)
        return 0;
    return c->got >= (size_t)(end + 4 - c->in) + strtoul(length + 15, NULL, 10);
}

static int answered(struct client *c)
{
    ssize_t n = recv(c->fd, c->in + c->got, ROOM - 1 - c->got, 0);

    if (n <= 0)
        fail("recv");
    c->got += (size_t)n;
    if (!whole(c))
        return 0;
    if (nsamples < SAMPLES)
        samples[nsamples++] = (uint32_t)(now_us() - c->since);
    bad += memcmp(c->in, "HTTP/1.1 200", 12) != 0;
    return 1;
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void drive(int epoll, const char *text, size_t len, int64_t until)
{
    struct epoll_event ev[MOST];

    while (now_us() < until) {
        int n = epoll_wait(epoll, ev, MOST, 1000);

        for (int i = 0; i < n; i++)
            if (answered(ev[i].data.ptr))
                ask(ev[i].data.ptr, text, len);
    }
}

int main(int argc, char **argv)
{
    static char text[ROOM];
    int epoll = epoll_create1(0);
    int64_t from;
    double took;
    int len, n;

    if (argc != 8)
        return 64;
    n = (int)strtol(argv[2], NULL, 10);
    len = snprintf(text, sizeof(text),
                   "POST %s HTTP/1.1\r\nHost: localhost\r\n"
                   "Authorization: Bearer %s\r\nX-Activeloop-Org-Id: %s\r\n"
                   "Content-Type: application/json\r\n"
                   "Content-Length: %zu\r\n\r\n%s",
                   argv[4], argv[5], argv[6], strlen(argv[7]), argv[7]);
    if (n < 1 || n > MOST || len < 0 || len >= ROOM)
        return 64;
    for (int i = 0; i < n; i++)
        join(&clients[i], epoll, (uint16_t)strtol(argv[1], NULL, 10));
    for (int i = 0; i < n; i++)
        ask(&clients[i], text, (size_t)len);
    from = now_us();
    drive(epoll, text, (size_t)len,
          from + (int64_t)(strtod(argv[3], NULL) * 1e6));
    took = (double)(now_us() - from) / 1e6;
    if (nsamples == 0)
        return 1;
    qsort(samples, nsamples, sizeof(samples[0]), by_size);
    printf("%.0f %u %u %zu\n", (double)nsamples / took, samples[nsamples / 2],
           samples[nsamples * 99 / 100], bad);
    return 0;
}
