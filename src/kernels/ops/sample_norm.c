/* sample_norm.c - normalizations of each sample by itself (layernorm, groupnorm, instancenorm, rmsnorm, logit_norm),
 * and of each value by its neighbours in other channels (lrn). What is normalized together is a set. */
#include "kernels/ops/ops.h"
#include "kernels/simd/vmath.h"

INLINE v16 inverse_deviation(const struct sample_norm *d, v16 variance)
{
    return v16_div(v16_set1(1.0f), v16_sqrt(v16_add(variance, v16_set1(d->eps))));
}

/* What the gradient of a set is made of: dx = invstd (g - of_g - u of_gu) with u = (x - mean) invstd, g = dy gain, and
 * the means of g and g u, where what is not centred has no mean of g. */
struct set_gradient {
    v16 mean, invstd, of_g, of_gu;
};

INLINE v16 through_set(const struct set_gradient *s, v16 x, v16 dy, v16 gain)
{
    v16 u = v16_mul(v16_sub(x, s->mean), s->invstd);
    v16 g = v16_fma(dy, gain, v16_sub(v16_zero(), v16_fma(u, s->of_gu, s->of_g)));
    return v16_mul(s->invstd, g);
}

INLINE void add_to_gain(d16 *sums, size_t gain, v16 of_dy, v16 of_dyu)
{
    sums[2 * gain] = d16_add(sums[2 * gain], of_dy);
    sums[2 * gain + 1] = d16_add(sums[2 * gain + 1], of_dyu);
}

/* ---- sets that are all channels of a position: n columns of a row [c][w][16] at a time ---- */

#define COLUMNS 4

INLINE void norm_columns(const struct sample_norm *d, int n, const float *x, float *stats, float *y)
{
    const ptrdiff_t step = (ptrdiff_t)d->w * LANES;
    const v16 share = v16_set1(1.0f / (float)d->c);
    v16 mean[COLUMNS], square[COLUMNS], invstd[COLUMNS];
    UNROLL
    for (int k = 0; k < n; k++)
        mean[k] = square[k] = v16_zero();
    for (int ch = 0; d->centred && ch < d->c; ch++) {
        UNROLL
        for (int k = 0; k < n; k++)
            mean[k] = v16_add(mean[k], v16_load(x + ch * step + k * LANES));
    }
    UNROLL
    for (int k = 0; k < n; k++)
        mean[k] = v16_mul(mean[k], share);
    for (int ch = 0; ch < d->c; ch++) {
        UNROLL
        for (int k = 0; k < n; k++) {
            v16 v = v16_sub(v16_load(x + ch * step + k * LANES), mean[k]);
            square[k] = v16_fma(v, v, square[k]);
        }
    }
    UNROLL
    for (int k = 0; k < n; k++) {
        invstd[k] = inverse_deviation(d, v16_mul(square[k], share));
        v16_store(stats + (ptrdiff_t)2 * k * LANES, mean[k]);
        v16_store(stats + (ptrdiff_t)(2 * k + 1) * LANES, invstd[k]);
    }
    for (int ch = 0; ch < d->c; ch++) {
        v16 gain = v16_set1(d->gain ? d->gain[ch] : 1.0f), bias = v16_set1(d->bias ? d->bias[ch] : 0.0f);
        UNROLL
        for (int k = 0; k < n; k++) {
            v16 u = v16_mul(v16_sub(v16_load(x + ch * step + k * LANES), mean[k]), invstd[k]);
            v16_store(y + ch * step + k * LANES, v16_fma(u, gain, bias));
        }
    }
}

INLINE void columns_back(const struct sample_norm *d, int n, const float *x, const float *stats, const float *dy,
                         float *dx, d16 *sums)
{
    const ptrdiff_t step = (ptrdiff_t)d->w * LANES;
    const v16 share = v16_set1(1.0f / (float)d->c);
    struct set_gradient s[COLUMNS];
    UNROLL
    for (int k = 0; k < n; k++)
        s[k] = (struct set_gradient){v16_load(stats + (ptrdiff_t)2 * k * LANES),
                                     v16_load(stats + (ptrdiff_t)(2 * k + 1) * LANES), v16_zero(), v16_zero()};
    for (int ch = 0; ch < d->c; ch++) {
        v16 gain = v16_set1(d->gain ? d->gain[ch] : 1.0f), of_dy = v16_zero(), of_dyu = v16_zero();
        UNROLL
        for (int k = 0; k < n; k++) {
            v16 u = v16_mul(v16_sub(v16_load(x + ch * step + k * LANES), s[k].mean), s[k].invstd);
            v16 dy_here = v16_load(dy + ch * step + k * LANES), g = v16_mul(dy_here, gain);
            of_dy = v16_add(of_dy, dy_here);
            of_dyu = v16_fma(dy_here, u, of_dyu);
            s[k].of_g = v16_add(s[k].of_g, g);
            s[k].of_gu = v16_fma(g, u, s[k].of_gu);
        }
        if (sums)
            add_to_gain(sums, (size_t)ch, of_dy, of_dyu);
    }
    UNROLL
    for (int k = 0; k < n; k++) {
        s[k].of_g = d->centred ? v16_mul(s[k].of_g, share) : v16_zero();
        s[k].of_gu = v16_mul(s[k].of_gu, share);
    }
    for (int ch = 0; dx && ch < d->c; ch++) {
        v16 gain = v16_set1(d->gain ? d->gain[ch] : 1.0f);
        UNROLL
        for (int k = 0; k < n; k++) {
            const ptrdiff_t at = ch * step + k * LANES;
            v16_store(dx + at, through_set(&s[k], v16_load(x + at), v16_load(dy + at), gain));
        }
    }
}

