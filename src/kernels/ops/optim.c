/* optim.c - parameter updates, in PyTorch's order of operations, and the norm that gradient clipping needs. */
#include "kernels/ops/ops.h"

#define FOR_EACH(len) for (size_t i = 0; i < (len); i += LANES)

/* gscale g + wd w */
INLINE v16 decayed(v16 gscale, const float *g, v16 wd, v16 w)
{
    return v16_fma(wd, w, v16_mul(gscale, v16_load(g)));
}

void EXPORT(sgd_step)(size_t len, float lr, float momentum, int nesterov, int first, float wd, float gscale,
                      const float *g, float *w, float *m)
{
    v16 down = v16_set1(-lr), mu = v16_set1(momentum), decay = v16_set1(wd), gs = v16_set1(gscale);
    FOR_EACH(len)
    {
        v16 weight = v16_load(w + i), grad = decayed(gs, g + i, decay, weight), step = grad;
        if (m) {
            v16 v = first ? grad : v16_fma(mu, v16_load(m + i), grad);
            v16_store(m + i, v);
            step = nesterov ? v16_fma(mu, v, grad) : v;
        }
        v16_store(w + i, v16_fma(down, step, weight));
    }
}

void EXPORT(rmsprop_step)(size_t len, float lr, double alpha, float momentum, float eps, float wd, float gscale,
                          const float *g, float *w, float *v, float *m)
{
    v16 down = v16_set1(-lr), keep = v16_set1((float)alpha), take = v16_set1((float)(1 - alpha)), e = v16_set1(eps);
    v16 mu = v16_set1(momentum), decay = v16_set1(wd), gs = v16_set1(gscale);
    FOR_EACH(len)
    {
        v16 weight = v16_load(w + i), grad = decayed(gs, g + i, decay, weight);
        v16 square = v16_fma(v16_mul(take, grad), grad, v16_mul(keep, v16_load(v + i)));
        v16_store(v + i, square);
        v16 step = v16_div(grad, v16_add(v16_sqrt(square), e));
        if (m) {
            step = v16_fma(mu, v16_load(m + i), step);
            v16_store(m + i, step);
        }
        v16_store(w + i, v16_fma(down, step, weight));
    }
}

void EXPORT(adam_step)(size_t len, float lr, double beta1, double beta2, float eps, float c1, float c2, int decoupled,
                       float wd, float gscale, const float *g, float *w, float *m, float *v)
{
    v16 b1 = v16_set1((float)beta1), t1 = v16_set1((float)(1 - beta1)), b2 = v16_set1((float)beta2);
    v16 t2 = v16_set1((float)(1 - beta2)), root = v16_set1(sqrtf(c2)), e = v16_set1(eps), down = v16_set1(-lr / c1);
    v16 decay = v16_set1(decoupled ? 0.0f : wd), shrink = v16_set1(1.0f - lr * wd), gs = v16_set1(gscale);
    FOR_EACH(len)
    {
        v16 weight = v16_load(w + i), grad = decayed(gs, g + i, decay, weight);
        if (decoupled)
            weight = v16_mul(weight, shrink);
        v16 mean = v16_fma(t1, grad, v16_mul(b1, v16_load(m + i)));
        v16 square = v16_fma(v16_mul(t2, grad), grad, v16_mul(b2, v16_load(v + i)));
        v16_store(m + i, mean);
        v16_store(v + i, square);
        v16 step = v16_div(mean, v16_add(v16_div(v16_sqrt(square), root), e));
        v16_store(w + i, v16_fma(down, step, weight));
    }
}

void EXPORT(adagrad_step)(size_t len, float lr, float eps, float wd, float gscale, const float *g, float *w, float *s)
{
    v16 down = v16_set1(-lr), e = v16_set1(eps), decay = v16_set1(wd), gs = v16_set1(gscale);
    FOR_EACH(len)
    {
        v16 weight = v16_load(w + i), grad = decayed(gs, g + i, decay, weight);
        v16 sum = v16_fma(grad, grad, v16_load(s + i));
        v16_store(s + i, sum);
        v16_store(w + i, v16_fma(down, v16_div(grad, v16_add(v16_sqrt(sum), e)), weight));
    }
}

void EXPORT(adadelta_step)(size_t len, float lr, double rho, float eps, float wd, float gscale, const float *g,
                           float *w, float *s, float *d)
{
    v16 down = v16_set1(-lr), keep = v16_set1((float)rho), take = v16_set1((float)(1 - rho)), e = v16_set1(eps);
    v16 decay = v16_set1(wd), gs = v16_set1(gscale);
    FOR_EACH(len)
    {
        v16 weight = v16_load(w + i), grad = decayed(gs, g + i, decay, weight), before = v16_load(d + i);
        v16 square = v16_fma(v16_mul(take, grad), grad, v16_mul(keep, v16_load(s + i)));
        v16 step = v16_mul(grad, v16_div(v16_sqrt(v16_add(before, e)), v16_sqrt(v16_add(square, e))));
        v16_store(s + i, square);
        v16_store(d + i, v16_fma(v16_mul(take, step), step, v16_mul(keep, before)));
        v16_store(w + i, v16_fma(down, step, weight));
    }
}

