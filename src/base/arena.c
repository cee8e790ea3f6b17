#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_FROM ((size_t)4 << 20) /* bytes of a chunk */

struct arena_chunk {
    struct arena_chunk *next;
    size_t cap;
    char *base; /* aligned, inside the same allocation */
};

/* Pages of 2 MiB for a large chunk, where the system gives them to who asks: a training's memory is there after tens of
 * page faults instead of thousands, and its walks through it miss the TLB less. */
static void prefer_huge_pages(char *base, size_t bytes)
{
    uintptr_t from = ((uintptr_t)base + 4095) & ~(uintptr_t)4095, to = ((uintptr_t)base + bytes) & ~(uintptr_t)4095;
    if (bytes >= HUGE_FROM)
        madvise((void *)from, to - from, MADV_HUGEPAGE); /* a wish: failure changes nothing */
}

static int add_chunk(struct arena *a, size_t bytes)
{
    if (bytes > PTRDIFF_MAX - 2 * ARENA_ALIGN - sizeof(struct arena_chunk))
        return -1; /* no object may be larger, and the sum below must not wrap */
    struct arena_chunk *c = malloc(sizeof *c + bytes + ARENA_ALIGN);
    if (!c)
        return -1;
    uintptr_t at = (uintptr_t)(c + 1);
    c->base = (char *)((at + ARENA_ALIGN - 1) & ~(uintptr_t)(ARENA_ALIGN - 1));
    c->cap = bytes;
    prefer_huge_pages(c->base, bytes);
    c->next = a->chunk;
    a->chunk = c;
    a->used = 0;
    a->cap = bytes;
    return 0;
}

int arena_init_fixed(struct arena *a, size_t bytes)
{
    memset(a, 0, sizeof *a);
    a->fixed = 1;
    return add_chunk(a, bytes);
}

void arena_init(struct arena *a)
{
    memset(a, 0, sizeof *a);
}

void *arena_take(struct arena *a, size_t bytes)
{
    size_t at = (a->used + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (!a->chunk || at > a->cap || bytes > a->cap - at) {
        size_t want = a->cap ? 2 * a->cap : 4096;
        if (want > (size_t)1 << 24)
            want = (size_t)1 << 24;
        if (a->fixed || add_chunk(a, bytes > want ? bytes : want))
            return NULL;
        at = 0;
    }
    a->used = at + bytes;
    return memset(a->chunk->base + at, 0, bytes);
}

char *arena_strn(struct arena *a, const char *s, size_t n)
{
    char *r = arena_take(a, n + 1);
    if (r)
        memcpy(r, s, n);
    return r;
}

char *arena_str(struct arena *a, const char *s)
{
    return arena_strn(a, s, strlen(s));
}

char *arena_fmt(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *r = n < 0 ? NULL : arena_take(a, (size_t)n + 1);
    if (r)
        vsnprintf(r, (size_t)n + 1, fmt, again);
    va_end(again);
    return r;
}

static void free_from(struct arena_chunk *c)
{
    while (c) {
        struct arena_chunk *next = c->next;
        free(c);
        c = next;
    }
}

void arena_reset(struct arena *a)
{
    if (!a->chunk)
        return;
    free_from(a->chunk->next);
    a->chunk->next = NULL;
    a->used = 0;
}

void arena_release(struct arena *a)
{
    free_from(a->chunk);
    memset(a, 0, sizeof *a);
}
