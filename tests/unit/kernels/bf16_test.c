/* Rounding to bf16 is to the nearest, ties to even, for every number there is; the passes that store such numbers give
 * the bits of those on floats with rounding in between. On every level. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static float float_of(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static uint32_t bits_of(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

/* n numbers of 16 bits in a box. */
static uint16_t *halves(size_t n)
{
    return (uint16_t *)(void *)box(n / 2);
}

/* The i-th level that runs here, or NULL with *end at the end of them. */
static const struct kernels *level(size_t i, int *end)
{
    *end = !kernels_level(i);
    return *end ? NULL : kernels_pick(kernels_level(i));
}

#define EACH_LEVEL(k)                                                                                                  \
    for (int level_, end_ = (level_ = 0); !end_; level_++)                                                             \
        for (const struct kernels *k = level((size_t)level_, &end_); k; k = NULL)

/* What is nearest to the bits u: by how far the two neighbours are. */
static uint32_t nearest(uint32_t u)
{
    uint32_t below = u & 0xffff0000u, rest = u & 0xffffu;
    int odd = below >> 16 & 1;
    return rest > 0x8000u || (rest == 0x8000u && odd) ? below + 0x10000u : below;
}

static void check_rounding(const struct kernels *k, const float *x, size_t n)
{
    float *y = box(n);
    uint16_t *h = halves(n);
    k->bf16_round(n, x, y);
    k->to_bf16(n, x, h);
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]) ? !isnan(y[i]) : bits_of(y[i]) != nearest(bits_of(x[i])))
            fail_msg("%s: %08x becomes %08x", k->isa, bits_of(x[i]), bits_of(y[i]));
        if (isnan(x[i]) ? !isnan(float_of((uint32_t)h[i] << 16)) : h[i] != bits_of(y[i]) >> 16)
            fail_msg("%s: %08x is stored as %04x", k->isa, bits_of(x[i]), h[i]);
    }
    box_free((float *)(void *)h);
    k->bf16_round(n, y, y);
    for (size_t i = 0; i < n; i++)
        assert_true(isnan(x[i]) ? isnan(y[i]) : bits_of(y[i]) == nearest(bits_of(x[i])));
    box_free(y);
}

/* Each number of 16 bits, and floats above it: just so, just below a tie, a tie, just above one, just below the next.
 */
static void every_number_goes_to_the_nearest(void **state)
{
    static const uint32_t above[] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff};
    const size_t n = 1 << 16;
    (void)state;
    EACH_LEVEL(k)
    for (size_t a = 0; a < sizeof above / sizeof above[0]; a++) {
        float *x = box(n);
        for (size_t i = 0; i < n; i++)
            x[i] = float_of((uint32_t)i << 16 | above[a]);
        check_rounding(k, x, n);
        box_free(x);
    }
}

static void corners(void **state)
{
    static const uint32_t pairs[][2] = {
        {0x3f800000, 0x3f80}, {0x3f808000, 0x3f80}, /* a tie: down to the even one */
        {0x3f818000, 0x3f82},                       /* up */
        {0x3f808001, 0x3f81}, {0x7f7fffff, 0x7f80}, /* the largest float overflows */
        {0x7f7f7fff, 0x7f7f}, {0xff800000, 0xff80}, /* -inf */
        {0x80000000, 0x8000}, {0x00000001, 0x0000}, /* -0; the smallest denormal */
        {0x00008000, 0x0000}, {0x00008001, 0x0001}, /* denormals are numbers like others */
        {0x007fffff, 0x0080}, {0x807f7fff, 0x807f}, {0xbfc08000, 0xbfc0}, {0xbfc18000, 0xbfc2}, {0x42280000, 0x4228},
    };
    enum { N = sizeof pairs / sizeof pairs[0] };
    _Static_assert(N == LANES, "one vector");
    (void)state;
    EACH_LEVEL(k)
    {
        float *x = box(N);
        uint16_t *h = halves(2 * N);
        for (int i = 0; i < N; i++)
            x[i] = float_of(pairs[i][0]);
        k->to_bf16(N, x, h);
        for (int i = 0; i < N; i++)
            assert_int_equal(h[i], pairs[i][1]);
        box_free(x), box_free((float *)(void *)h);
    }
}

