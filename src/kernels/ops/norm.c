/* norm.c - batch normalization (Ioffe & Szegedy 2015, arXiv:1502.03167). A row is the w vectors of one channel in one
 * image row; rows add up in float lanes, and those in doubles, one per lane. */
#include "kernels/ops/ops.h"

/* The k-th row of channel ch in block b is at x + norm_row_at(...). */
static size_t norm_row_at(int c, int h, int w, int b, int k, int ch)
{
    return (((size_t)b * (size_t)h + (size_t)k) * (size_t)c + (size_t)ch) * (size_t)w * LANES;
}

/* A vector, rounded to bf16 where `bf16` says so. */
INLINE v16 number(int bf16, const float *x)
{
    v16 v = v16_load(x);
    return bf16 ? v16_bf16_round(v) : v;
}

/* The mean of a row, rounded: near enough to the mean of the block that nothing cancels in sums about it. In double, so
 * that it is x exactly where all are the same. */
INLINE float mean_of_row(int bf16, int w, int live, const float *x)
{
    d16 sum = d16_zero();
    for (int i = 0; i < w; i++)
        sum = d16_add(sum, number(bf16, x + i * LANES));
    return (float)(d16_sum(sum, live) / ((double)live * w));
}

/* Sums over a row: of even and of odd columns, then both. */
struct row_sums {
    v16 s, q;
};

INLINE void deviations(v16 x, v16 about, struct row_sums *t)
{
    v16 v = v16_sub(x, about);
    t->s = v16_add(t->s, v);
    t->q = v16_fma(v, v, t->q);
}

/* A vector; where y is not NULL, as it is stored there in bf16. */
INLINE v16 passed_on(const float *x, uint16_t *y, int i)
{
    v16 v = v16_load(x + i * LANES);
    if (!y)
        return v;
    w16 r = v16_bf16(v);
    w16_store_high(y + i * LANES, r);
    return v16_bf16_value(r);
}

/* Adds a row up, about m. */
INLINE void deviations_of_row(int w, v16 m, const float *x, uint16_t *y, d16 *sum, d16 *squares)
{
    struct row_sums a = {v16_zero(), v16_zero()}, b = a;
    int i = 0;
    for (; i + 1 < w; i += 2) {
        deviations(passed_on(x, y, i), m, &a);
        deviations(passed_on(x, y, i + 1), m, &b);
    }
    if (i < w)
        deviations(passed_on(x, y, i), m, &a);
    *sum = d16_add(*sum, v16_add(a.s, b.s));
    *squares = d16_add(*squares, v16_add(a.q, b.q));
}

static struct moments moments_from(double n, int live, float about, d16 sum, d16 squares)
{
    double s = d16_sum(sum, live), off = s / n;
    return (struct moments){n, (double)about + off, d16_sum(squares, live) - s * off};
}

static struct moments moments_of(int c, int h, int w, int live, const float *x)
{
    float about = mean_of_row(0, w, live, x);
    d16 sum = d16_zero(), squares = d16_zero();
    v16 m = v16_set1(about);
    for (int k = 0; k < h; k++, x += (ptrdiff_t)c * w * LANES)
        deviations_of_row(w, m, x, NULL, &sum, &squares);
    return moments_from((double)live * h * w, live, about, sum, squares);
}

/* y: NULL, or where x goes in bf16; a constant. */
INLINE void moments_of_rows(int bf16, int c, int w, int rows, int live, int first, const float *x, uint16_t *y,
                            float *about, d16 *sums)
{
    for (int ch = 0; first && ch < c; ch++) {
        about[ch] = mean_of_row(bf16, w, live, x + (ptrdiff_t)ch * w * LANES);
        sums[2 * ch] = sums[2 * ch + 1] = d16_zero();
    }
    for (int k = 0; k < rows; k++)
        for (int ch = 0; ch < c; ch++, x += w * LANES, y += bf16 ? w * LANES : 0)
            deviations_of_row(w, v16_set1(about[ch]), x, bf16 ? y : NULL, &sums[2 * ch], &sums[2 * ch + 1]);
}

void EXPORT(bn_moments)(int c, int w, int rows, int live, int first, const float *x, float *about, double *lanes)
{
    moments_of_rows(0, c, w, rows, live, first, x, NULL, about, (d16 *)(void *)lanes);
}

void EXPORT(bn_moments_bf16)(int c, int w, int rows, int live, int first, const float *x, uint16_t *y, float *about,
                             double *lanes)
{
    moments_of_rows(1, c, w, rows, live, first, x, y, about, (d16 *)(void *)lanes);
}

