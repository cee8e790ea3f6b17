/* elastic.c - the fields that say how far each pixel of an image is bent: see `elastic` in retouch.h. */
#include "data/images/retouch.h"

#include "base/maths.h"
#include "base/rng.h"

#include <string.h>

#define MOST_SIGMA 16 /* pixels */
#define REACH 4       /* deviations on either side */

static size_t plane_floats(int h, int w)
{
    return (size_t)h * (size_t)w * LANES;
}

/* Uniform numbers in (-1, 1), a stream for each image: field[plane][16]. */
static void fill_field(const struct block *b, const struct retouch *r, uint64_t seed, uint32_t epoch, uint32_t which,
                       float *field)
{
    const size_t plane = (size_t)b->h * (size_t)b->w;
    struct rng g;
    rng_init(&g, seed, RNG_FIELD, epoch, 0);
    for (size_t at = 0; at < plane; at += 4) {
        uint32_t u[4][LANES];
        for (int i = 0; i < LANES; i++) {
            u[0][i] = 2 * (uint32_t)(at / 4) + which;
            u[1][i] = r[i < b->n ? i : 0].stream;
            u[2][i] = g.ctr[2];
            u[3][i] = g.ctr[3];
        }
        rng_philox_16(g.key, u);
        for (size_t k = 0; k < 4 && at + k < plane; k++)
            for (int i = 0; i < LANES; i++)
                field[(at + k) * LANES + (size_t)i] = (float)(((double)(u[k][i] >> 8) * 2 + 1 - 0x1p24) * 0x1p-24);
    }
}

static int reflected(int i, int n)
{
    while (n > 1 && (i < 0 || i >= n))
        i = i < 0 ? -i : 2 * (n - 1) - i;
    return n > 1 ? i : 0;
}

/* weight[0..radius] of a normal, which add up to 1 on both sides. Returns the radius. */
static int normal_weights(double sigma, float weight[REACH * MOST_SIGMA + 1])
{
    const int radius = (int)(REACH * sigma + 0.5);
    double sum = 0;
    for (int k = 0; k <= radius; k++)
        sum += (k ? 2 : 1) * m_exp(-0.5 * (k / sigma) * (k / sigma));
    for (int k = 0; k <= radius; k++)
        weight[k] = (float)(m_exp(-0.5 * (k / sigma) * (k / sigma)) / sum);
    return radius;
}

/* Smooths `size` vectors that are `step` floats apart, in place. line: room for them and what is reflected. */
static void smooth_line(const float *weight, int radius, int size, size_t step, float *line, float *x)
{
    for (int at = -radius; at < size + radius; at++)
        memcpy(line + (size_t)(at + radius) * LANES, x + (size_t)reflected(at, size) * step, LANES * sizeof *x);
    for (int at = 0; at < size; at++) {
        const float *middle = line + (size_t)(at + radius) * LANES;
        float sum[LANES];
        for (int i = 0; i < LANES; i++)
            sum[i] = weight[0] * middle[i];
        for (int k = 1; k <= radius; k++) {
            const float *before = middle - k * LANES, *after = middle + k * LANES, w = weight[k];
            for (int i = 0; i < LANES; i++)
                sum[i] += w * (before[i] + after[i]);
        }
        memcpy(x + (size_t)at * step, sum, sizeof sum);
    }
}

static void smooth_field(const struct block *b, double sigma, float *field, float *line)
{
    float weight[REACH * MOST_SIGMA + 1];
    const int radius = normal_weights(sigma, weight);
    const size_t row = (size_t)b->w * LANES;
    for (int y = 0; y < b->h; y++)
        smooth_line(weight, radius, b->w, LANES, line, field + (size_t)y * row);
    for (int column = 0; column < b->w; column++)
        smooth_line(weight, radius, b->h, row, line, field + (size_t)column * LANES);
}

size_t retouch_field_scratch(int h, int w)
{
    const size_t line = (size_t)(h > w ? h : w) + 2 * REACH * MOST_SIGMA;
    return 2 * plane_floats(h, w) + line * LANES;
}

void retouch_fields(const struct block *b, const struct retouch *r, uint64_t seed, uint32_t epoch, float *field)
{
    const size_t plane = plane_floats(b->h, b->w);
    for (uint32_t which = 0; which < 2; which++) {
        fill_field(b, r, seed, epoch, which, field + which * plane);
        smooth_field(b, r->sigma, field + which * plane, field + 2 * plane);
    }
}