static void there_and_back(void **state)
{
    const size_t n = 1 << 16;
    (void)state;
    EACH_LEVEL(k)
    {
        uint16_t *h = halves(n), *back = halves(n);
        float *x = box(n);
        for (size_t i = 0; i < n; i++)
            h[i] = (uint16_t)i;
        k->from_bf16(n, h, x);
        k->to_bf16(n, x, back);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(bits_of(x[i]), (uint32_t)i << 16);
            assert_true(isnan(x[i]) ? isnan(float_of((uint32_t)back[i] << 16)) : back[i] == h[i]);
        }
        box_free(x), box_free((float *)(void *)h), box_free((float *)(void *)back);
    }
}

/* --- passes --- */

static void assert_bits(const struct kernels *k, const void *got, const void *want, size_t bytes, const char *what)
{
    if (memcmp(got, want, bytes) != 0)
        fail_msg("%s: %s", k->isa, what);
}

/* Noise as it is stored, and what it stands for. */
static uint16_t *stored_noise(const struct kernels *k, size_t n, float **x)
{
    uint16_t *h = halves(n);
    *x = box_noise(n);
    k->to_bf16(n, *x, h);
    k->from_bf16(n, h, *x);
    return h;
}

static void check_norm(const struct kernels *k, int c, int h, int w, int live)
{
    size_t n = (size_t)(c * h * w) * LANES, nc = (size_t)c, row = (size_t)(c * w) * LANES;
    float *x = box_noise(n), *rounded = box(n), *about = box(32);
    uint16_t *want = halves(n), *got = halves(n);
    double *lanes = (double *)(void *)box(128 * nc);
    struct moments m[16], m2[16];
    k->bf16_round(n, x, rounded);
    k->to_bf16(n, x, want);
    k->bn_moments(c, w, h, live, 1, rounded, about, lanes);
    k->bn_moments_end(c, w, h, live, about, lanes, m);
    for (int r = 0; r < h; r++)
        k->bn_moments_bf16(c, w, 1, live, r == 0, x + (size_t)r * row, got + (size_t)r * row, about + 16, lanes);
    k->bn_moments_end(c, w, h, live, about + 16, lanes, m2);
    assert_bits(k, got, want, n * sizeof *got, "moments: what is stored");
    for (int i = 0; i < c; i++)
        assert_true(m[i].n == m2[i].n && m[i].mean == m2[i].mean && m[i].squares == m2[i].squares);
    box_free((float *)(void *)want), box_free((float *)(void *)got), box_free((float *)(void *)lanes);
    box_free(x), box_free(about);

    float *dy, *dx = box(n), *dx2 = box(n), *a = box_noise(nc), *p = box_noise(nc), *q = box_noise(nc);
    uint16_t *hx = stored_noise(k, n, &x), *hdy = stored_noise(k, n, &dy);
    k->bn_backward(c, h, w, live, x, dy, a, p, q, dx);
    k->bf16_round(n, dx, dx);
    k->bn_backward_bf16(c, h, w, live, hx, hdy, a, p, q, dx2);
    assert_bits(k, dx2, dx, n * sizeof *dx, "gradient behind a normalization");
    box_free((float *)(void *)hx), box_free((float *)(void *)hdy), box_free(x), box_free(dy), box_free(dx);
    box_free(dx2), box_free(a), box_free(p), box_free(q), box_free(rounded);
}

static void norms(void **state)
{
    (void)state;
    noise_restart(5);
    EACH_LEVEL(k)
    for (int i = 0; i < 20; i++)
        check_norm(k, 1 + (int)noise_below(6), 1 + (int)noise_below(6), 1 + (int)noise_below(9),
                   i % 2 ? LANES : 1 + (int)noise_below(LANES));
}

struct pass {
    int h, live;
    size_t n, c;
    struct pointwise f;
    uint32_t *seed;
    float *x, *dy, *mean, *ones;
    uint16_t *hx;
};

