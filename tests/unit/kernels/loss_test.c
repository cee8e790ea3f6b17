/* Losses against their definitions in double: softmax with cross-entropy, and distances from numbers. */
#include "check.h"

#include <math.h>
#include <string.h>

static void check(int n, int classes, float size, float smoothing, float scale)
{
    int blocks = blocks_of(n);
    size_t len = (size_t)(blocks * classes) * LANES;
    float *z = box_noise(len), *loss = box((size_t)n), *prob = box(len), *dz = box(len);
    int32_t label[128];
    for (size_t i = 0; i < len; i++)
        z[i] *= size;
    kill_dead(z, n, (size_t)classes);
    for (int i = 0; i < n; i++)
        label[i] = (int32_t)noise_below((uint32_t)classes);
    kernels_pick(NULL)->softmax_xent(n, classes, z, label, smoothing, scale, loss, prob, dz);
    for (int i = 0; i < n; i++) {
        double top = -INFINITY, sum = 0, want = 0;
        for (int k = 0; k < classes; k++)
            top = fmax(top, (double)z[at5(classes, 1, 1, i / LANES, 0, k, 0, i % LANES)]);
        for (int k = 0; k < classes; k++)
            sum += exp((double)z[at5(classes, 1, 1, i / LANES, 0, k, 0, i % LANES)] - top);
        for (int k = 0; k < classes; k++) {
            size_t at = at5(classes, 1, 1, i / LANES, 0, k, 0, i % LANES);
            double logp = (double)z[at] - top - log(sum);
            double t = (k == label[i]) * (1 - (double)smoothing) + (double)smoothing / classes;
            want -= t > 0 ? t * logp : 0;
            assert_near(prob[at], exp(logp), 5e-7, "prob");
            assert_near(dz[at], (double)scale * (exp(logp) - t), 5e-7, "dz");
        }
        assert_near(loss[i], want, 1e-6, "loss");
    }
    for (int i = n; i < blocks * LANES; i++)
        for (int k = 0; k < classes; k++)
            assert_true(dz[at5(classes, 1, 1, i / LANES, 0, k, 0, i % LANES)] == 0);
    box_free(z), box_free(loss), box_free(prob), box_free(dz);
}

static void shapes(void **state)
{
    static const int n[] = {1, 2, 15, 16, 17, 40}, classes[] = {2, 3, 10, 33};
    (void)state;
    noise_restart(51);
    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < 4; k++) {
            check(n[i], classes[k], 3, 0, 1.0f / (float)n[i]);
            check(n[i], classes[k], 3, 0.1f, 0.25f);
        }
}

static void large_logits(void **state)
{
    (void)state;
    noise_restart(52);
    check(30, 10, 1e4f, 0, 1);
    check(30, 10, 1e4f, 0.1f, 1);
}

/* The distance of a float and its slope by their definitions; kind 0 mse, 1 mae, 2 huber. */
static double distance_of(int kind, double d, double delta)
{
    double a = fabs(d);
    return kind == 0 ? d * d : kind == 1 ? a : a <= delta ? d * d / 2 : delta * (a - delta / 2);
}

static void call_distance(int kind, int n, int outputs, float delta, const float *z, const float *t, float scale,
                          float *loss, float *dz)
{
    const struct kernels *k = kernels_pick(NULL);
    if (kind == 0)
        k->mse_loss(n, outputs, z, t, scale, loss, dz);
    else if (kind == 1)
        k->mae_loss(n, outputs, z, t, scale, loss, dz);
    else
        k->huber_loss(n, outputs, delta, z, t, scale, loss, dz);
}

static void check_distance(int kind, int n, int outputs, float size)
{
    size_t len = (size_t)(blocks_of(n) * outputs) * LANES;
    float *z = box_noise(len), *t = box_noise(len), *loss = box((size_t)n), *dz = box(len);
    const double delta = 0.75, step = 1e-4, scale = 0.25;
    for (size_t i = 0; i < len; i++)
        z[i] *= size;
    z[0] = t[0];
    call_distance(kind, n, outputs, (float)delta, z, t, (float)scale, loss, dz);
    for (int i = 0; i < blocks_of(n) * LANES; i++) {
        double want = 0;
        for (int k = 0; k < outputs; k++) {
            size_t at = at5(outputs, 1, 1, i / LANES, 0, k, 0, i % LANES);
            double d = (double)z[at] - (double)t[at];
            double slope = (distance_of(kind, d + step, delta) - distance_of(kind, d - step, delta)) / (2 * step);
            want += distance_of(kind, d, delta) / outputs;
            if (i >= n)
                assert_true(dz[at] == 0);
            else if (kind != 1 || fabs(d) > step || d == 0) /* at its corner it has no slope */
                assert_near(dz[at], scale * slope / outputs, 1e-4 * (1 + size), "dz of a distance");
        }
        if (i < n)
            assert_near(loss[i], want, 1e-6 * (1 + size * size), "distance");
    }
    box_free(z), box_free(t), box_free(loss), box_free(dz);
}

