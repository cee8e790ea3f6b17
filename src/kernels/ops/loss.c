/* loss.c - softmax with cross-entropy, and distances from numbers, 16 samples at a time. */
#include "kernels/ops/ops.h"
#include "kernels/simd/vmath.h"

/* Lane l holds label l, dead lanes -1. */
static w16 label_vector(const int32_t *label, int live)
{
    int32_t all[LANES] __attribute__((aligned(64)));
    for (int i = 0; i < LANES; i++)
        all[i] = i < live ? label[i] : -1;
    return w16_load(all);
}

static v16 largest(int classes, const float *z)
{
    v16 top = v16_load(z);
    for (int k = 1; k < classes; k++)
        top = v16_max(v16_load(z + k * LANES), top);
    return top;
}

/* loss = log sum - (1 - smoothing) shifted[label] - smoothing / classes * sum of shifted, shifted = z - max z. */
static v16 block_loss(int classes, const float *z, v16 top, w16 label, float smoothing, v16 *sum)
{
    v16 total = v16_zero(), target = v16_zero(), all = v16_zero();
    for (int k = 0; k < classes; k++) {
        v16 shifted = v16_sub(v16_load(z + k * LANES), top);
        total = v16_add(total, v16_exp(shifted));
        target = v16_add(target, v16_keep(w16_eq(label, w16_set1((uint32_t)k)), shifted));
        if (smoothing > 0)
            all = v16_add(all, shifted);
    }
    *sum = total;
    v16 loss = v16_fma(v16_set1(smoothing - 1.0f), target, v16_log(total));
    return smoothing > 0 ? v16_fma(v16_set1(-smoothing / (float)classes), all, loss) : loss;
}

static void block_gradient(int classes, const float *z, v16 top, v16 sum, w16 label, m16 live, float smoothing,
                           float scale, float *prob, float *dz)
{
    v16 inverse = v16_div(v16_set1(1.0f), sum), s = v16_set1(scale);
    v16 off = v16_set1(smoothing / (float)classes), on = v16_set1(1.0f - smoothing + smoothing / (float)classes);
    for (int k = 0; k < classes; k++) {
        v16 p = v16_mul(v16_exp(v16_sub(v16_load(z + k * LANES), top)), inverse);
        if (prob)
            v16_store(prob + k * LANES, p);
        if (dz) {
            v16 target = v16_select(w16_eq(label, w16_set1((uint32_t)k)), on, off);
            v16_store(dz + k * LANES, v16_keep(live, v16_mul(s, v16_sub(p, target))));
        }
    }
}

void EXPORT(softmax_xent)(int n, int classes, const float *z, const int32_t *label, float smoothing, float scale,
                          float *loss, float *prob, float *dz)
{
    float out[LANES] __attribute__((aligned(64)));
    for (int b = 0; b * LANES < n; b++) {
        int live = live_lanes(n, b);
        size_t at = (size_t)b * (size_t)classes * LANES;
        w16 which = label_vector(label + b * LANES, live);
        v16 top = largest(classes, z + at), sum;
        v16_store(out, block_loss(classes, z + at, top, which, smoothing, &sum));
        memcpy(loss + b * LANES, out, (size_t)live * sizeof *loss);
        if (prob || dz)
            block_gradient(classes, z + at, top, sum, which, m16_first(live), smoothing, scale, prob ? prob + at : NULL,
                           dz ? dz + at : NULL);
    }
}

/* ---- distances ---- */

struct distance {
    v16 value, slope;
};

static inline struct distance squared(v16 d, v16 delta)
{
    (void)delta;
    return (struct distance){v16_mul(d, d), v16_add(d, d)};
}

static inline v16 at_most(v16 d, v16 limit)
{
    return v16_max(v16_sub(v16_zero(), limit), v16_min(limit, d));
}

/* Far from 0 the product is infinite or beyond 1, so that it is cut to the sign; at 0 it is 0. */
static inline struct distance absolute(v16 d, v16 delta)
{
    (void)delta;
    v16 huge = v16_set1(0x1p126f), one = v16_set1(1.0f);
    return (struct distance){v16_abs(d), at_most(v16_mul(v16_mul(d, huge), huge), one)};
}

/* With c = d cut to [-delta, delta]: c (d - c / 2) is both branches. */
static inline struct distance huber(v16 d, v16 delta)
{
    v16 c = at_most(d, delta);
    return (struct distance){v16_mul(c, v16_fma(v16_set1(-0.5f), c, d)), c};
}

static inline void distances(int n, int outputs, const float *z, const float *target, float delta, float scale,
                             float *loss, float *dz, struct distance (*of)(v16 d, v16 delta))
{
    float out[LANES] __attribute__((aligned(64)));
    v16 limit = v16_set1(delta), share = v16_set1(scale / (float)outputs), each = v16_set1((float)outputs);
    for (int b = 0; b * LANES < n; b++) {
        int live = live_lanes(n, b);
        size_t at = (size_t)b * (size_t)outputs * LANES;
        v16 sum = v16_zero();
        for (int k = 0; k < outputs; k++) {
            size_t i = at + (size_t)k * LANES;
            struct distance x = of(v16_sub(v16_load(z + i), v16_load(target + i)), limit);
            sum = v16_add(sum, x.value);
            if (dz)
                v16_store(dz + i, v16_keep(m16_first(live), v16_mul(share, x.slope)));
        }
        v16_store(out, v16_div(sum, each));
        memcpy(loss + b * LANES, out, (size_t)live * sizeof *loss);
    }
}

void EXPORT(mse_loss)(int n, int outputs, const float *z, const float *target, float scale, float *loss, float *dz)
{
    distances(n, outputs, z, target, 0, scale, loss, dz, squared);
}

void EXPORT(mae_loss)(int n, int outputs, const float *z, const float *target, float scale, float *loss, float *dz)
{
    distances(n, outputs, z, target, 0, scale, loss, dz, absolute);
}

void EXPORT(huber_loss)(int n, int outputs, float delta, const float *z, const float *target, float scale, float *loss,
                        float *dz)
{
    distances(n, outputs, z, target, delta, scale, loss, dz, huber);
}
