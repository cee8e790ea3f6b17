/* loss.c - softmax with cross-entropy, and distances from numbers, 16 samples at a time. */
#include "kernels/ops/loss_lanes.h"
#include "kernels/ops/ops.h"
#include "kernels/simd/vmath.h"

static v16 largest(int classes, const float *z)
{
    v16 top = v16_load(z);
    for (int k = 1; k < classes; k++)
        top = v16_max(v16_load(z + k * LANES), top);
    return top;
}

/* Of the classes so far; shifted = z - max z. */
struct class_sums {
    v16 total, all; /* of exp(shifted), shifted */
};

INLINE void add_class(struct class_sums *s, v16 shifted, v16 e, float smoothing)
{
    s->total = v16_add(s->total, e);
    if (smoothing > 0)
        s->all = v16_add(s->all, shifted);
}

/* The sums of all classes, two of whose exponentials are computed side by side; e, where not NULL, gets those. */
INLINE struct class_sums sum_classes(int classes, const float *z, v16 top, float smoothing, float *e)
{
    struct class_sums s = {v16_zero(), v16_zero()};
    int k = 0;
    for (; k + 1 < classes; k += 2) {
        v16 first = v16_sub(v16_load(z + k * LANES), top), second = v16_sub(v16_load(z + (k + 1) * LANES), top);
        v16 e_first = v16_exp_below(first), e_second = v16_exp_below(second);
        add_class(&s, first, e_first, smoothing);
        add_class(&s, second, e_second, smoothing);
        if (e) {
            v16_store(e + k * LANES, e_first);
            v16_store(e + (k + 1) * LANES, e_second);
        }
    }
    if (k < classes) {
        v16 shifted = v16_sub(v16_load(z + k * LANES), top), last = v16_exp_below(shifted);
        add_class(&s, shifted, last, smoothing);
        if (e)
            v16_store(e + k * LANES, last);
    }
    return s;
}

/* right[l] = z of the class label[l]; 0 from `live` on. */
static void right_class(const float *z, const int32_t *label, int live, float right[LANES])
{
    for (int l = 0; l < LANES; l++)
        right[l] = l < live ? z[(ptrdiff_t)label[l] * LANES + l] : 0.0f;
}

/* Blocks of samples that take each step together: what one waits for, another one is computed in. */
#define BLOCKS 8
struct block_strip {
    int n, live[BLOCKS];
    v16 top[BLOCKS];
    struct class_sums sums[BLOCKS];
    float right[BLOCKS][LANES] __attribute__((aligned(64)));
};

/* loss = log total - (1 - smoothing) shifted[label] - smoothing / classes * sum of shifted */
INLINE v16 loss_of(const struct block_strip *s, int b, int classes, float smoothing)
{
    v16 right = v16_sub(v16_load(s->right[b]), s->top[b]);
    v16 loss = v16_fma(v16_set1(smoothing - 1.0f), right, v16_log(s->sums[b].total));
    return smoothing > 0 ? v16_fma(v16_set1(-smoothing / (float)classes), s->sums[b].all, loss) : loss;
}

