/* batchnorm: per channel y = (x - mean) / sqrt(var + eps) * weight + bias. Training takes mean and biased variance of
 * the batch's live images and moves the running statistics towards them (running variance: the unbiased one, as
 * PyTorch); evaluation takes the running statistics. Tensors: weight, bias. Buffers: running mean, running variance,
 * each padded to 16. Saved for backward: the table of batchnorm.h. */
#include "nn/layers/batchnorm.h"

#include <math.h>
#include <string.h>

struct bn_args {
    double eps, momentum;
};

// clang-format off
#define AT(field) offsetof(struct bn_args, field)
static const struct param bn_params[] = {
    { .name = "eps", .type = P_FLOAT, .at = AT(eps), .min = 0, .max = 1, .preset = "1e-5", .open = 1,
      .help = "added to the variance" },
    { .name = "momentum", .type = P_FLOAT, .at = AT(momentum), .min = 0, .max = 1, .preset = "0.1",
      .help = "share of the batch in the running statistics" },
    { 0 },
};
// clang-format on

static int bn_shape(struct nn_node *nd, struct err *e)
{
    (void)e;
    nd->y = nd->x[0];
    size_t c = (size_t)nd->x[0].c;
    layer_tensor(nd, "weight", NN_GAIN, c, nd->x[0].c, nd->x[0].c, -1);
    layer_tensor(nd, "bias", NN_BIAS, c, nd->x[0].c, nd->x[0].c, -1);
    layer_buffer(nd, "running_mean", c);
    layer_buffer(nd, "running_var", c);
    nd->nsaved = BN_ROWS * PAD16(c);
    return 0;
}

/* The table in a pass that saves nothing; then variances, or the two sums. */
static size_t bn_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    (void)bf16;
    (void)blocks;
    return (BN_ROWS + 2) * PAD16(nd->x[0].c);
}

static void bn_reset(const struct nn_node *nd, float *buffers)
{
    size_t c = (size_t)nd->x[0].c, pad = PAD16(c);
    for (size_t i = 0; i < c; i++) {
        buffers[i] = 0;
        buffers[pad + i] = 1;
    }
}

/* mean[c], var[c] of a batch with m values per channel into the running statistics. One value has no variance: a batch
 * of one leaves the running variance alone. */
static void update_running(const struct nn_node *nd, double m, const float *mean, const float *var, float *buffers)
{
    const struct bn_args *a = nd->args;
    size_t c = (size_t)nd->x[0].c, pad = PAD16(c);
    for (size_t i = 0; i < c; i++) {
        buffers[i] = (float)((1 - a->momentum) * (double)buffers[i] + a->momentum * (double)mean[i]);
        if (m > 1)
            buffers[pad + i] =
                (float)((1 - a->momentum) * (double)buffers[pad + i] + a->momentum * (double)var[i] * (m / (m - 1)));
    }
}

float *bn_row(const struct nn_node *nd, float *table, enum bn_row row)
{
    return table + (size_t)row * PAD16(nd->x[0].c);
}

/* INVSTD to SHIFT, from MEAN. */
static void normalize_by(const struct nn_node *nd, const float *var, const float *w, float *table)
{
    const struct bn_args *a = nd->args;
    const float *mean = bn_row(nd, table, BN_MEAN), *bias = w + (nd->tensor[1].at - nd->tensor[0].at);
    float *row_invstd = bn_row(nd, table, BN_INVSTD);
    float *scale = bn_row(nd, table, BN_SCALE), *shift = bn_row(nd, table, BN_SHIFT);
    for (int i = 0; i < nd->x[0].c; i++) {
        double invstd = 1 / sqrt((double)var[i] + a->eps);
        row_invstd[i] = (float)invstd;
        scale[i] = (float)(invstd * (double)w[i]);
        shift[i] = (float)((double)bias[i] - (double)mean[i] * (double)scale[i]);
    }
}

void bn_of_batch(const struct nn_node *nd, double n, const float *mean, const float *var, const float *w,
                 float *buffers, float *table)
{
    update_running(nd, n, mean, var, buffers);
    memcpy(bn_row(nd, table, BN_MEAN), mean, (size_t)nd->x[0].c * sizeof *mean);
    normalize_by(nd, var, w, table);
}

void bn_of_running(const struct nn_node *nd, const float *w, const float *buffers, float *table)
{
    memcpy(bn_row(nd, table, BN_MEAN), buffers, (size_t)nd->x[0].c * sizeof *buffers);
    normalize_by(nd, buffers + PAD16(nd->x[0].c), w, table);
}

