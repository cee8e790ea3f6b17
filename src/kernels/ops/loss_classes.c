/* loss_classes.c - losses of classes beside cross-entropy, 16 samples at a time. */
#include "kernels/ops/loss_lanes.h"
#include "kernels/ops/ops.h"
#include "kernels/simd/vmath.h"

/* ---- focal: -(1 - p)^gamma log p, p the share of the right class ---- */

/* a^gamma, 0 <= a <= 1 */
INLINE v16 share_power(v16 a, float gamma)
{
    v16 power = v16_exp(v16_mul(v16_set1(gamma), v16_log(a)));
    return gamma == 0 ? v16_set1(1.0f) : v16_select(v16_gt(a, v16_zero()), power, v16_zero());
}

/* With q = 1 - p and l = log p: dloss/dz_k = (q^gamma - gamma p l q^(gamma-1)) (p_k - [k is right]). */
static void focal_block(int classes, float gamma, const float *z, w16 label, int live, float scale, float *loss,
                        float *dz)
{
    v16 top = v16_load(z), total = v16_zero(), right = v16_zero();
    for (int k = 1; k < classes; k++)
        top = v16_max(v16_load(z + k * LANES), top);
    for (int k = 0; k < classes; k++) {
        v16 shifted = v16_sub(v16_load(z + k * LANES), top);
        total = v16_add(total, v16_exp_below(shifted));
        right = v16_add(right, v16_keep(w16_eq(label, w16_set1((uint32_t)k)), shifted));
    }
    v16 one = v16_set1(1.0f), l = v16_sub(right, v16_log(total)), p = v16_div(v16_exp_below(right), total);
    v16 q = v16_zero(), inverse = v16_div(one, total);
    for (int k = 0; k < classes; k++) /* not 1 - p, which has few digits when p is near 1 */
        q = v16_add(q, v16_select(w16_eq(label, w16_set1((uint32_t)k)), v16_zero(),
                                  v16_mul(v16_exp_below(v16_sub(v16_load(z + k * LANES), top)), inverse)));
    q = v16_min(one, q);
    v16 weight = share_power(q, gamma);
    store_live(loss, v16_mul(weight, v16_sub(v16_zero(), l)), live);
    if (!dz)
        return;
    v16 lower = gamma >= 1 ? share_power(q, gamma - 1) : v16_div(weight, v16_max(q, v16_set1(0x1p-100f)));
    v16 by = v16_sub(weight, v16_mul(v16_mul(v16_set1(gamma), v16_mul(p, l)), lower));
    by = v16_mul(by, v16_set1(scale));
    for (int k = 0; k < classes; k++) {
        m16 hit = w16_eq(label, w16_set1((uint32_t)k));
        v16 share = v16_mul(v16_exp_below(v16_sub(v16_load(z + k * LANES), top)), inverse);
        v16 off = v16_select(hit, v16_sub(v16_zero(), q), share);
        v16_store(dz + k * LANES, v16_keep(m16_first(live), v16_mul(by, off)));
    }
}

void EXPORT(focal_loss)(int n, int classes, float gamma, const float *z, const int32_t *label, float scale, float *loss,
                        float *dz)
{
    for (int b = 0; b * LANES < n; b++) {
        size_t at = (size_t)b * (size_t)classes * LANES;
        int live = live_lanes(n, b);
        focal_block(classes, gamma, z + at, label_vector(label + b * LANES, live), live, scale, loss + b * LANES,
                    dz ? dz + at : NULL);
    }
}

/* ---- hinge: the mean over the classes of max(0, 1 - z_right + z_k), k not right ---- */

static void hinge_block(int classes, const float *z, w16 label, int live, float scale, float *loss, float *dz)
{
    v16 right = v16_zero(), sum = v16_zero(), count = v16_zero(), one = v16_set1(1.0f);
    v16 share = v16_set1(1.0f / (float)classes), step = v16_set1(scale / (float)classes);
    for (int k = 0; k < classes; k++)
        right = v16_add(right, v16_keep(w16_eq(label, w16_set1((uint32_t)k)), v16_load(z + k * LANES)));
    for (int k = 0; k < classes; k++) {
        m16 other = m16_less(m16_all(), w16_eq(label, w16_set1((uint32_t)k)));
        v16 margin = v16_add(v16_sub(one, right), v16_load(z + k * LANES));
        m16 counts = m16_and(other, v16_gt(margin, v16_zero()));
        sum = v16_add(sum, v16_select(m16_or(counts, v16_nan(margin)), margin, v16_zero()));
        count = v16_add(count, v16_keep(counts, one));
        if (dz)
            v16_store(dz + k * LANES, v16_keep(m16_and(counts, m16_first(live)), step));
    }
    store_live(loss, v16_mul(sum, share), live);
    for (int k = 0; dz && k < classes; k++) {
        m16 hit = m16_and(w16_eq(label, w16_set1((uint32_t)k)), m16_first(live));
        v16 down = v16_mul(v16_sub(v16_zero(), step), count);
        v16_store(dz + k * LANES, v16_select(hit, down, v16_load(dz + k * LANES)));
    }
}

void EXPORT(hinge_loss)(int n, int classes, const float *z, const int32_t *label, float scale, float *loss, float *dz)
{
    for (int b = 0; b * LANES < n; b++) {
        size_t at = (size_t)b * (size_t)classes * LANES;
        int live = live_lanes(n, b);
        hinge_block(classes, z + at, label_vector(label + b * LANES, live), live, scale, loss + b * LANES,
                    dz ? dz + at : NULL);
    }
}

/* ---- bce: the mean over the classes of log(1 + exp(-z)) for the right one and log(1 + exp(z)) for the others ---- */

static void bce_block(int classes, const float *z, w16 label, int live, float smoothing, float scale, float *loss,
                      float *dz)
{
    v16 sum = v16_zero(), one = v16_set1(1.0f), step = v16_set1(scale / (float)classes);
    v16 off = v16_set1(smoothing / (float)classes), on = v16_set1(1.0f - smoothing + smoothing / (float)classes);
    for (int k = 0; k < classes; k++) {
        v16 v = v16_load(z + k * LANES);
        v16 target = v16_select(w16_eq(label, w16_set1((uint32_t)k)), on, off);
        v16 tail = v16_log(v16_add(one, v16_exp_below(v16_sub(v16_zero(), v16_abs(v)))));
        sum = v16_add(sum, v16_add(v16_sub(v16_max(v16_zero(), v), v16_mul(v, target)), tail));
        if (dz)
            v16_store(dz + k * LANES, v16_keep(m16_first(live), v16_mul(step, v16_sub(v16_sigmoid(v), target))));
    }
    store_live(loss, v16_mul(sum, v16_set1(1.0f / (float)classes)), live);
}

void EXPORT(bce_loss)(int n, int classes, const float *z, const int32_t *label, float smoothing, float scale,
                      float *loss, float *dz)
{
    for (int b = 0; b * LANES < n; b++) {
        size_t at = (size_t)b * (size_t)classes * LANES;
        int live = live_lanes(n, b);
        bce_block(classes, z + at, label_vector(label + b * LANES, live), live, smoothing, scale, loss + b * LANES,
                  dz ? dz + at : NULL);
    }
}