/* Of the exponentials e, which may be prob or dz. */
INLINE void block_gradient(int classes, const float *e, v16 total, w16 label, m16 live, float smoothing, float scale,
                           float *prob, float *dz)
{
    v16 inverse = v16_div(v16_set1(1.0f), total), s = v16_set1(scale);
    v16 off = v16_set1(smoothing / (float)classes), on = v16_set1(1.0f - smoothing + smoothing / (float)classes);
    for (int k = 0; k < classes; k++) {
        v16 p = v16_mul(v16_load(e + k * LANES), inverse);
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
    const size_t each = (size_t)classes * LANES;
    float *e = prob ? prob : dz;
    struct block_strip s;
    for (; n > 0; n -= BLOCKS * LANES, label += BLOCKS * LANES, loss += BLOCKS * LANES, z += BLOCKS * each) {
        s.n = blocks_of(n) < BLOCKS ? blocks_of(n) : BLOCKS;
        for (int b = 0; b < s.n; b++) {
            s.live[b] = live_lanes(n, b);
            right_class(z + (size_t)b * each, label + b * LANES, s.live[b], s.right[b]);
            s.top[b] = largest(classes, z + (size_t)b * each);
            s.sums[b] =
                sum_classes(classes, z + (size_t)b * each, s.top[b], smoothing, e ? e + (size_t)b * each : NULL);
        }
        for (int b = 0; b < s.n; b++)
            store_live(loss + b * LANES, loss_of(&s, b, classes, smoothing), s.live[b]);
        for (int b = 0; b < s.n && e; b++)
            block_gradient(classes, e + (size_t)b * each, s.sums[b].total, label_vector(label + b * LANES, s.live[b]),
                           m16_first(s.live[b]), smoothing, scale, prob ? prob + (size_t)b * each : NULL,
                           dz ? dz + (size_t)b * each : NULL);
        e = e ? e + BLOCKS * each : NULL;
        prob = prob ? prob + BLOCKS * each : NULL;
        dz = dz ? dz + BLOCKS * each : NULL;
    }
}

/* ---- numbers beside their targets ---- */

struct number_loss {
    v16 value, slope;
};

INLINE struct number_loss squared(v16 z, v16 target, v16 delta)
{
    (void)delta;
    v16 d = v16_sub(z, target);
    return (struct number_loss){v16_mul(d, d), v16_add(d, d)};
}

INLINE v16 at_most(v16 d, v16 limit)
{
    return v16_max(v16_sub(v16_zero(), limit), v16_min(limit, d));
}

/* Far from 0 the product is infinite or beyond 1, so that it is cut to the sign; at 0 it is 0. */
INLINE struct number_loss absolute(v16 z, v16 target, v16 delta)
{
    (void)delta;
    v16 d = v16_sub(z, target);
    v16 huge = v16_set1(0x1p126f), one = v16_set1(1.0f);
    return (struct number_loss){v16_abs(d), at_most(v16_mul(v16_mul(d, huge), huge), one)};
}

/* With c = d cut to [-delta, delta]: c (d - c / 2) is both branches. */
INLINE struct number_loss huber(v16 z, v16 target, v16 delta)
{
    v16 d = v16_sub(z, target), c = at_most(d, delta);
    return (struct number_loss){v16_mul(c, v16_fma(v16_set1(-0.5f), c, d)), c};
}

/* The cross-entropy of sigmoid(z), without overflow. */
INLINE struct number_loss logit(v16 z, v16 target, v16 delta)
{
    (void)delta;
    v16 tail = v16_exp_below(v16_sub(v16_zero(), v16_abs(z))),
        above = v16_sub(v16_max(v16_zero(), z), v16_mul(z, target));
    return (struct number_loss){v16_add(above, v16_log(v16_add(v16_set1(1.0f), tail))),
                                v16_sub(v16_sigmoid(z), target)};
}

INLINE void number_losses(int n, int outputs, const float *z, const float *target, float delta, float scale,
                          float *loss, float *dz, struct number_loss (*of)(v16 z, v16 target, v16 delta))
{
    v16 limit = v16_set1(delta), share = v16_set1(scale / (float)outputs), each = v16_set1((float)outputs);
    for (int b = 0; b * LANES < n; b++) {
        int live = live_lanes(n, b);
        m16 alive = m16_first(live);
        size_t at = (size_t)b * (size_t)outputs * LANES;
        v16 sum = v16_zero();
        for (int k = 0; k < outputs; k++) {
            size_t i = at + (size_t)k * LANES;
            struct number_loss x = of(v16_load(z + i), v16_load(target + i), limit);
            sum = v16_add(sum, x.value);
            if (dz)
                v16_store(dz + i, v16_keep(alive, v16_mul(share, x.slope)));
        }
        store_live(loss + b * LANES, v16_div(sum, each), live);
    }
}

void EXPORT(mse_loss)(int n, int outputs, const float *z, const float *target, float scale, float *loss, float *dz)
{
    number_losses(n, outputs, z, target, 0, scale, loss, dz, squared);
}

void EXPORT(mae_loss)(int n, int outputs, const float *z, const float *target, float scale, float *loss, float *dz)
{
    number_losses(n, outputs, z, target, 0, scale, loss, dz, absolute);
}

void EXPORT(huber_loss)(int n, int outputs, float delta, const float *z, const float *target, float scale, float *loss,
                        float *dz)
{
    number_losses(n, outputs, z, target, delta, scale, loss, dz, huber);
}

void EXPORT(bce_target_loss)(int n, int outputs, const float *z, const float *target, float scale, float *loss,
                             float *dz)
{
    number_losses(n, outputs, z, target, 0, scale, loss, dz, logit);
}
