/* Winograd's gradient of the weights against loops in double, and bit by bit against its definition. */
#include "check.h"

#include "kernels/ops/conv/winograd_wgrad.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is private to a level has its name at the end. */
typedef void wgrad_rows_fn(const struct winograd_wgrad *d, int r0, int r1, const float *const *x,
                           const float *const *dy, float *sums, float *scratch);
typedef void wgrad_sums_fn(const struct winograd_wgrad *d, const float *sums, float *dw);

#define DECLARE(isa)                                                                                                   \
    void winograd_wgrad_rows_##isa(const struct winograd_wgrad *d, int r0, int r1, const float *const *x,              \
                                   const float *const *dy, float *sums, float *scratch);                               \
    void winograd_wgrad_sums_##isa(const struct winograd_wgrad *d, const float *sums, float *dw)
#define ENTRY(isa)                                                                                                     \
    {                                                                                                                  \
#isa, winograd_wgrad_rows_##isa, winograd_wgrad_sums_##isa                                                     \
    }
DECLARE(ref);
#ifdef SWEEP_AVX512
DECLARE(avx512);
#endif
#ifdef SWEEP_AVX2
DECLARE(avx2);
#endif
static const struct wgrad_level {
    const char *isa;
    wgrad_rows_fn *rows;
    wgrad_sums_fn *sums;
} wgrad_levels[] = {
#ifdef SWEEP_AVX512
    ENTRY(avx512),
#endif
#ifdef SWEEP_AVX2
    ENTRY(avx2),
#endif
    ENTRY(ref),
};
#define WGRAD_LEVELS (sizeof wgrad_levels / sizeof wgrad_levels[0])

/* The gradient of one weight: as a sum in double, and as it is defined. */
struct wgrad_example {
    struct conv_dims c;
    struct winograd_wgrad d;
    int blocks;
    float *x, *dy;
};

static float x_at(const struct wgrad_example *e, int b, int i, int ch, int j, int lane)
{
    const struct conv_dims *c = &e->c;
    return i < 0 || i >= c->h || j < 0 || j >= c->w ? 0.0f : e->x[at5(c->ci, c->h, c->w, b, i, ch, j, lane)];
}

static float dy_at(const struct wgrad_example *e, int b, int i, int ch, int j, int lane)
{
    const struct conv_dims *c = &e->c;
    return i >= c->ho || j >= c->wo ? 0.0f : e->dy[at5(c->co, c->ho, c->wo, b, i, ch, j, lane)];
}

static struct sum by_taps(const struct wgrad_example *e, int o, int ch, int tap)
{
    const struct conv_dims *c = &e->c;
    struct sum s = {0, 0, 0};
    for (int b = 0; b < e->blocks; b++)
        for (int r = 0; r < c->ho; r++)
            for (int col = 0; col < c->wo; col++)
                for (int lane = 0; lane < LANES; lane++)
                    sum_add(&s, (double)x_at(e, b, r - c->ph + tap / 3, ch, col - c->pw + tap % 3, lane) *
                                    (double)dy_at(e, b, r, o, col, lane));
    return s;
}

static void along_inputs(float *v, int step)
{
    float a = v[0], b = v[step], c = v[2 * step], d = v[3 * step];
    v[0] = a - c, v[step] = b + c, v[2 * step] = c - b, v[3 * step] = b - d;
}

static void along_gradients(float *v, int step)
{
    float p = v[0], q = v[step];
    v[step] = p + q, v[2 * step] = p - q, v[3 * step] = q;
}

static void along_sums(float *v, int step)
{
    float a = v[0], b = v[step], c = v[2 * step], d = v[3 * step], half = (b + c) * 0.5f;
    v[0] = a + half, v[step] = (b - c) * 0.5f, v[2 * step] = half - d;
}

/* m of each lane goes on by one square. */
static void add_square(const struct wgrad_example *e, int b, int t, int i, int o, int ch, float m[16][LANES])
{
    for (int lane = 0; lane < LANES; lane++) {
        float v[16], z[16] = {0};
        for (int k = 0; k < 16; k++)
            v[k] = x_at(e, b, 2 * t - e->c.ph + k / 4, ch, 2 * i - e->c.pw + k % 4, lane);
        for (int k = 0; k < 4; k++)
            z[k / 2 * 4 + k % 2] = dy_at(e, b, 2 * t + k / 2, o, 2 * i + k % 2, lane);
        for (int k = 0; k < 4; k++)
            along_inputs(v + k, 4), along_gradients(z + k, 4);
        for (int k = 0; k < 4; k++)
            along_inputs(v + 4 * k, 1), along_gradients(z + 4 * k, 1);
        for (int k = 0; k < 16; k++)
            m[k][lane] = fmaf(z[k], v[k], m[k][lane]);
    }
}

static float tree(const float lane[LANES])
{
    float s[LANES];
    memcpy(s, lane, sizeof s);
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            s[i] += s[i + half];
    return s[0];
}

