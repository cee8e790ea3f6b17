/* Activations and dropout. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N 4096

/* In double, with libm: this is a test. An activation without a case does not compile. */
static double value(enum act f, double slope, double x)
{
    switch (f) {
    case ACT_relu:
        return x > 0 ? x : 0;
    case ACT_leaky_relu:
        return x > 0 ? x : slope * x;
    case ACT_sigmoid:
        return 1 / (1 + exp(-x));
    case ACT_tanh:
        return tanh(x);
    case ACT_gelu:
        return x / 2 * (1 + erf(x / sqrt(2)));
    case ACT_relu6:
        return fmin(fmax(x, 0), 6);
    case ACT_elu:
        return x > 0 ? x : slope * expm1(x);
    case ACT_selu:
        return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1(x));
    case ACT_silu:
        return x / (1 + exp(-x));
    case ACT_mish:
        return x * tanh(log1p(exp(x)));
    case ACT_softplus:
        return x > 700 ? x : log1p(exp(x));
    case ACT_hardswish:
        return x * fmin(fmax(x + 3, 0), 6) / 6;
    case ACTIVATIONS:
        break;
    }
    return NAN;
}

static double derivative(enum act f, double slope, double x)
{
    double y = value(f, slope, x), s = 1 / (1 + exp(-x)), t = tanh(log1p(exp(x)));
    switch (f) {
    case ACT_relu:
        return x > 0;
    case ACT_leaky_relu:
        return x > 0 ? 1 : slope;
    case ACT_sigmoid:
        return y * (1 - y);
    case ACT_tanh:
        return 1 - y * y;
    case ACT_gelu:
        return (1 + erf(x / sqrt(2))) / 2 + x * exp(-x * x / 2) / sqrt(2 * acos(-1));
    case ACT_relu6:
        return x > 0 && x < 6;
    case ACT_elu:
        return x > 0 ? 1 : slope * exp(x);
    case ACT_selu:
        return 1.0507009873554805 * (x > 0 ? 1 : 1.6732632423543772 * exp(x));
    case ACT_silu:
        return s * (1 + x * (1 - s));
    case ACT_mish:
        return t + x * (1 - t * t) * s;
    case ACT_softplus:
        return s;
    case ACT_hardswish:
        return x <= -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1;
    case ACTIVATIONS:
        break;
    }
    return NAN;
}

static void check_activation(const struct kernels *k, enum act f, float slope)
{
    static const char *const name[] = {
#define ACTIVATION(name, ...) #name,
#include "kernels/activations.def"
    };
    char gradient[32];
    snprintf(gradient, sizeof gradient, "gradient of %s", name[f]);
    float *x = box_noise(N), *y = box(N), *dy = box_noise(N), *dx = box(N);
    for (int i = 0; i < N; i++)
        x[i] *= i % 2 ? 6.0f : 30.0f;
    x[3] = 0;
    k->act_forward(f, slope, N, x, y);
    k->act_backward(f, slope, N, act_reads_argument(f) ? x : y, dy, dx);
    for (int i = 0; i < N; i++) {
        assert_near(y[i], value(f, (double)slope, (double)x[i]), 5e-7, name[f]);
        assert_near(dx[i], (double)dy[i] * derivative(f, (double)slope, (double)x[i]), 5e-7, gradient);
    }
    k->act_backward(f, slope, N, act_reads_argument(f) ? x : y, dy, dy);
    assert_memory_equal(dx, dy, N * sizeof *dx);
    k->act_forward(f, slope, N, x, x);
    assert_memory_equal(x, y, N * sizeof *x);
    box_free(x), box_free(y), box_free(dy), box_free(dx);
}

static void activations(void **state)
{
    static const float slope[] = {0.01f, 0.3f};
    (void)state;
    noise_restart(41);
    for (size_t l = 0; kernels_level(l); l++)
        for (int f = 0; f < ACTIVATIONS; f++)
            for (int i = 0; i < 2 && kernels_pick(kernels_level(l)); i++)
                check_activation(kernels_pick(kernels_level(l)), (enum act)f, slope[i]);
}

/* A NaN is not swallowed on the way to the loss; infinities have their limits. */
static void special_values(void **state)
{
    (void)state;
    float *x = box(LANES), *y = box(LANES);
    for (int f = 0; f < ACTIVATIONS; f++) {
        for (int i = 0; i < LANES; i++)
            x[i] = i % 2 ? NAN : 100; /* so far out that every activation is at its limit */
        kernels_pick(NULL)->act_forward((enum act)f, 0.1f, LANES, x, y);
        for (int i = 0; i < LANES; i++)
            assert_true(i % 2 ? isnan(y[i]) : y[i] == (float)value((enum act)f, 0.1, 100));
        for (int i = 0; i < LANES; i++)
            x[i] = INFINITY;
        kernels_pick(NULL)->act_forward((enum act)f, 0.1f, LANES, x, y);
        for (int i = 0; i < LANES; i++)
            assert_true(y[i] == (float)value((enum act)f, 0.1, INFINITY));
    }
    box_free(x), box_free(y);
}

