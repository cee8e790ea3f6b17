/* Batch normalization against two passes in double. */
#include "check.h"

#include <math.h>
#include <stdio.h>

struct norm_shape {
    int c, h, w, n;
};
static const struct norm_shape shapes[] = {
    {1, 1, 1, 1},  {3, 1, 1, 2},   {2, 3, 4, 1},  {4, 5, 7, 15},   {3, 2, 2, 16},
    {5, 4, 3, 17}, {2, 11, 6, 40}, {7, 1, 1, 48}, {1, 26, 26, 33},
};
#define SHAPES (sizeof shapes / sizeof shapes[0])

static size_t floats(const struct norm_shape *s)
{
    return (size_t)(blocks_of(s->n) * s->h * s->c * s->w) * LANES;
}

/* Element i of channel c over the live images, i < h*w*n. */
static size_t element(const struct norm_shape *s, int c, int i)
{
    int image = i % s->n, pixel = i / s->n;
    return at5(s->c, s->h, s->w, image / LANES, pixel / s->w, c, pixel % s->w, image % LANES);
}

static void moments(const struct norm_shape *s, int c, const float *x, double *mean, double *var)
{
    int n = s->h * s->w * s->n;
    *mean = *var = 0;
    for (int i = 0; i < n; i++)
        *mean += (double)x[element(s, c, i)] / n;
    for (int i = 0; i < n; i++)
        *var += ((double)x[element(s, c, i)] - *mean) * ((double)x[element(s, c, i)] - *mean) / n;
}

/* Dead lanes hold rubbish here: they must not count. */
static void check_stats(const struct norm_shape *s, double offset, double tol)
{
    float *x = box_noise(floats(s)), *mean = box((size_t)s->c), *var = box((size_t)s->c);
    for (size_t i = 0; i < floats(s); i++)
        x[i] += (float)offset;
    kernels_pick(NULL)->bn_stats(s->c, s->h, s->w, s->n, x, mean, var);
    for (int c = 0; c < s->c; c++) {
        double m, v;
        moments(s, c, x, &m, &v);
        assert_near(mean[c], m, 0x1p-23, "mean");
        if (!(fabs((double)var[c] - v) <= tol * v))
            fail_msg("var: got %.9g, want %.9g", (double)var[c], v);
    }
    box_free(x), box_free(mean), box_free(var);
}

static void statistics(void **state)
{
    (void)state;
    noise_restart(21);
    for (size_t i = 0; i < SHAPES; i++)
        check_stats(&shapes[i], 0, 1e-6);
}

/* |mean| = 3000 std: the naive E[x^2] - E[x]^2 in float would have no digit left. */
static void statistics_far_from_zero(void **state)
{
    (void)state;
    noise_restart(22);
    for (size_t i = 0; i < SHAPES; i++)
        check_stats(&shapes[i], 2000, 1e-5);
}

/* Constant data has variance 0, not something negative or tiny; a NaN shows. */
static void statistics_of_special_data(void **state)
{
    (void)state;
    struct norm_shape s = {1, 3, 5, 20};
    float *x = box(floats(&s)), mean, var;
    for (size_t i = 0; i < floats(&s); i++)
        x[i] = 0.1f;
    kernels_pick(NULL)->bn_stats(1, 3, 5, 20, x, &mean, &var);
    assert_true(mean == 0.1f && var == 0);
    x[element(&s, 0, 77)] = NAN;
    kernels_pick(NULL)->bn_stats(1, 3, 5, 20, x, &mean, &var);
    assert_true(isnan(mean) && isnan(var));
    box_free(x);
}

static void apply(void **state)
{
    (void)state;
    noise_restart(23);
    for (size_t i = 0; i < SHAPES; i++) {
        const struct norm_shape *s = &shapes[i];
        size_t n = floats(s), c = (size_t)s->c;
        float *x = box_noise(n), *y = box(n), *scale = box_noise(c), *shift = box_noise(c);
        int blocks = blocks_of(s->n);
        kernels_pick(NULL)->bn_apply(s->c, s->h, s->w, blocks, x, scale, shift, y);
        for (size_t k = 0; k < n; k++) {
            size_t ch = k / LANES / (size_t)s->w % c;
            assert_true(y[k] == fmaf(x[k], scale[ch], shift[ch]));
        }
        kernels_pick(NULL)->bn_apply(s->c, s->h, s->w, blocks, x, scale, shift, x);
        assert_memory_equal(x, y, n * sizeof *x);
        box_free(x), box_free(y), box_free(scale), box_free(shift);
    }
}

static void backward_statistics(void **state)
{
    (void)state;
    noise_restart(24);
    for (size_t i = 0; i < SHAPES; i++) {
        const struct norm_shape *s = &shapes[i];
        size_t n = floats(s), c = (size_t)s->c;
        float *x = box_noise(n), *dy = box_noise(n), *mean = box_noise(c), *inv = box_noise(c);
        float *sum = box(c), *sum_x = box(c);
        kernels_pick(NULL)->bn_backward_stats(s->c, s->h, s->w, s->n, x, dy, mean, inv, sum, sum_x);
        for (int ch = 0; ch < s->c; ch++) {
            struct sum a = {0}, b = {0};
            for (int k = 0; k < s->h * s->w * s->n; k++) {
                size_t at = element(s, ch, k);
                sum_add(&a, (double)dy[at]);
                sum_add(&b, (double)dy[at] * ((double)x[at] - (double)mean[ch]) * (double)inv[ch]);
            }
            assert_true(sum_is(&a, sum[ch]));
            assert_true(sum_is(&b, sum_x[ch]));
        }
        float *all[] = {x, dy, mean, inv, sum, sum_x};
        for (size_t k = 0; k < 6; k++)
            box_free(all[k]);
    }
}

static void backward(void **state)
{
    (void)state;
    noise_restart(25);
    for (size_t i = 0; i < SHAPES; i++) {
        const struct norm_shape *s = &shapes[i];
        size_t n = floats(s), c = (size_t)s->c, last = (size_t)(s->n / LANES);
        float *x = box_noise(n), *dy = box_noise(n), *a = box_noise(c), *p = box_noise(c), *q = box_noise(c);
        float *dx = box(n);
        kernels_pick(NULL)->bn_backward(s->c, s->h, s->w, s->n, x, dy, a, p, q, dx);
        for (size_t k = 0; k < n; k++) {
            size_t v = k / LANES, ch = v / (size_t)s->w % c, block = v / (c * (size_t)(s->h * s->w));
            int dead = block == last && (int)(k % LANES) >= s->n % LANES;
            double want = (double)a[ch] * (double)dy[k] + (double)p[ch] * (double)x[k] + (double)q[ch];
            assert_near(dx[k], dead ? 0 : want, 3e-7, "dx");
        }
        kernels_pick(NULL)->bn_backward(s->c, s->h, s->w, s->n, x, dy, a, p, q, dy);
        assert_memory_equal(dx, dy, n * sizeof *x);
        float *all[] = {x, dy, a, p, q, dx};
        for (size_t k = 0; k < 6; k++)
            box_free(all[k]);
    }
}

const struct CMUnitTest norm_tests[] = {
    cmocka_unit_test(statistics),
    cmocka_unit_test(statistics_far_from_zero),
    cmocka_unit_test(statistics_of_special_data),
    cmocka_unit_test(apply),
    cmocka_unit_test(backward_statistics),
    cmocka_unit_test(backward),
    {0},
};
