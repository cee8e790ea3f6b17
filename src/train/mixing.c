/* mixing.c - mixup and cutmix: each sample of a batch gets a part of another, and both labels by their shares; of label
 * maps a rectangle of the other's. Its
 * partner is the one that is as far from the end of the batch as it is from the beginning, which is a random one, as
 * batches are shuffled. The numbers that are drawn for a batch depend on the seed, the epoch and the step alone. */
#include "base/maths.h"
#include "base/rng.h"
#include "train/training.h"

#include <math.h>

/* The logarithm of a number of the gamma distribution of that shape: that of shape + 1 (Marsaglia & Tsang 2000,
 * doi:10.1145/358407.358414) times a uniform one to the power of 1 / shape. */
static double log_gamma_number(struct rng *g, double shape)
{
    const double d = shape + 1 - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        const double x = rng_normal(g), v = (1 + c * x) * (1 + c * x) * (1 + c * x);
        const double u = ((double)rng_u32(g) + 0.5) / 4294967296.0, again = ((double)rng_u32(g) + 0.5) / 4294967296.0;
        if (v > 0 && m_log(u) < 0.5 * x * x + d - d * v + d * m_log(v))
            return m_log(d * v) + m_log(again) / shape;
    }
}

/* A number of the beta distribution with both parameters alpha. */
static double beta_number(struct rng *g, double alpha)
{
    const double a = log_gamma_number(g, alpha), b = log_gamma_number(g, alpha);
    return 1 / (1 + m_exp(b - a));
}

static int clamp_to(int v, int most)
{
    return v < 0 ? 0 : v > most ? most : v;
}

/* A rectangle of 1 - share of the picture, about a point of it; what lies outside is cut off. */
static void draw_rectangle(struct rng *g, struct shape x, struct mixing *m)
{
    const double side = sqrt(1 - (double)m->share);
    const int half_h = (int)((double)x.h * side) / 2, half_w = (int)((double)x.w * side) / 2;
    const int row = (int)rng_below(g, (uint32_t)x.h), col = (int)rng_below(g, (uint32_t)x.w);
    m->cut = 1;
    m->top = clamp_to(row - half_h, x.h);
    m->bottom = clamp_to(row + half_h, x.h);
    m->left = clamp_to(col - half_w, x.w);
    m->right = clamp_to(col + half_w, x.w);
    m->share = (float)(1 - (double)((m->bottom - m->top) * (m->right - m->left)) / ((double)x.h * (double)x.w));
}

int train_mixes(const struct train_spec *s)
{
    return s->mixup > 0 || s->cutmix > 0;
}

struct mixing train_mixing(const struct train_spec *s, struct shape x, uint64_t seed, uint32_t epoch, uint32_t step)
{
    struct rng g;
    rng_init(&g, seed, RNG_MIX, epoch, step);
    const int cut = s->cutmix > 0 && (s->mixup <= 0 || rng_u32(&g) >> 31);
    struct mixing m = {.share = (float)beta_number(&g, cut ? s->cutmix : s->mixup)};
    if (cut)
        draw_rectangle(&g, x, &m);
    return m;
}

/* One number of two samples that are partners. */
static void mix_numbers(const struct mixing *m, float *a, float *b)
{
    const float one = *a, other = *b, rest = 1 - m->share;
    *a = m->cut ? other : m->share * one + rest * other;
    *b = m->cut ? one : m->share * other + rest * one;
}

void train_mix_samples(const struct mixing *m, struct shape s, int n, float *x)
{
    const int bottom = m->cut ? m->bottom : s.h, right = m->cut ? m->right : s.w;
    for (int row = m->top; row < bottom; row++)
        for (int c = 0; c < s.c; c++)
            for (int col = m->left; col < right; col++)
                for (int i = 0; i < n / 2; i++)
                    mix_numbers(m, x + lane_at(s, i, c, row, col), x + lane_at(s, n - 1 - i, c, row, col));
}

/* The labels of the rectangle go with its pixels: label [blocks][h][w][16] of n samples. */
static void mix_label_maps(const struct mixing *m, struct shape s, int n, int32_t *label)
{
    for (int row = m->top; row < m->bottom; row++)
        for (int col = m->left; col < m->right; col++)
            for (int i = 0; i < n / 2; i++) {
                int32_t *a = label + lane_at(s, i, 0, row, col), *b = label + lane_at(s, n - 1 - i, 0, row, col);
                const int32_t one = *a;
                *a = *b;
                *b = one;
            }
}

void train_mix_batch(struct training *r, uint64_t batch)
{
    struct batch *b = &r->batch;
    const struct shape x = r->job.graph->in;
    const struct mixing m = train_mixing(r->job.spec, x, r->job.seed, r->round, (uint32_t)batch);
    train_mix_samples(&m, x, b->n, b->x);
    if (r->task.type->mixes == MIXES_PLACES) {
        mix_label_maps(&m, data_target(r->job.view->set)->shape, b->n, b->label);
        return;
    }
    for (int i = 0; i < b->n; i++)
        r->other_label[i] = b->label[b->n - 1 - i];
    b->other = r->other_label;
    b->share = m.share;
}