/* Far out gelu is 0 or the identity, and its slope 0 or 1: polynomials stand for both, which leave every limit there.
 */
static void gelu_far_from_zero(void **state)
{
    (void)state;
    float *x = box(LANES), *y = box(LANES), *one = box(LANES);
    for (float far = 5; far < 1e30f; far *= 1.3f) {
        for (int i = 0; i < LANES; i++) {
            x[i] = i % 2 ? far : -far;
            one[i] = 1;
        }
        kernels_pick(NULL)->act_forward(ACT_gelu, 0, LANES, x, y);
        for (int i = 0; i < LANES; i++)
            assert_true(fabs((double)y[i] - value(ACT_gelu, 0, (double)x[i])) <= 3e-8 * (i % 2 ? (double)far : 1));
        kernels_pick(NULL)->act_backward(ACT_gelu, 0, LANES, x, one, y);
        for (int i = 0; i < LANES; i++)
            assert_true(fabs((double)y[i] - derivative(ACT_gelu, 0, (double)x[i])) <= 7e-8);
    }
    box_free(x), box_free(y), box_free(one);
}

/* Also where the result takes the place of an operand. */
static void sums_and_products(void **state)
{
    (void)state;
    noise_restart(44);
    for (size_t l = 0; kernels_level(l); l++) {
        const struct kernels *k = kernels_pick(kernels_level(l));
        if (!k)
            continue;
        float *x = box_noise(N), *z = box_noise(N), *y = box(N), *in_place = box(N);
        k->add_scaled(N, 0.7f, x, z, y);
        memcpy(in_place, z, N * sizeof *z);
        k->add_scaled(N, 0.7f, x, in_place, in_place);
        for (int i = 0; i < N; i++)
            assert_true(y[i] == fmaf(x[i], 0.7f, z[i]) && in_place[i] == y[i]);
        k->mul(N, x, z, y);
        for (int i = 0; i < N; i++)
            assert_true(y[i] == x[i] * z[i]);
        k->scaled(N, 0.7f, x, y);
        for (int i = 0; i < N; i++)
            assert_true(y[i] == 0.7f * x[i]);
        box_free(x), box_free(z), box_free(y), box_free(in_place);
    }
}

/* One value of a sample for all positions of a channel; its gradient sums row by row, whatever the shape. */
static void gates(void **state)
{
    enum { C = 3, H = 4, W = 5, B = 2, ALL = B * C * H * W * LANES, GATES = B * C * LANES };
    (void)state;
    noise_restart(45);
    for (size_t l = 0; kernels_level(l); l++) {
        const struct kernels *k = kernels_pick(kernels_level(l));
        if (!k)
            continue;
        float *x = box_noise(ALL), *g = box_noise(GATES), *dy = box_noise(ALL), *y = box(ALL), *sums = box(GATES);
        k->gate(C, H, W, B, x, g, y);
        k->gate_sums(C, H, W, B, x, dy, sums);
        for (int b = 0; b < B; b++)
            for (int c = 0; c < C; c++)
                for (int lane = 0; lane < LANES; lane++) {
                    size_t gate = (size_t)(b * C + c) * LANES + (size_t)lane;
                    float want = 0;
                    for (int h = 0; h < H; h++)
                        for (int w = 0; w < W; w++) {
                            size_t at = at5(C, H, W, b, h, c, w, lane);
                            assert_true(y[at] == x[at] * g[gate]);
                            want = fmaf(x[at], dy[at], want);
                        }
                    assert_true(sums[gate] == want);
                }
        k->gate(C, H, W, B, x, g, x);
        assert_memory_equal(x, y, ALL * sizeof *x);
        box_free(x), box_free(g), box_free(dy), box_free(y), box_free(sums);
    }
}

static void fill_seed(uint32_t *seed, size_t n)
{
    for (size_t i = 0; i < n; i++)
        seed[i] = 1 + noise_below(0xfffffffe);
}