/* 1, 0 or -1. */
INLINE v16 sign_of(v16 x)
{
    m16 some = m16_or(v16_gt(x, v16_zero()), v16_gt(v16_zero(), x));
    return v16_keep(some, v16_with_sign(v16_set1(1.0f), x));
}

void EXPORT(l1_gradient)(size_t len, float l1, const float *w, float *g)
{
    v16 pull = v16_set1(l1);
    FOR_EACH(len) v16_store(g + i, v16_fma(pull, sign_of(v16_load(w + i)), v16_load(g + i)));
}

void EXPORT(clip_values)(size_t len, float limit, float *g)
{
    v16 most = v16_set1(limit), least = v16_set1(-limit);
    FOR_EACH(len) v16_store(g + i, v16_max(least, v16_min(most, v16_load(g + i))));
}

void EXPORT(lion_step)(size_t len, float lr, double beta1, double beta2, float wd, float gscale, const float *g,
                       float *w, float *m)
{
    v16 b1 = v16_set1((float)beta1), t1 = v16_set1((float)(1 - beta1)), b2 = v16_set1((float)beta2);
    v16 t2 = v16_set1((float)(1 - beta2)), down = v16_set1(-lr), shrink = v16_set1(1.0f - lr * wd);
    v16 gs = v16_set1(gscale);
    FOR_EACH(len)
    {
        v16 grad = v16_mul(gs, v16_load(g + i)), mean = v16_load(m + i);
        v16 way = sign_of(v16_fma(t1, grad, v16_mul(b1, mean)));
        v16_store(w + i, v16_fma(down, way, v16_mul(v16_load(w + i), shrink)));
        v16_store(m + i, v16_fma(t2, grad, v16_mul(b2, mean)));
    }
}

void EXPORT(moment_step)(size_t len, const struct moment_rule *r, float gscale, const float *g, float *w, float *m,
                         float *v, float *step)
{
    v16 b1 = v16_set1((float)r->beta1), t1 = v16_set1((float)(1 - r->beta1)), b2 = v16_set1((float)r->beta2);
    v16 t2 = v16_set1((float)(1 - r->beta2)), root = v16_set1(r->root), e = v16_set1(r->eps);
    v16 by_g = v16_set1(r->by_g), by_m = v16_set1(r->by_m), wd = v16_set1(r->wd), decay = v16_set1(r->decay);
    v16 gs = v16_set1(gscale);
    FOR_EACH(len)
    {
        v16 weight = v16_load(w + i), grad = decayed(gs, g + i, wd, weight);
        v16 mean = v16_fma(t1, grad, v16_mul(b1, v16_load(m + i)));
        v16 square = v16_fma(v16_mul(t2, grad), grad, v16_mul(b2, v16_load(v + i)));
        v16_store(m + i, mean);
        v16_store(v + i, square);
        v16 way = v16_div(v16_fma(by_m, mean, v16_mul(by_g, grad)), v16_fma(root, v16_sqrt(square), e));
        way = v16_fma(decay, weight, way);
        v16_store(step ? step + i : w + i, step ? way : v16_sub(weight, way));
    }
}

/* Adds the squares of `parts` times PIECE elements to the total: each piece is summed for itself, then the pieces are
 * added in order. Several go at a time, since one alone would wait for each of its additions. */
#define PIECE 4096
#define PARTS 8
INLINE d16 add_squares(int parts, const float *x, d16 total)
{
    v16 part[PARTS];
    UNROLL
    for (int k = 0; k < parts; k++)
        part[k] = v16_zero();
    for (size_t i = 0; i < PIECE; i += LANES) {
        UNROLL
        for (int k = 0; k < parts; k++) {
            v16 t = v16_load(x + (size_t)k * PIECE + i);
            part[k] = v16_fma(t, t, part[k]);
        }
    }
    UNROLL
    for (int k = 0; k < parts; k++)
        total = d16_add(total, part[k]);
    return total;
}

double EXPORT(sum_squares)(size_t len, const float *x)
{
    d16 total = d16_zero();
    size_t i = 0;
    for (; len - i >= PARTS * PIECE; i += PARTS * PIECE)
        total = add_squares(PARTS, x + i, total);
    for (; len - i >= PIECE; i += PIECE)
        total = add_squares(1, x + i, total);
    v16 rest = v16_zero();
    for (; i < len; i += LANES) {
        v16 t = v16_load(x + i);
        rest = v16_fma(t, t, rest);
    }
    return d16_sum(len % PIECE ? d16_add(total, rest) : total, LANES);
}