static void by_definition(const struct wgrad_example *e, int o, int ch, float s[16])
{
    const struct winograd_wgrad *d = &e->d;
    memset(s, 0, 16 * sizeof *s);
    for (int b = 0; b < e->blocks; b++)
        for (int t = 0; t < d->tile_rows; t += d->band) {
            float m[16][LANES] = {{0}};
            for (int r = t; r < t + d->band && r < d->tile_rows; r++)
                for (int i = 0; i < d->tiles; i++)
                    add_square(e, b, r, i, o, ch, m);
            for (int k = 0; k < 16; k++)
                s[k] += tree(m[k]);
        }
    for (int k = 0; k < 4; k++)
        along_sums(s + k, 4);
    for (int k = 0; k < 3; k++)
        along_sums(s + 4 * k, 1);
}

/* Rows are handed over band by band, or a whole block at a time. */
static void gradient_at(const struct wgrad_level *l, const struct wgrad_example *e, int by_bands, float *dw)
{
    const struct winograd_wgrad *d = &e->d;
    struct winograd_wgrad_room room;
    const size_t n = winograd_wgrad_floats(d), x_row = (size_t)(d->ci * d->w) * LANES,
                 y_row = (size_t)(d->co * d->wo) * LANES;
    float *sums = box(n), *scratch = box(winograd_wgrad_scratch(d, &room));
    memset(sums, 0, n * sizeof *sums);
    for (int b = 0; b < e->blocks; b++) {
        float **x = array_rows(e->x + (size_t)(b * d->h) * x_row, d->h, x_row);
        float **dy = array_rows(e->dy + (size_t)(b * d->ho) * y_row, d->ho, y_row);
        for (int r = 0, end; r < d->ho; r = end) {
            end = by_bands && r + 2 * d->band < d->ho ? r + 2 * d->band : d->ho;
            l->rows(d, r, end, (const float *const *)x, (const float *const *)dy, sums, scratch);
        }
        free(x), free(dy);
    }
    l->sums(d, sums, dw);
    box_free(sums), box_free(scratch);
}

static void gradient_is_right(int ci, int co, int h, int w, int ph, int pw, int blocks)
{
    struct wgrad_example e = {.c = {ci, h, w, co, h + 2 * ph - 2, w + 2 * pw - 2, 3, 3, 1, 1, ph, pw, 1, 1, 1}};
    e.blocks = blocks;
    winograd_wgrad_of(&e.c, &e.d);
    e.x = box_noise(conv_in(&e.c, blocks));
    e.dy = box_noise(conv_out(&e.c, blocks));
    const size_t n = conv_weights(&e.c);
    float *defined = box(n), *dw = box(n);
    for (size_t i = 0; i < n; i += 9) {
        float s[16];
        by_definition(&e, (int)(i / 9) / ci, (int)(i / 9) % ci, s);
        for (int k = 0; k < 9; k++) {
            defined[i + (size_t)k] = s[k / 3 * 4 + k % 3];
            struct sum want = by_taps(&e, (int)(i / 9) / ci, (int)(i / 9) % ci, k);
            want.size *= 4; /* what the differences and sums of a square add up to, and take from each other */
            assert_true(sum_is(&want, defined[i + (size_t)k]));
        }
    }
    for (size_t l = 0; l < WGRAD_LEVELS; l++)
        for (int by_bands = 0; by_bands < 2 && kernels_pick(wgrad_levels[l].isa); by_bands++) {
            memset(dw, 0xff, n * sizeof *dw);
            gradient_at(&wgrad_levels[l], &e, by_bands, dw);
            assert_memory_equal(dw, defined, n * sizeof *dw);
        }
    box_free(e.x), box_free(e.dy), box_free(defined), box_free(dw);
}

/* All paddings, odd and even sizes, one band and several, pieces of channels of every size. */
static void every_size(void **state)
{
    (void)state;
    noise_restart(45);
    for (int i = 0; i < 14; i++)
        gradient_is_right(1 + i % 8, 1 + i % 7, 3 + i % 6, 3 + 5 * i % 13, i % 3, (i + 1) % 3, 1 + i % 2);
    gradient_is_right(2, 10, 15, 17, 1, 1, 1);
}

/* By the shape alone; the tables' functions go the same way as rows do. */
static void where_it_pays(void **state)
{
    (void)state;
    struct winograd_wgrad w;
    struct conv_dims large = {16, 24, 24, 20, 22, 22, 3, 3, 1, 1, 0, 0, 1, 1, 1}, few = large, dot = large,
                     strided = large;
    few.ci = 1;
    dot.h = dot.w = 3;
    dot.ho = dot.wo = 1;
    strided.sh = 2;
    assert_true(winograd_wgrad_of(&large, &w));
    assert_int_equal(conv_weight_band(&large, 0), 2 * w.band);
    assert_int_equal(conv_weight_band(&large, 1), 1);
    assert_false(winograd_wgrad_of(&few, &w));
    assert_false(winograd_wgrad_of(&dot, &w));
    assert_false(winograd_wgrad_of(&strided, &w));
}

const struct CMUnitTest winograd_wgrad_tests[] = {
    cmocka_unit_test(every_size),
    cmocka_unit_test(where_it_pays),
    {0},
};