static void distances(void **state)
{
    (void)state;
    noise_restart(54);
    for (int kind = 0; kind < 3; kind++)
        for (int n = 1; n < 40; n += 7)
            for (int outputs = 1; outputs < 4; outputs++) {
                check_distance(kind, n, outputs, 1);
                check_distance(kind, n, outputs, 5);
            }
}

/* -t log s - (1 - t) log(1 - s), s the sigmoid of z, and its slope, also where s rounds to 0 or 1. */
static void logits_of_shares(void **state)
{
    const int outputs = 3;
    (void)state;
    noise_restart(55);
    for (int n = 1; n < 40; n += 7) {
        size_t len = (size_t)(blocks_of(n) * outputs) * LANES;
        float *z = box_noise(len), *t = box_noise(len), *loss = box((size_t)n), *dz = box(len);
        for (size_t i = 0; i < len; i++) {
            z[i] *= i % 5 ? 4 : 60;
            t[i] = i % 7 ? fabsf(t[i]) : (float)(i % 2);
        }
        kernels_pick(NULL)->bce_target_loss(n, outputs, z, t, 0.25f, loss, dz);
        for (int i = 0; i < blocks_of(n) * LANES; i++) {
            double want = 0;
            for (int k = 0; k < outputs; k++) {
                size_t at = at5(outputs, 1, 1, i / LANES, 0, k, 0, i % LANES);
                double v = (double)z[at], s = 1 / (1 + exp(-v)), off = v > 0 ? v + log1p(exp(-v)) : log1p(exp(v));
                want += (off - v * (double)t[at]) / outputs;
                assert_near(dz[at], i < n ? 0.25 * (s - (double)t[at]) / outputs : 0, i < n ? 1e-6 : 0,
                            "dz of a logit");
            }
            if (i < n)
                assert_near(loss[i], want, 1e-6 * (1 + want), "loss of logits");
        }
        box_free(z), box_free(t), box_free(loss), box_free(dz);
    }
}

/* Differences too small for a normal float have their sign all the same. */
static void the_slope_of_mae_is_a_sign(void **state)
{
    static const float d[] = {0x1p-149f, -0x1p-149f, 0x1p127f, -0x1p127f, 0, 1, -1e-20f};
    static const float want[] = {1, -1, 1, -1, 0, 1, -1};
    float z[LANES] __attribute__((aligned(64))) = {0}, t[LANES] __attribute__((aligned(64))) = {0};
    float loss[LANES], dz[LANES] __attribute__((aligned(64)));
    (void)state;
    memcpy(z, d, sizeof d);
    kernels_pick(NULL)->mae_loss(7, 1, z, t, 1, loss, dz);
    for (int i = 0; i < 7; i++)
        assert_true(dz[i] == want[i] && loss[i] == fabsf(d[i]));
}

/* Each output is optional, and what is asked for does not change the rest. */
static void optional_outputs(void **state)
{
    (void)state;
    noise_restart(53);
    float *z = box_noise(10 * LANES), *dz = box(10 * LANES), *again = box(10 * LANES), *prob = box(10 * LANES);
    float loss[LANES], same[LANES];
    int32_t label[LANES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    const struct kernels *k = kernels_pick(NULL);
    k->softmax_xent(16, 10, z, label, 0, 1, loss, prob, dz);
    k->softmax_xent(16, 10, z, label, 0, 1, same, NULL, again);
    assert_memory_equal(dz, again, 10 * LANES * sizeof *dz);
    k->softmax_xent(16, 10, z, label, 0, 1, same, NULL, NULL);
    assert_memory_equal(loss, same, sizeof loss);
    k->softmax_xent(16, 10, z, label, 0, 1, same, again, NULL);
    assert_memory_equal(prob, again, 10 * LANES * sizeof *dz);
    box_free(z), box_free(dz), box_free(again), box_free(prob);
}

const struct CMUnitTest loss_tests[] = {
    cmocka_unit_test(shapes),
    cmocka_unit_test(large_logits),
    cmocka_unit_test(distances),
    cmocka_unit_test(logits_of_shares),
    cmocka_unit_test(the_slope_of_mae_is_a_sign),
    cmocka_unit_test(optional_outputs),
    {0},
};