void EXPORT(bn_moments_end)(int c, int w, int rows, int live, const float *about, const double *lanes,
                            struct moments *out)
{
    const d16 *sums = (const d16 *)(const void *)lanes;
    for (int ch = 0; ch < c; ch++)
        out[ch] = moments_from((double)live * rows * w, live, about[ch], sums[2 * ch], sums[2 * ch + 1]);
}

void EXPORT(bn_stats)(int c, int h, int w, int n, const float *x, float *mean, float *var)
{
    int blocks = blocks_of(n);
    for (int ch = 0; ch < c; ch++) {
        struct moments total = {0, 0, 0};
        for (int b = 0; b < blocks; b++) {
            struct moments m = moments_of(c, h, w, live_lanes(n, b), x + norm_row_at(c, h, w, b, 0, ch));
            moments_merge(&total, &m);
        }
        mean[ch] = (float)total.mean;
        var[ch] = (float)moments_variance(&total);
    }
}

void EXPORT(bn_apply)(int c, int h, int w, int blocks, const float *x, const float *scale, const float *shift, float *y)
{
    for (int k = 0; k < blocks * h; k++)
        for (int ch = 0; ch < c; ch++) {
            v16 a = v16_set1(scale[ch]), s = v16_set1(shift[ch]);
            size_t at = norm_row_at(c, h, w, 0, k, ch);
            for (int i = 0; i < w; i++)
                v16_store(y + at + i * LANES, v16_fma(v16_load(x + at + i * LANES), a, s));
        }
}

INLINE void products(const float *x, const float *dy, v16 mean, struct row_sums *t)
{
    v16 g = v16_load(dy);
    t->s = v16_add(t->s, g);
    t->q = v16_fma(g, v16_sub(v16_load(x), mean), t->q);
}

INLINE struct row_sums products_of_row(int w, const float *x, const float *dy, v16 mean)
{
    struct row_sums a = {v16_zero(), v16_zero()}, b = a;
    int i = 0;
    for (; i + 1 < w; i += 2) {
        products(x + i * LANES, dy + i * LANES, mean, &a);
        products(x + (i + 1) * LANES, dy + (i + 1) * LANES, mean, &b);
    }
    if (i < w)
        products(x + i * LANES, dy + i * LANES, mean, &a);
    return (struct row_sums){v16_add(a.s, b.s), v16_add(a.q, b.q)};
}

void EXPORT(bn_backward_stats)(int c, int h, int w, int n, const float *x, const float *dy, const float *mean,
                               const float *invstd, float *sum_dy, float *sum_dyx)
{
    int blocks = blocks_of(n);
    for (int ch = 0; ch < c; ch++) {
        v16 m = v16_set1(mean[ch]);
        double total = 0, total_x = 0;
        for (int b = 0; b < blocks; b++) {
            d16 sum = d16_zero(), sum_x = d16_zero();
            for (int k = 0; k < h; k++) {
                size_t at = norm_row_at(c, h, w, b, k, ch);
                struct row_sums t = products_of_row(w, x + at, dy + at, m);
                sum = d16_add(sum, t.s);
                sum_x = d16_add(sum_x, t.q);
            }
            total += d16_sum(sum, live_lanes(n, b));
            total_x += d16_sum(sum_x, live_lanes(n, b));
        }
        sum_dy[ch] = (float)total;
        sum_dyx[ch] = (float)(total_x * (double)invstd[ch]);
    }
}

void EXPORT(bn_backward)(int c, int h, int w, int n, const float *x, const float *dy, const float *a, const float *p,
                         const float *q, float *dx)
{
    int blocks = blocks_of(n);
    for (int k = 0; k < blocks * h; k++) {
        int live = live_lanes(n, k / h);
        m16 mask = m16_first(live);
        for (int ch = 0; ch < c; ch++) {
            v16 va = v16_set1(a[ch]), vp = v16_set1(p[ch]), vq = v16_set1(q[ch]);
            size_t at = norm_row_at(c, h, w, 0, k, ch);
            for (int i = 0; i < w; i++, at += LANES) {
                prefetch_read(x + at);
                prefetch_read(dy + at);
                prefetch_written(dx + at);
                v16 r = v16_fma(va, v16_load(dy + at), v16_fma(vp, v16_load(x + at), vq));
                v16_store(dx + at, v16_keep(mask, r));
            }
        }
    }
}