/* Mean and variance of the mask over images and over elements, and no correlation between neighbours. */
static void dropout_statistics(void **state)
{
    static const float rate[] = {0.05f, 0.5f, 0.9f};
    (void)state;
    noise_restart(42);
    const size_t vectors = 4001, blocks = 4, n = blocks * vectors * LANES;
    float *x = box(n), *y = box(n);
    uint32_t *seed = (uint32_t *)box(blocks * LANES);
    for (size_t i = 0; i < n; i++)
        x[i] = 1;
    for (int r = 0; r < 3; r++) {
        double p = (double)rate[r], kept = 0, neighbours = 0, lanes = 0;
        fill_seed(seed, blocks * LANES);
        kernels_pick(NULL)->dropout((int)blocks, vectors, rate[r], seed, x, y);
        for (size_t i = 0; i < n; i++) {
            assert_true(y[i] == 0 || fabs((double)y[i] * (1 - p) - 1) < 1e-6);
            kept += y[i] != 0;
            neighbours += i + LANES < n && y[i] != 0 && y[i + LANES] != 0;
            lanes += i + 1 < n && y[i] != 0 && y[i + 1] != 0;
        }
        double q = 1 - p, sd = sqrt(q * p / (double)n), sd2 = sqrt(q * q * (1 - q * q) / (double)n);
        assert_true(fabs(kept / (double)n - q) < 4 * sd + 1e-5);
        assert_true(fabs(neighbours / (double)n - q * q) < 6 * sd2 + 1e-4);
        assert_true(fabs(lanes / (double)n - q * q) < 6 * sd2 + 1e-4);
        for (int l = 0; l < LANES; l++) { /* one image */
            double own = 0;
            for (size_t v = 0; v < vectors; v++)
                own += y[v * LANES + (size_t)l] != 0;
            assert_true(fabs(own / (double)vectors - q) < 4.5 * sqrt(q * p / (double)vectors));
        }
    }
    box_free(x), box_free(y), box_free((float *)seed);
}

/* The stream belongs to the image: the same in any block and lane, for any number of elements; the same call gives the
 * same mask again, also in place; p = 0 keeps everything, the smallest p still drops. */
static void dropout_streams(void **state)
{
    (void)state;
    noise_restart(43);
    const size_t vectors = 333, n = 2 * vectors * LANES;
    float *x = box_noise(n), *y = box(n), *z = box(n);
    uint32_t *seed = (uint32_t *)box(2 * LANES);
    const struct kernels *k = kernels_pick(NULL);
    fill_seed(seed, 2 * LANES);
    seed[LANES + 3] = seed[5];
    k->dropout(2, vectors, 0.4f, seed, x, y);
    k->dropout(1, 101, 0.4f, seed, x, z);
    assert_memory_equal(y, z, 101 * LANES * sizeof *y);
    for (size_t v = 0; v < vectors; v++)
        assert_true((y[v * LANES + 5] == 0) == (y[(vectors + v) * LANES + 3] == 0));
    memcpy(z, x, n * sizeof *x);
    k->dropout(2, vectors, 0.4f, seed, z, z);
    assert_memory_equal(y, z, n * sizeof *y);
    k->dropout(2, vectors, 0, seed, x, y);
    assert_memory_equal(x, y, n * sizeof *y);
    box_free(x), box_free(y), box_free(z), box_free((float *)seed);
}

/* Mean 0, variance 1, third moment 0 and fourth 3, no correlation between neighbours; the same stream for the same seed
 * in any block. */
static void noise_is_normal(void **state)
{
    (void)state;
    noise_restart(45);
    const size_t vectors = 4001, blocks = 4, n = blocks * vectors * LANES;
    float *x = box(n), *y = box(n);
    uint32_t *seed = (uint32_t *)box(blocks * LANES);
    double m[5] = {0}, beside = 0, below = 0;
    memset(x, 0, n * sizeof *x);
    fill_seed(seed, blocks * LANES);
    seed[LANES + 3] = seed[5];
    kernels_pick(NULL)->add_noise((int)blocks, vectors, 2, seed, x, y);
    for (size_t i = 0; i < n; i++) {
        double v = (double)y[i] / 2;
        for (int k = 1; k < 5; k++)
            m[k] += pow(v, k) / (double)n;
        beside += i + 1 < n ? v * (double)y[i + 1] / 2 / (double)n : 0;
        below += i + LANES < n ? v * (double)y[i + LANES] / 2 / (double)n : 0;
    }
    double sd = sqrt(1 / (double)n); /* the moments' own: 1, sqrt 2, sqrt 15, sqrt 96 times it */
    assert_true(fabs(m[1]) < 4 * sd && fabs(m[2] - 1) < 6 * sd && fabs(m[3]) < 16 * sd && fabs(m[4] - 3) < 40 * sd);
    assert_true(fabs(beside) < 5 * sd && fabs(below) < 5 * sd);
    for (size_t v = 0; v < vectors; v++)
        assert_true(y[v * LANES + 5] == y[(vectors + v) * LANES + 3]);
    box_free(x), box_free(y), box_free((float *)seed);
}

const struct CMUnitTest elementwise_tests[] = {
    cmocka_unit_test(noise_is_normal),    cmocka_unit_test(activations),     cmocka_unit_test(special_values),
    cmocka_unit_test(sums_and_products),  cmocka_unit_test(gates),           cmocka_unit_test(gelu_far_from_zero),
    cmocka_unit_test(dropout_statistics), cmocka_unit_test(dropout_streams), {0},
};
