/* norm.c - batch normalization (Ioffe & Szegedy 2015, arXiv:1502.03167). A row is the w vectors of one channel in one
 * image row; rows add up in float lanes, and those in doubles, one per lane. */
#include "kernels/impl/impl.h"

/* The k-th row of channel ch in block b is at x + row_at(...). */
static size_t row_at(int c, int h, int w, int b, int k, int ch)
{
    return (((size_t)b * (size_t)h + (size_t)k) * (size_t)c + (size_t)ch) * (size_t)w * LANES;
}

static double sum_of_row_lanes(int c, int h, int w, int b, int ch, int live, const float *x)
{
    d16 sum = d16_zero();
    for (int k = 0; k < h; k++) {
        const float *p = x + row_at(c, h, w, b, k, ch);
        v16 s = v16_load(p);
        for (int i = 1; i < w; i++)
            s = v16_add(s, v16_load(p + i * LANES));
        sum = d16_add(sum, s);
    }
    return d16_sum(sum, live);
}

/* Sums of x - about and of its square. */
static void sums_about(int c, int h, int w, int b, int ch, int live, const float *x, float about, double out[2])
{
    d16 sum = d16_zero(), squares = d16_zero();
    v16 m = v16_set1(about);
    for (int k = 0; k < h; k++) {
        const float *p = x + row_at(c, h, w, b, k, ch);
        v16 s = v16_zero(), q = v16_zero();
        for (int i = 0; i < w; i++) {
            v16 v = v16_sub(v16_load(p + i * LANES), m);
            s = v16_add(s, v);
            q = v16_fma(v, v, q);
        }
        sum = d16_add(sum, s);
        squares = d16_add(squares, q);
    }
    out[0] = d16_sum(sum, live);
    out[1] = d16_sum(squares, live);
}

/* Each block about its own mean while it is in the cache, blocks merged by the rule of Chan, Golub & LeVeque,
 * "Algorithms for computing the sample variance", The American Statistician 37, 1983. */
void EXPORT(bn_stats)(int c, int h, int w, int n, const float *x, float *mean, float *var)
{
    int blocks = (n + LANES - 1) / LANES;
    for (int ch = 0; ch < c; ch++) {
        double count = 0, centre = 0, squares = 0;
        for (int b = 0; b < blocks; b++) {
            int live = live_lanes(n, b);
            double more = (double)live * h * w, s[2];
            float about = (float)(sum_of_row_lanes(c, h, w, b, ch, live, x) / more);
            sums_about(c, h, w, b, ch, live, x, about, s);
            double off = s[0] / more, delta = (double)about + off - centre;
            squares += s[1] - s[0] * off + delta * delta * (count * more / (count + more));
            centre += delta * (more / (count + more));
            count += more;
        }
        mean[ch] = (float)centre;
        var[ch] = squares > 0 || squares != squares ? (float)(squares / count) : 0.0f;
    }
}

void EXPORT(bn_apply)(int c, int h, int w, int blocks, const float *x, const float *scale, const float *shift, float *y)
{
    for (int k = 0; k < blocks * h; k++)
        for (int ch = 0; ch < c; ch++) {
            v16 a = v16_set1(scale[ch]), s = v16_set1(shift[ch]);
            size_t at = row_at(c, h, w, 0, k, ch);
            for (int i = 0; i < w; i++)
                v16_store(y + at + i * LANES, v16_fma(v16_load(x + at + i * LANES), a, s));
        }
}

void EXPORT(bn_backward_stats)(int c, int h, int w, int n, const float *x, const float *dy, const float *mean,
                               const float *invstd, float *sum_dy, float *sum_dyx)
{
    int blocks = (n + LANES - 1) / LANES;
    for (int ch = 0; ch < c; ch++) {
        v16 m = v16_set1(mean[ch]);
        double total = 0, total_x = 0;
        for (int b = 0; b < blocks; b++) {
            d16 sum = d16_zero(), sum_x = d16_zero();
            for (int k = 0; k < h; k++) {
                size_t at = row_at(c, h, w, b, k, ch);
                v16 s = v16_zero(), t = v16_zero();
                for (int i = 0; i < w; i++) {
                    v16 g = v16_load(dy + at + i * LANES);
                    s = v16_add(s, g);
                    t = v16_fma(g, v16_sub(v16_load(x + at + i * LANES), m), t);
                }
                sum = d16_add(sum, s);
                sum_x = d16_add(sum_x, t);
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
    int blocks = (n + LANES - 1) / LANES;
    for (int k = 0; k < blocks * h; k++) {
        int live = live_lanes(n, k / h);
        m16 mask = m16_first(live);
        for (int ch = 0; ch < c; ch++) {
            v16 va = v16_set1(a[ch]), vp = v16_set1(p[ch]), vq = v16_set1(q[ch]);
            size_t at = row_at(c, h, w, 0, k, ch);
            for (int i = 0; i < w; i++, at += LANES) {
                v16 r = v16_fma(va, v16_load(dy + at), v16_fma(vp, v16_load(x + at), vq));
                v16_store(dx + at, v16_keep(mask, r));
            }
        }
    }
}
