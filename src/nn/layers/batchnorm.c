/* batchnorm: per channel y = (x - mean) / sqrt(var + eps) * weight + bias. Training takes mean and biased variance of
 * the batch's live images and moves the running statistics towards them (running variance: the unbiased one, as
 * PyTorch); evaluation takes the running statistics. Tensors: weight, bias. Buffers: running mean, running variance,
 * each padded to 16. Saved for backward: mean, 1/sqrt(var + eps). */
#include "nn/layer.h"

#include <math.h>

struct bn_args {
    double eps, momentum;
};

// clang-format off
#define AT(field) offsetof(struct bn_args, field)
static const struct param bn_params[] = {
    { "eps",      P_FLOAT, AT(eps),      0, 1, "1e-5", "added to the variance", NULL, 1 },
    { "momentum", P_FLOAT, AT(momentum), 0, 1, "0.1",  "share of the batch in the running statistics", NULL, 0 },
    { 0 },
};
// clang-format on

static int bn_shape(struct nn_node *nd, struct err *e)
{
    (void)e;
    nd->y = nd->x;
    size_t c = (size_t)nd->x.c;
    layer_tensor(nd, "weight", NN_GAIN, c, nd->x.c, nd->x.c, -1);
    layer_tensor(nd, "bias", NN_BIAS, c, nd->x.c, nd->x.c, -1);
    nd->nbuffers = 2 * PAD16(c);
    nd->nsaved = 2 * PAD16(c);
    return 0;
}

static size_t bn_scratch(const struct nn_node *nd, int blocks)
{
    (void)blocks;
    return 5 * PAD16(nd->x.c);
}

static void bn_reset(const struct nn_node *nd, float *buffers)
{
    size_t c = (size_t)nd->x.c, pad = PAD16(c);
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
    size_t c = (size_t)nd->x.c, pad = PAD16(c);
    for (size_t i = 0; i < c; i++) {
        buffers[i] = (float)((1 - a->momentum) * (double)buffers[i] + a->momentum * (double)mean[i]);
        if (m > 1)
            buffers[pad + i] =
                (float)((1 - a->momentum) * (double)buffers[pad + i] + a->momentum * (double)var[i] * (m / (m - 1)));
    }
}

static void bn_forward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                       const struct layer_io *io)
{
    const struct bn_args *a = nd->args;
    size_t c = (size_t)nd->x.c, pad = PAD16(c);
    float *scale = io->scratch, *shift = scale + pad, *batch_var = shift + pad;
    const float *mean = io->buffers, *var = io->buffers + pad, *bias = io->w + (nd->tensor[1].at - nd->tensor[0].at);
    if (p->training) {
        k->bn_stats(nd->x.c, nd->x.h, nd->x.w, p->n, io->x, io->saved, batch_var);
        update_running(nd, (double)p->n * nd->x.h * nd->x.w, io->saved, batch_var, io->buffers);
        mean = io->saved;
        var = batch_var;
    }
    for (size_t i = 0; i < c; i++) {
        double invstd = 1 / sqrt((double)var[i] + a->eps);
        scale[i] = (float)(invstd * (double)io->w[i]);
        shift[i] = (float)((double)bias[i] - (double)mean[i] * (double)scale[i]);
        if (p->training)
            io->saved[pad + i] = (float)invstd;
    }
    k->bn_apply(nd->x.c, nd->x.h, nd->x.w, p->blocks, io->x, scale, shift, io->y);
}

/* With u = (x - mean) invstd over m values: dbias = sum dy, dweight = sum dy u, and
 * dx = weight invstd (dy - dbias/m - u dweight/m), collected as a dy + p x + q (section 3 of Ioffe & Szegedy). */
static void bn_backward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                        const struct layer_io *io)
{
    size_t c = (size_t)nd->x.c, pad = PAD16(c);
    const float *mean = io->saved, *invstd = io->saved + pad;
    float *dweight = io->dw, *dbias = io->dw + (nd->tensor[1].at - nd->tensor[0].at);
    float *fa = io->scratch, *fp = fa + pad, *fq = fp + pad, *sum_dy = fq + pad, *sum_dyx = sum_dy + pad;
    k->bn_backward_stats(nd->x.c, nd->x.h, nd->x.w, p->n, io->x, io->dy, mean, invstd, sum_dy, sum_dyx);
    double m = (double)p->n * nd->x.h * nd->x.w;
    for (size_t i = 0; i < c; i++) {
        double a = (double)io->w[i] * (double)invstd[i], b = -a * (double)invstd[i] * (double)sum_dyx[i] / m;
        fa[i] = (float)a;
        fp[i] = (float)b;
        fq[i] = (float)(-a * (double)sum_dy[i] / m - b * (double)mean[i]);
        dweight[i] = sum_dyx[i];
        dbias[i] = sum_dy[i];
    }
    if (io->dx)
        k->bn_backward(nd->x.c, nd->x.h, nd->x.w, p->n, io->x, io->dy, fa, fp, fq, io->dx);
}

const struct layer_type layer_batchnorm = {
    .name = "batchnorm",
    .alias = "bn",
    .sig = "[C,H,W] or [C] -> same",
    .help = "normalizes every channel over the batch, then scales and shifts it",
    .source = "Ioffe & Szegedy 2015, arXiv:1502.03167",
    .params = bn_params,
    .args_size = sizeof(struct bn_args),
    .flags = KEEPS_X | INPLACE | NORMALIZES,
    .shape = bn_shape,
    .scratch = bn_scratch,
    .reset = bn_reset,
    .forward = bn_forward,
    .backward = bn_backward,
};
