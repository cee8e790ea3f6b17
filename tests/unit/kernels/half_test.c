/* Blocks with at most 8 images: what is left out where lanes are said to be dead changes no bit of those that live. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

/* Lanes below `live` are the same; those above are so, too, or 0 where `got` has left them out. */
static void assert_live(const float *want, const float *got, size_t n, int live)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(&want[i], &got[i], sizeof *want) != 0 && ((int)(i % LANES) < live || got[i] != 0))
            fail_msg("[%zu] of %zu with %d lanes is %.9g, not %.9g", i, n, live, (double)got[i], (double)want[i]);
}

static const float **rows_of(const float *array, int n, size_t floats)
{
    const float **r = malloc((size_t)n * sizeof *r);
    assert_non_null(r);
    for (int i = 0; i < n; i++)
        r[i] = array + (size_t)i * floats;
    return r;
}

struct outputs {
    float *y, *dx, *dw, *db, *sums, *bias_sums;
};

static struct outputs convolved(const struct kernels *k, const struct conv_dims *d, const float *x, const float *dy,
                                const float *w, const float *b)
{
    size_t nx = conv_in(d, 1), ny = conv_out(d, 1), co = (size_t)d->co;
    struct outputs o = {
        box_noise(nx > ny ? nx : ny), box_noise(nx), box(conv_weights(d)), box(co), box(conv_sums(d)), box(co * LANES)};
    float *scratch = box(conv_scratch(d, 1));
    const float **xs = rows_of(x, d->h, nx / (size_t)d->h), **dys = rows_of(dy, d->ho, ny / (size_t)d->ho);
    k->conv_forward(d, 1, x, w, b, o.y, scratch);
    k->conv_backward_data(d, 1, dy, w, o.dx, scratch);
    memset(o.sums, 0, conv_sums(d) * sizeof *o.sums);
    memset(o.bias_sums, 0, co * LANES * sizeof *o.bias_sums);
    k->conv_weight_rows(d, 0, d->ho, xs, dys, o.sums);
    k->conv_bias_rows(d, 0, d->ho, dys, o.bias_sums);
    k->conv_weight_sums(d, o.sums, o.dw);
    k->conv_bias_sums(d, o.bias_sums, o.db);
    free(xs), free(dys), box_free(scratch);
    return o;
}

static void outputs_free(struct outputs *o)
{
    box_free(o->y), box_free(o->dx), box_free(o->dw), box_free(o->db), box_free(o->sums), box_free(o->bias_sums);
}

static void convolutions(void **state)
{
    (void)state;
    noise_restart(91);
    for (int i = 0; i < 60; i++) {
        struct conv_dims d = random_conv(i % 3 == 0);
        int live = 1 + i % 11;
        size_t nx = conv_in(&d, 1), ny = conv_out(&d, 1);
        float *x = box_noise(nx), *dy = box_noise(ny), *w = box_noise(conv_weights(&d)), *b = box_noise((size_t)d.co);
        kill_dead(x, live, nx / LANES);
        kill_dead(dy, live, ny / LANES);
        for (size_t l = 0; kernels_level(l); l++) {
            const struct kernels *k = kernels_pick(kernels_level(l));
            if (!k)
                continue;
            struct outputs all = convolved(k, &d, x, dy, w, b);
            d.lanes = live;
            struct outputs some = convolved(k, &d, x, dy, w, b);
            d.lanes = 0;
            assert_live(all.y, some.y, ny, live);
            assert_live(all.dx, some.dx, nx, live);
            assert_memory_equal(all.dw, some.dw, conv_weights(&d) * sizeof *all.dw);
            assert_memory_equal(all.db, some.db, (size_t)d.co * sizeof *all.db);
            outputs_free(&all), outputs_free(&some);
        }
        box_free(x), box_free(dy), box_free(w), box_free(b);
    }
}

enum { C = 3, W = 7, ROWS = 2, N = C * W * ROWS * LANES };

/* What a stage makes of x and dy, forward and back. */
static void pass_on(const struct kernels *k, struct pointwise f, const float *x, const float *dy, const float *values,
                    float out[3][N], double *sums)
{
    uint32_t seed[LANES] __attribute__((aligned(64))), again[LANES] __attribute__((aligned(64)));
    double *lanes = (double *)(void *)box((size_t)C * 64);
    for (int i = 0; i < LANES; i++)
        seed[i] = again[i] = (uint32_t)i + 1;
    memset(lanes, 0, (size_t)C * 32 * sizeof *lanes);
    f.seed = f.p > 0 ? seed : NULL;
    k->pointwise_forward(&f, ROWS, x, out[0]);
    f.seed = f.p > 0 ? again : NULL;
    f.half = 0;
    k->pointwise_backward(&f, ROWS, x, dy, values + 8, out[1], out[2], lanes);
    k->pointwise_sums(C, f.lanes ? f.lanes : LANES, lanes, sums);
    box_free((float *)(void *)lanes);
}

static void passes_between(void **state)
{
    static float all[3][N] __attribute__((aligned(64))), some[3][N] __attribute__((aligned(64)));
    (void)state;
    noise_restart(92);
    float *x = box_noise(N), *dy = box_noise(N), *values = box_noise(16);
    for (size_t l = 0; kernels_level(l); l++)
        for (int i = 0; i < 4 * (ACTIVATIONS + 1) && kernels_pick(kernels_level(l)); i++) {
            int live = 1 + i % 9;
            double sums[2 * C], sums_of_all[2 * C];
            struct pointwise f = {.c = C, .w = W, .act = i / 4 - 1, .act_parameter = 0.1f};
            f.scale = i & 1 ? values : NULL;
            f.shift = values + 4;
            f.p = i & 2 ? 0.3f : 0;
            kill_dead(dy, live, N / LANES);
            pass_on(kernels_pick(kernels_level(l)), f, x, dy, values, all, sums_of_all);
            f.lanes = live;
            pass_on(kernels_pick(kernels_level(l)), f, x, dy, values, some, sums);
            for (int o = 0; o < 3; o++)
                assert_live(all[o], some[o], N, live);
            if (f.scale)
                assert_memory_equal(sums, sums_of_all, sizeof sums);
            noise(dy, N);
        }
    box_free(x), box_free(dy), box_free(values);
}

const struct CMUnitTest half_tests[] = {cmocka_unit_test(convolutions), cmocka_unit_test(passes_between), {0}};