/* With u = (x - mean) invstd: dbias = sum dy, dweight = sum dy u, and dx = weight invstd (dy - dbias/n - u dweight/n),
 * collected by dy, x and 1 (section 3 of Ioffe & Szegedy). */
void bn_gradient(const struct nn_node *nd, double n, const float *sum_dy, const float *sum_dyx, const float *w,
                 float *dw, float *table)
{
    const float *mean = bn_row(nd, table, BN_MEAN), *invstd = bn_row(nd, table, BN_INVSTD);
    float *fa = bn_row(nd, table, BN_A), *fp = bn_row(nd, table, BN_P), *fq = bn_row(nd, table, BN_Q);
    float *dweight = dw, *dbias = dw + (nd->tensor[1].at - nd->tensor[0].at);
    for (int i = 0; i < nd->x[0].c; i++) {
        double a = (double)w[i] * (double)invstd[i], b = -a * (double)invstd[i] * (double)sum_dyx[i] / n;
        fa[i] = (float)a;
        fp[i] = (float)b;
        fq[i] = (float)(-a * (double)sum_dy[i] / n - b * (double)mean[i]);
        dweight[i] = sum_dyx[i];
        dbias[i] = sum_dy[i];
    }
}

/* Values of a channel in the batch. */
static double values_of_channel(const struct layer_call *c)
{
    return (double)c->pass->n * c->node->x[0].h * c->node->x[0].w;
}

static void bn_forward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    const struct shape x = nd->x[0];
    float *table = c->pass->training ? c->saved : c->scratch;
    if (c->pass->training) {
        float *mean = bn_row(nd, c->scratch, BN_MEAN), *var = bn_row(nd, c->scratch, BN_ROWS);
        c->kernels->bn_stats(x.c, x.h, x.w, c->pass->n, c->x[0], mean, var);
        bn_of_batch(nd, values_of_channel(c), mean, var, c->w, c->buffers, table);
    } else
        bn_of_running(nd, c->w, c->buffers, table);
    c->kernels->bn_apply(x.c, x.h, x.w, c->pass->blocks, c->x[0], bn_row(nd, table, BN_SCALE),
                         bn_row(nd, table, BN_SHIFT), c->y);
}

/* Of running statistics, which do not depend on x: dx = dy scale. */
static void bn_backward_of_running(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    const struct shape x = nd->x[0];
    float *t = c->scratch, *a = bn_row(nd, t, BN_A), *p = bn_row(nd, t, BN_P), *q = bn_row(nd, t, BN_Q);
    if (!c->dx[0])
        return;
    bn_of_running(nd, c->w, c->buffers, t);
    for (int i = 0; i < x.c; i++) {
        a[i] = bn_row(nd, t, BN_SCALE)[i];
        p[i] = q[i] = 0;
    }
    c->kernels->bn_backward(x.c, x.h, x.w, c->pass->n, c->x[0], c->dy, a, p, q, c->dx[0]);
}

static void bn_backward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    const struct shape x = nd->x[0];
    if (!c->pass->training) {
        bn_backward_of_running(c);
        return;
    }
    float *t = c->saved, *sum_dy = c->scratch, *sum_dyx = sum_dy + PAD16(x.c);
    c->kernels->bn_backward_stats(x.c, x.h, x.w, c->pass->n, c->x[0], c->dy, bn_row(nd, t, BN_MEAN),
                                  bn_row(nd, t, BN_INVSTD), sum_dy, sum_dyx);
    bn_gradient(nd, values_of_channel(c), sum_dy, sum_dyx, c->w, c->dw, t);
    if (c->dx[0])
        c->kernels->bn_backward(x.c, x.h, x.w, c->pass->n, c->x[0], c->dy, bn_row(nd, t, BN_A), bn_row(nd, t, BN_P),
                                bn_row(nd, t, BN_Q), c->dx[0]);
}

static void bn_part(const struct nn_node *nd, struct stage_part *out)
{
    (void)nd;
    out->kind = PART_NORM;
}

const struct layer_type layer_batchnorm = {
    .name = "batchnorm",
    .alias = "bn",
    .sig = "[C,H,W] or [C] -> same",
    .help = "normalizes every channel over the batch, then scales and shifts it",
    .source = "Ioffe & Szegedy 2015, arXiv:1502.03167",
    .params = bn_params,
    .args_size = sizeof(struct bn_args),
    .flags = KEEPS_X | INPLACE | OVER_BATCH | UNDOES_BIAS | DISTANCE_SHOWN,
    .shape = bn_shape,
    .scratch = bn_scratch,
    .reset = bn_reset,
    .forward = bn_forward,
    .backward = bn_backward,
    .part = bn_part,
};
