#include "http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CUT = 1000 };
static const char *const words[] = {"well", "cut", "whole", "moved", "loop", "other", "endless", "slow"};

static int send_bytes(int fd, const void *bytes, size_t n)
{
    for (const char *at = bytes; n;) {
        ssize_t got = write(fd, at, n);
        if (got <= 0)
            return -1;
        at += got;
        n -= (size_t)got;
    }
    return 0;
}

static void send_text(int fd, const char *text)
{
    send_bytes(fd, text, strlen(text));
}

static void send_file(struct http_server *s, int fd, size_t from, size_t promised, size_t n)
{
    char head[256];
    snprintf(head, sizeof head,
             from ? "HTTP/1.1 206 Partial\r\nConnection: close\r\nContent-Range: bytes %zu-%zu/%zu\r\nContent-Length: "
                    "%zu\r\n\r\n"
                  : "HTTP/1.1 200 OK\r\nConnection: close\r\nX-From: %zu %zu %zu\r\nContent-Length: %zu\r\n\r\n",
             from, s->n - 1, s->n, promised);
    s->sent += n; /* before the other side can have it all and look */
    send_text(fd, head);
    send_bytes(fd, s->bytes + from, n);
}

static void send_other(struct http_server *s, int fd)
{
    unsigned char *other = calloc(1, s->n);
    char head[128];
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", s->n);
    send_text(fd, head);
    send_bytes(fd, other, s->n);
    free(other);
}

static void send_endless(struct http_server *s, int fd)
{
    send_text(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    while (!s->ends && !send_bytes(fd, s->bytes, s->n))
        s->sent += s->n;
}

/* Some bytes, then none until the other side goes. */
static void send_slowly(struct http_server *s, int fd)
{
    struct pollfd gone = {fd, POLLIN, 0};
    send_text(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100000\r\n\r\nabc");
    while (!s->ends && poll(&gone, 1, 20) == 0)
        ;
}

static void send_redirect(struct http_server *s, int fd, const char *folder, const char *rest)
{
    char head[600];
    snprintf(head, sizeof head,
             "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: %s/%s%s\r\nContent-Length: 0\r\n\r\n", s->url,
             folder, rest);
    send_text(fd, head);
}

static void answer(struct http_server *s, int fd, const char *request)
{
    char folder[32] = "", rest[400] = "";
    const char *range = strstr(request, "Range: bytes=");
    size_t from = range ? (size_t)strtoul(range + 13, NULL, 10) : 0;
    int how = 0;
    sscanf(request, "GET /%31[^/]%399[^ ]", folder, rest);
    while (how < SERVE_NOTHING && strcmp(words[how], folder) != 0)
        how++;
    s->requests++;
    s->ranges += range != NULL;
    if (how == SERVE_WELL && from < s->n)
        send_file(s, fd, from, s->n - from, s->n - from);
    else if (how == SERVE_CUT && from < s->n)
        send_file(s, fd, from, s->n - from, s->n - from < CUT ? s->n - from : CUT);
    else if (how == SERVE_CUT_WHOLE)
        send_file(s, fd, 0, s->n, s->requests == 1 ? CUT : s->n);
    else if (how == SERVE_REDIRECTED || how == SERVE_LOOP)
        send_redirect(s, fd, how == SERVE_LOOP ? "loop" : "well", rest);
    else if (how == SERVE_OTHER)
        send_other(s, fd);
    else if (how == SERVE_ENDLESS)
        send_endless(s, fd);
    else if (how == SERVE_SLOW)
        send_slowly(s, fd);
    else
        send_text(fd, "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

static void *serve(void *ctx)
{
    struct http_server *s = ctx;
    while (!s->ends) {
        struct pollfd p = {s->fd, POLLIN, 0};
        char request[4096];
        size_t n = 0;
        if (poll(&p, 1, 20) < 1)
            continue;
        int fd = accept(s->fd, NULL, NULL);
        for (ssize_t got; n < sizeof request - 1 && (got = read(fd, request + n, sizeof request - 1 - n)) > 0;) {
            request[n += (size_t)got] = 0;
            if (strstr(request, "\r\n\r\n"))
                break;
        }
        if (n)
            answer(s, fd, request);
        close(fd);
    }
    return NULL;
}

int http_server_start(struct http_server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    s->requests = s->ranges = s->ends = 0;
    s->sent = 0;
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&at, sizeof at) || listen(s->fd, 8) ||
        getsockname(s->fd, (struct sockaddr *)&at, &size) || pthread_create(&s->thread, NULL, serve, s)) {
        if (s->fd >= 0)
            close(s->fd);
        return -1;
    }
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", ntohs(at.sin_port));
    return 0;
}

void http_server_stop(struct http_server *s)
{
    s->ends = 1;
    pthread_join(s->thread, NULL);
    close(s->fd);
}
