/* arena.c - hands out memory from chunks that are released all at once. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Bytes of a chunk that has a mapping of its own: it is the system's again when it is freed (malloc keeps some tens of
 * megabytes), and zeros that nobody has asked for yet take no memory. */
#define MAPPED_FROM ((size_t)4 << 20)

struct arena_chunk {
    struct arena_chunk *next;
    size_t cap;
    size_t used;  /* the most that was ever taken: after it all is zero */
    char *base;   /* aligned, inside the same allocation */
    size_t bytes; /* of the mapping, 0: allocated */
};

/* Maps a chunk in pages of 2 MiB, where the system gives them to who asks: a training's memory is there after tens of
 * page faults instead of thousands, and its walks through it miss the TLB less. */
static struct arena_chunk *map_chunk(size_t bytes)
{
    struct arena_chunk *c = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (c == MAP_FAILED)
        return NULL;
    madvise(c, bytes, MADV_HUGEPAGE); /* a wish: failure changes nothing */
    c->bytes = bytes;
    return c;
}

static void free_chunk(struct arena_chunk *c)
{
    if (c->bytes)
        munmap(c, c->bytes);
    else
        free(c);
}

static int add_arena_chunk(struct arena *a, size_t bytes)
{
    if (bytes > PTRDIFF_MAX - 2 * ARENA_ALIGN - sizeof(struct arena_chunk))
        return -1; /* no object may be larger, and the sum below must not wrap */
    size_t all = sizeof(struct arena_chunk) + bytes + ARENA_ALIGN;
    struct arena_chunk *c = bytes < MAPPED_FROM ? calloc(1, all) : map_chunk(all);
    if (!c)
        return -1;
    uintptr_t at = (uintptr_t)(c + 1);
    c->base = (char *)((at + ARENA_ALIGN - 1) & ~(uintptr_t)(ARENA_ALIGN - 1));
    c->cap = bytes;
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
    return add_arena_chunk(a, bytes);
}

void arena_init(struct arena *a)
{
    memset(a, 0, sizeof *a);
}

static void *take_bytes(struct arena *a, size_t bytes, size_t align)
{
    size_t at = (a->used + align - 1) & ~(align - 1);
    if (!a->chunk || at > a->cap || bytes > a->cap - at) {
        size_t want = a->cap ? 2 * a->cap : 4096;
        if (want > (size_t)1 << 24)
            want = (size_t)1 << 24;
        if (a->fixed || add_arena_chunk(a, bytes > want ? bytes : want)) {
            a->failed = 1;
            return NULL;
        }
        at = 0;
    }
    struct arena_chunk *c = a->chunk;
    size_t again = at < c->used ? c->used - at : 0;
    memset(c->base + at, 0, again < bytes ? again : bytes);
    a->used = at + bytes;
    c->used = a->used > c->used ? a->used : c->used;
    return c->base + at;
}

void *arena_take(struct arena *a, size_t bytes)
{
    return take_bytes(a, bytes, ARENA_ALIGN);
}

char *arena_strn(struct arena *a, const char *s, size_t n)
{
    char *r = take_bytes(a, n + 1, 1);
    if (r)
        memcpy(r, s, n);
    return r;
}

char *arena_str(struct arena *a, const char *s)
{
    return arena_strn(a, s, strlen(s));
}

char *arena_vfmt(struct arena *a, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *r = n < 0 ? NULL : take_bytes(a, (size_t)n + 1, 1);
    if (r)
        vsnprintf(r, (size_t)n + 1, fmt, again);
    va_end(again);
    return r;
}

char *arena_fmt(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *r = arena_vfmt(a, fmt, ap);
    va_end(ap);
    return r;
}

static void free_from(struct arena_chunk *c)
{
    while (c) {
        struct arena_chunk *next = c->next;
        free_chunk(c);
        c = next;
    }
}

void arena_reset(struct arena *a)
{
    a->failed = 0;
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