/* Every activation, with and without dropout. */
static void pass_init(struct pass *s, const struct kernels *k, int i, float *table)
{
    int c = 1 + (int)noise_below(5), h = 1 + (int)noise_below(5), w = 1 + (int)noise_below(9);
    *s = (struct pass){.h = h, .live = i % 3 ? LANES : 5, .n = (size_t)(c * h * w) * LANES, .c = (size_t)c};
    s->hx = stored_noise(k, s->n, &s->x);
    s->dy = box_noise(s->n);
    kill_dead(s->dy, s->live, s->n / LANES);
    s->seed = (uint32_t *)(void *)box(LANES);
    for (int l = 0; l < LANES; l++)
        s->seed[l] = 1 + noise_below(0xfffffffe);
    s->mean = table + 32;
    s->ones = table + 48;
    s->f = (struct pointwise){.c = c,
                              .w = w,
                              .scale = table,
                              .shift = table + 16,
                              .act = i / 2 % 6 - 1,
                              .act_parameter = 0.1f,
                              .p = 0.3f,
                              .seed = i % 2 ? s->seed : NULL};
}

static void check_pass(const struct kernels *k, const struct pass *s)
{
    _Alignas(64) uint32_t seed[3][LANES];
    struct pointwise f[3] = {s->f, s->f, s->f};
    float *y = box(s->n), *y2 = box(s->n), *g = box(s->n), *sum = box(s->c), *sum_x = box(s->c);
    uint16_t *hg = halves(s->n), *hg2 = halves(s->n);
    double *lanes = (double *)(void *)box(64 * s->c), sums[2][32];
    for (int i = 0; i < 3; i++) {
        memcpy(seed[i], s->seed, sizeof seed[i]);
        f[i].seed = s->f.seed ? seed[i] : NULL;
    }
    k->pointwise_forward(&f[0], s->h, s->x, y);
    k->pointwise_forward_bf16(&f[1], s->h, s->hx, 0, y2);
    assert_bits(k, y2, y, s->n * sizeof *y, "forward");
    k->bf16_round(s->n, y, y);
    k->pointwise_forward_bf16(&f[2], s->h, s->hx, 1, y2);
    assert_bits(k, y2, y, s->n * sizeof *y, "forward, rounded");

    for (int i = 0; i < 3; i++)
        memcpy(seed[i], s->seed, sizeof seed[i]);
    for (int i = 0; i < 3; i++)
        f[i].half = 0;
    memset(lanes, 0, 32 * s->c * sizeof *lanes);
    k->pointwise_backward(&f[0], s->h, s->x, s->dy, s->mean, NULL, g, lanes);
    k->to_bf16(s->n, g, hg);
    k->bf16_round(s->n, g, g);
    k->bn_backward_stats((int)s->c, s->h, s->f.w, s->live, s->x, g, s->mean, s->ones, sum, sum_x);
    memcpy(y2, s->dy, s->n * sizeof *y2);
    for (int again = 0; again < 2; again++) {
        memset(lanes, 0, 32 * s->c * sizeof *lanes);
        k->pointwise_backward_bf16(&f[1 + again], s->h, s->hx, y2, s->mean, again ? y2 : NULL, hg2, lanes);
        k->pointwise_sums((int)s->c, s->live, lanes, sums[again]);
        assert_bits(k, hg2, hg, s->n * sizeof *hg, "backward");
        for (size_t c = 0; c < s->c; c++)
            assert_true((float)sums[again][2 * c] == sum[c] && (float)sums[again][2 * c + 1] == sum_x[c]);
    }
    assert_bits(k, y2, y, s->n * sizeof *y, "forward on the way back, in place");
    box_free(y), box_free(y2), box_free(g), box_free(sum), box_free(sum_x), box_free((float *)(void *)lanes);
    box_free((float *)(void *)hg), box_free((float *)(void *)hg2);
}

static void passes(void **state)
{
    (void)state;
    noise_restart(6);
    EACH_LEVEL(k)
    for (int i = 0; i < 36; i++) {
        struct pass s;
        float *table = box_noise(64);
        for (int c = 48; c < 64; c++)
            table[c] = 1;
        pass_init(&s, k, i, table);
        check_pass(k, &s);
        box_free(table), box_free(s.x), box_free(s.dy), box_free((float *)(void *)s.hx);
        box_free((float *)(void *)s.seed);
    }
}

const struct CMUnitTest bf16_tests[] = {
    cmocka_unit_test(every_number_goes_to_the_nearest),
    cmocka_unit_test(corners),
    cmocka_unit_test(there_and_back),
    cmocka_unit_test(norms),
    cmocka_unit_test(passes),
    {0},
};
