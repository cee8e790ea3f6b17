/* http_server.h - a server on loopback, in a thread of the test, that serves one file in many ways: as servers do, and
 * as they should not. */
#ifndef SUPPORT_HTTP_SERVER_H
#define SUPPORT_HTTP_SERVER_H

#include <pthread.h>
#include <stddef.h>

/* The first folder of an address says how the file is served. */
enum serving {
    SERVE_WELL,       /* "well": whole, or from where Range says */
    SERVE_CUT,        /* "cut": the connection ends after 1000 bytes, each time */
    SERVE_CUT_WHOLE,  /* "whole": likewise at first, then whole, as if there were no Range */
    SERVE_REDIRECTED, /* "moved": 302 to "well" */
    SERVE_LOOP,       /* "loop": 302 to itself */
    SERVE_OTHER,      /* "other": other bytes, as many */
    SERVE_ENDLESS,    /* "endless": bytes without an end */
    SERVE_SLOW,       /* "slow": some bytes, then none */
    SERVE_NOTHING,    /* anything else: 404 */
};

struct http_server {
    const unsigned char *bytes; /* [n] the file */
    size_t n;
    char url[64]; /* http://127.0.0.1:PORT */
    /* Counted: */
    int requests, ranges; /* of them with a Range */
    size_t sent;          /* bytes of files */
    /* Private. */
    int fd, ends;
    pthread_t thread;
};

/* Begins to serve s->bytes; 0, or -1: there is no loopback. */
int http_server_start(struct http_server *s);
void http_server_stop(struct http_server *s);

#endif
