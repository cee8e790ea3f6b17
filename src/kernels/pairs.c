/* pairs.c - one dense layer at two levels, timed and compared. */
#include "kernels/pairs.h"

#include "base/arena.h"
#include "base/clock.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum { BLOCKS = 16, IN = 64, OUT = 24, ROUNDS = 8, TIMES = 4 };
#define NX (BLOCKS * IN * LANES)
#define NW (IN * OUT)
#define NY (BLOCKS * OUT * LANES)

/* Numbers of 8 bits about `size` and `size` / 4, of either sign. */
static void fill_with_8_bits(float *x, size_t n, float size)
{
    uint32_t u = 1;
    for (size_t i = 0; i < n; i++) {
        u = u * 1664525u + 1013904223u;
        x[i] = ldexpf((float)(128 + (u >> 24 & 127)) * (u >> 31 ? size : -size), -7 - (int)(u >> 16 & 3));
    }
}

struct example {
    float *x, *w, *b, *y, *scratch;
};

static void run(const struct kernels *k, const struct example *e)
{
    k->dense_forward_bf16(BLOCKS, IN, OUT, e->x, e->w, e->b, e->y, e->scratch);
}

/* The same bits where sums begin at `sum` and products are of x by w? */
static int agree(const struct kernels *k, const struct kernels *other, const struct example *e, float *want, float sum,
                 float x, float w)
{
    fill_with_8_bits(e->x, NX, x);
    fill_with_8_bits(e->w, NW, w);
    fill_with_8_bits(e->b, OUT, sum);
    run(other, e);
    memcpy(want, e->y, NY * sizeof *want);
    run(k, e);
    return !memcmp(want, e->y, NY * sizeof *want);
}

static double shortest(const struct kernels *k, const struct example *e, double best)
{
    double t = clock_wall();
    for (int i = 0; i < TIMES; i++)
        run(k, e);
    t = clock_wall() - t;
    return t < best ? t : best;
}

static int measure(const struct kernels *k, const struct kernels *other)
{
    struct arena a;
    arena_init(&a);
    struct example e = {arena_take(&a, NX * sizeof(float)), arena_take(&a, NW * sizeof(float)),
                        arena_take(&a, PAD16(OUT) * sizeof(float)), arena_take(&a, NY * sizeof(float)),
                        arena_take(&a, dense_scratch_bf16(BLOCKS, IN, OUT) * sizeof(float))};
    float *want = arena_take(&a, NY * sizeof(float));
    double mine = HUGE_VAL, others = HUGE_VAL;
    int same = e.x && e.w && e.b && e.y && e.scratch && want && agree(k, other, &e, want, 1, 1, 1) &&
               agree(k, other, &e, want, 0x1p-126f, 0x1p-66f, 0x1p-65f) &&
               agree(k, other, &e, want, 0x1p-126f, 0x1p-76f, 0x1p-74f) &&
               agree(k, other, &e, want, 1, 0x1p-126f, 0x1p120f) && agree(k, other, &e, want, 1, 1, 1);
    for (int i = 0; same && i < ROUNDS; i++) {
        others = shortest(other, &e, others);
        mine = shortest(k, &e, mine);
    }
    arena_release(&a);
    return same && mine < others;
}

int pairs_pay(const struct kernels *pairs, const struct kernels *other)
{
    enum { UNKNOWN, NO, YES };
    static atomic_int answer = UNKNOWN;
    int known = atomic_load(&answer);
    if (known == UNKNOWN) {
        known = measure(pairs, other) ? YES : NO;
        int before = UNKNOWN; /* of two callers at a time the first one is right */
        if (!atomic_compare_exchange_strong(&answer, &before, known))
            known = before;
    }
    return known == YES;
}