static void positions_forward(const struct sample_norm *d, int rows, const float *x, float *stats, float *y)
{
    const ptrdiff_t row = (ptrdiff_t)d->c * d->w * LANES;
    for (int k = 0; k < rows; k++, x += row, y += row, stats += (ptrdiff_t)2 * d->w * LANES) {
        int i = 0;
        for (; i + COLUMNS <= d->w; i += COLUMNS)
            norm_columns(d, COLUMNS, x + i * LANES, stats + (ptrdiff_t)2 * i * LANES, y + i * LANES);
        for (; i < d->w; i++)
            norm_columns(d, 1, x + i * LANES, stats + (ptrdiff_t)2 * i * LANES, y + i * LANES);
    }
}

static void positions_backward(const struct sample_norm *d, int rows, const float *x, const float *stats,
                               const float *dy, float *dx, d16 *sums)
{
    const ptrdiff_t row = (ptrdiff_t)d->c * d->w * LANES;
    for (int k = 0; k < rows; k++, x += row, dy += row, stats += (ptrdiff_t)2 * d->w * LANES) {
        float *to = dx ? dx + k * row : NULL;
        int i = 0;
        for (; i + COLUMNS <= d->w; i += COLUMNS)
            columns_back(d, COLUMNS, x + i * LANES, stats + (ptrdiff_t)2 * i * LANES, dy + i * LANES,
                         to ? to + i * LANES : NULL, sums);
        for (; i < d->w; i++)
            columns_back(d, 1, x + i * LANES, stats + (ptrdiff_t)2 * i * LANES, dy + i * LANES,
                         to ? to + i * LANES : NULL, sums);
    }
}

/* ---- sets that are a group of channels at all positions: in each row a run of vectors, a line for each channel ----
 */

struct group {
    int channels, length; /* length: of a run, in vectors */
    ptrdiff_t row;        /* floats from one run to the next */
    v16 share;            /* 1 / vectors of the set */
};

static struct group group_of_channels(const struct sample_norm *d)
{
    int channels = d->c / d->groups;
    return (struct group){channels, channels * d->w, (ptrdiff_t)d->c * d->w * LANES,
                          v16_set1((float)(1 / ((double)channels * d->w * d->h)))};
}

/* Adds up four vectors at a time, which are merged at the end of a run, and runs in order. */
#define PARTS 4

INLINE v16 merged_parts(const v16 *part)
{
    return v16_add(v16_add(part[0], part[1]), v16_add(part[2], part[3]));
}

/* The mean of x - about, or of its square. */
INLINE v16 group_mean(const struct sample_norm *d, const struct group *g, int squares, v16 about, const float *x)
{
    v16 total = v16_zero();
    for (int k = 0; k < d->h; k++, x += g->row) {
        v16 part[PARTS] = {v16_zero(), v16_zero(), v16_zero(), v16_zero()};
        int i = 0;
        for (; i + PARTS <= g->length; i += PARTS) {
            UNROLL
            for (int j = 0; j < PARTS; j++) {
                v16 v = v16_sub(v16_load(x + (i + j) * LANES), about);
                part[j] = squares ? v16_fma(v, v, part[j]) : v16_add(part[j], v);
            }
        }
        for (; i < g->length; i++) {
            v16 v = v16_sub(v16_load(x + i * LANES), about);
            part[0] = squares ? v16_fma(v, v, part[0]) : v16_add(part[0], v);
        }
        total = v16_add(total, merged_parts(part));
    }
    return v16_mul(total, g->share);
}

