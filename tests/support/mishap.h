/* mishap.h - one call after the other of the tested code fails: every allocation, or every call on a file. The linker
 * puts the calls of tests/support/mishap.c in front of the C library's and the arena's in every unit test
 * (tests/CMakeLists.txt), also below the sanitizers, which then see what a failed call leaks. */
#ifndef SUPPORT_MISHAP_H
#define SUPPORT_MISHAP_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum mishap {
    MISHAP_MEMORY,  /* malloc, calloc, realloc, aligned_alloc, strdup and what arenas give */
    MISHAP_FILES,   /* open, read, write, sync, stat, map, rename and the like: error EIO */
    MISHAP_CHILDREN /* pipe2, posix_spawn and what prepares it, poll, waitpid, fork, socketpair, send, recv */
};

/* What is tried: 0 with *result, a hash of all that it made, or -1 with *e. */
struct trying {
    const char *what; /* for messages */
    int (*run)(void *ctx, uint64_t *result, struct err *e);
    void *ctx;
    enum err_code code; /* the error that a failed call may lead to */
    int tolerant;       /* 1: another result is no fault, as with a cache that cannot be kept */
};

/* Runs it undisturbed, then again and again: in the k-th time the k-th call fails, until there is no k-th. Each time it
 * ends with that error or with the undisturbed result; fails the test otherwise. Returns how often it ended with the
 * error. */
size_t each_call_fails(enum mishap kind, const struct trying *t);
/* The same, but after the first `sample` calls only about so many in all. */
size_t some_calls_fail(enum mishap kind, const struct trying *t, long sample);

/* For what is tried: from here on, in this round, nothing fails. */
void mishaps_are_over(void);

/* The hash of bytes after others, to start with 0. */
uint64_t result_of(uint64_t before, const void *bytes, size_t n);

#endif