/* The number of the gain of a line, or of its first element. */
INLINE size_t gain_of_line(const struct sample_norm *d, int ch, int row)
{
    return d->elementwise ? ((size_t)ch * (size_t)d->h + (size_t)row) * (size_t)d->w : (size_t)ch;
}

/* A line of w vectors of channel ch. */
INLINE void norm_line(const struct sample_norm *d, int ch, int row, v16 mean, v16 invstd, const float *x, float *y)
{
    const size_t at = gain_of_line(d, ch, row);
    for (int j = 0; j < d->w; j++) {
        const size_t w = at + (d->elementwise ? (size_t)j : 0);
        v16 u = v16_mul(v16_sub(v16_load(x + j * LANES), mean), invstd);
        v16_store(y + j * LANES,
                  v16_fma(u, v16_set1(d->gain ? d->gain[w] : 1.0f), v16_set1(d->bias ? d->bias[w] : 0.0f)));
    }
}

static void groups_forward(const struct sample_norm *d, int blocks, const float *x, float *stats, float *y)
{
    const struct group g = group_of_channels(d);
    const ptrdiff_t line = (ptrdiff_t)d->w * LANES;
    for (int b = 0; b < blocks; b++, x += d->h * g.row, y += d->h * g.row)
        for (int set = 0; set < d->groups; set++, stats += 2 * LANES) {
            const ptrdiff_t first = set * g.channels * line;
            v16 mean = d->centred ? group_mean(d, &g, 0, v16_zero(), x + first) : v16_zero();
            v16 invstd = inverse_deviation(d, group_mean(d, &g, 1, mean, x + first));
            v16_store(stats, mean);
            v16_store(stats + LANES, invstd);
            for (int row = 0; row < d->h; row++)
                for (int i = 0; i < g.channels; i++) {
                    const ptrdiff_t at = first + row * g.row + i * line;
                    norm_line(d, set * g.channels + i, row, mean, invstd, x + at, y + at);
                }
        }
}

/* Adds a line up, for the set and for the gains. */
INLINE void add_line(const struct sample_norm *d, int ch, int row, struct set_gradient *s, const float *x,
                     const float *dy, d16 *sums)
{
    const size_t at = gain_of_line(d, ch, row);
    v16 of_dy = v16_zero(), of_dyu = v16_zero();
    for (int j = 0; j < d->w; j++) {
        v16 u = v16_mul(v16_sub(v16_load(x + j * LANES), s->mean), s->invstd), g = v16_load(dy + j * LANES);
        of_dy = v16_add(of_dy, g);
        of_dyu = v16_fma(g, u, of_dyu);
        if (d->elementwise || j == d->w - 1) {
            const size_t w = at + (d->elementwise ? (size_t)j : 0);
            v16 gain = v16_set1(d->gain ? d->gain[w] : 1.0f);
            s->of_g = v16_fma(of_dy, gain, s->of_g);
            s->of_gu = v16_fma(of_dyu, gain, s->of_gu);
            if (sums)
                add_to_gain(sums, w, of_dy, of_dyu);
            of_dy = of_dyu = v16_zero();
        }
    }
}

INLINE void line_back(const struct sample_norm *d, int ch, int row, const struct set_gradient *s, const float *x,
                      const float *dy, float *dx)
{
    const size_t at = gain_of_line(d, ch, row);
    for (int j = 0; j < d->w; j++) {
        v16 gain = v16_set1(d->gain ? d->gain[at + (d->elementwise ? (size_t)j : 0)] : 1.0f);
        v16_store(dx + j * LANES, through_set(s, v16_load(x + j * LANES), v16_load(dy + j * LANES), gain));
    }
}

static void groups_backward(const struct sample_norm *d, int blocks, const float *x, const float *stats,
                            const float *dy, float *dx, d16 *sums)
{
    const struct group g = group_of_channels(d);
    const ptrdiff_t line = (ptrdiff_t)d->w * LANES, block = d->h * g.row;
    for (int b = 0; b < blocks; b++, x += block, dy += block)
        for (int set = 0; set < d->groups; set++, stats += 2 * LANES) {
            struct set_gradient s = {v16_load(stats), v16_load(stats + LANES), v16_zero(), v16_zero()};
            const ptrdiff_t first = set * g.channels * line;
            for (int row = 0; row < d->h; row++)
                for (int i = 0; i < g.channels; i++) {
                    const ptrdiff_t at = first + row * g.row + i * line;
                    add_line(d, set * g.channels + i, row, &s, x + at, dy + at, sums);
                }
            s.of_g = d->centred ? v16_mul(s.of_g, g.share) : v16_zero();
            s.of_gu = v16_mul(s.of_gu, g.share);
            for (int row = 0; dx && row < d->h; row++)
                for (int i = 0; i < g.channels; i++) {
                    const ptrdiff_t at = first + row * g.row + i * line;
                    line_back(d, set * g.channels + i, row, &s, x + at, dy + at, dx + b * block + at);
                }
        }
}

void EXPORT(sample_norm_forward)(const struct sample_norm *d, int blocks, const float *x, float *stats, float *y)
{
    if (d->groups)
        groups_forward(d, blocks, x, stats, y);
    else
        positions_forward(d, blocks * d->h, x, stats, y);
}

void EXPORT(sample_norm_backward)(const struct sample_norm *d, int blocks, const float *x, const float *stats,
                                  const float *dy, float *dx, double *lanes)
{
    if (d->groups)
        groups_backward(d, blocks, x, stats, dy, dx, (d16 *)(void *)lanes);
    else
        positions_backward(d, blocks * d->h, x, stats, dy, dx, (d16 *)(void *)lanes);
}

/* ---- local response normalization ---- */

/* The channels lo..hi-1 whose squares count for channel ch: size of them, as many as fit. */
static void lrn_window(const struct lrn_dims *d, int ch, int *lo, int *hi)
{
    *lo = ch - d->size / 2 > 0 ? ch - d->size / 2 : 0;
    *hi = ch + (d->size - 1) / 2 + 1 < d->c ? ch + (d->size - 1) / 2 + 1 : d->c;
}

/* k + alpha / size times the sum of squares, at a column of a row. */
static v16 lrn_size_at(const struct lrn_dims *d, int ch, const float *column)
{
    v16 sum = v16_zero();
    int lo, hi;
    lrn_window(d, ch, &lo, &hi);
    for (int c = lo; c < hi; c++) {
        v16 v = v16_load(column + (ptrdiff_t)c * d->w * LANES);
        sum = v16_fma(v, v, sum);
    }
    return v16_fma(v16_set1(d->alpha / (float)d->size), sum, v16_set1(d->k));
}

/* size^power, size > 0 */
INLINE v16 power_of(v16 size, float power)
{
    return v16_exp(v16_mul(v16_set1(power), v16_log(size)));
}

void EXPORT(lrn_forward)(const struct lrn_dims *d, int rows, const float *x, float *y)
{
    const ptrdiff_t row = (ptrdiff_t)d->c * d->w * LANES;
    for (int k = 0; k < rows; k++, x += row, y += row)
        for (int ch = 0; ch < d->c; ch++)
            for (int i = 0; i < d->w; i++) {
                const ptrdiff_t at = ((ptrdiff_t)ch * d->w + i) * LANES;
                v16 size = lrn_size_at(d, ch, x + (ptrdiff_t)i * LANES);
                v16_store(y + at, v16_mul(v16_load(x + at), power_of(size, -d->beta)));
            }
}

/* dx_c = dy_c s_c^-beta - 2 alpha beta / size x_c times the sum of dy_j x_j s_j^(-beta-1) over the j that c counts for.
 */
void EXPORT(lrn_backward)(const struct lrn_dims *d, int rows, const float *x, const float *dy, float *dx,
                          float *scratch)
{
    const ptrdiff_t row = (ptrdiff_t)d->c * d->w * LANES;
    const v16 by = v16_set1(-2 * d->alpha * d->beta / (float)d->size);
    for (int k = 0; k < rows; k++, x += row, dy += row, dx += row)
        for (int i = 0; i < d->w; i++) {
            for (int ch = 0; ch < d->c; ch++) {
                const ptrdiff_t at = ((ptrdiff_t)ch * d->w + i) * LANES;
                v16 size = lrn_size_at(d, ch, x + (ptrdiff_t)i * LANES), g = v16_load(dy + at);
                v16 straight = v16_mul(g, power_of(size, -d->beta));
                v16_store(dx + at, straight);
                v16_store(scratch + ch * LANES, v16_div(v16_mul(straight, v16_load(x + at)), size));
            }
            for (int ch = 0; ch < d->c; ch++) {
                const ptrdiff_t at = ((ptrdiff_t)ch * d->w + i) * LANES;
                int lo = ch - (d->size - 1) / 2 > 0 ? ch - (d->size - 1) / 2 : 0;
                int hi = ch + d->size / 2 + 1 < d->c ? ch + d->size / 2 + 1 : d->c;
                v16 sum = v16_zero();
                for (int j = lo; j < hi; j++)
                    sum = v16_add(sum, v16_load(scratch + j * LANES));
                v16_store(dx + at, v16_fma(v16_mul(by, v16_load(x + at)), sum, v16_load(dx + at)));
            }
        }
}
