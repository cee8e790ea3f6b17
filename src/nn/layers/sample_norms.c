/* sample_norms.c runs the normalizations of single samples. Kept from forward to backward, for each block: mean and
 * 1 / deviation of each set, 16 lanes each. */
#include "nn/layers/sample_norms.h"

#include <string.h>

static size_t sets_of_block(const struct sample_norm *d)
{
    return (size_t)(d->groups ? d->groups : d->h * d->w);
}

/* Numbers of gain, or of bias. */
static size_t gains_of(const struct sample_norm *d)
{
    return (size_t)d->c * (d->elementwise ? (size_t)d->h * (size_t)d->w : 1);
}

int sample_norm_shape(struct nn_node *nd, const struct sample_norm_plan *p)
{
    size_t n = gains_of(&p->dims);
    nd->y = nd->x[0];
    for (int i = 0; i < 2; i++) {
        if (!(i ? p->bias : p->gain))
            continue;
        layer_tensor(nd, i ? "bias" : "weight", i ? NN_BIAS : NN_GAIN, n, nd->x[0].c, nd->x[0].c, -1);
        if (p->dims.elementwise)
            layer_elements(nd, (int)nd->x[0].kind);
    }
    nd->saved_block = 2 * LANES * sets_of_block(&p->dims);
    return 0;
}

/* A block's statistics in a pass that keeps none; a gain that is not learned; and lane sums in double. */
size_t sample_norm_scratch(const struct nn_node *nd, const struct sample_norm_plan *p)
{
    size_t n = gains_of(&p->dims);
    (void)nd;
    return 2 * LANES * sets_of_block(&p->dims) + PAD16(n) + (p->gain || p->bias ? 2 * n * (2 * LANES + 2) : 0);
}

/* Fills in gain and bias. */
static struct sample_norm with_gains(const struct layer_call *c, const struct sample_norm_plan *p, float *fixed)
{
    const struct nn_node *nd = c->node;
    struct sample_norm d = p->dims;
    if (p->gain)
        d.gain = c->w;
    if (p->bias)
        d.bias = c->w + (nd->tensor[p->gain].at - nd->tensor[0].at);
    if (p->fixed > 0) {
        for (int i = 0; i < d.c; i++)
            fixed[i] = p->fixed;
        d.gain = fixed;
    }
    return d;
}

void sample_norm_run(const struct layer_call *c, const struct sample_norm_plan *p)
{
    size_t stats = 2 * LANES * sets_of_block(&p->dims), block = shape_size(c->node->y) * LANES;
    const struct sample_norm d = with_gains(c, p, c->scratch + stats);
    if (c->saved)
        c->kernels->sample_norm_forward(&d, c->pass->blocks, c->x[0], c->saved, c->y);
    for (int b = 0; !c->saved && b < c->pass->blocks; b++)
        c->kernels->sample_norm_forward(&d, 1, c->x[0] + (size_t)b * block, c->scratch, c->y + (size_t)b * block);
}

void sample_norm_back(const struct layer_call *c, const struct sample_norm_plan *p)
{
    const struct nn_node *nd = c->node;
    size_t stats = 2 * LANES * sets_of_block(&p->dims), n = gains_of(&p->dims);
    const struct sample_norm d = with_gains(c, p, c->scratch + stats);
    double *lanes = nd->ntensors ? (double *)(void *)(c->scratch + stats + PAD16(n)) : NULL,
           *sums = lanes + 2 * n * LANES;
    if (lanes)
        memset(lanes, 0, 2 * n * LANES * sizeof *lanes);
    c->kernels->sample_norm_backward(&d, c->pass->blocks, c->x[0], c->saved, c->dy, c->dx[0], lanes);
    if (!lanes)
        return;
    c->kernels->pointwise_sums((int)n, LANES, lanes, sums);
    for (size_t i = 0; i < n; i++) {
        if (p->gain)
            c->dw[i] = (float)sums[2 * i + 1];
        if (p->bias)
            c->dw[nd->tensor[p->gain].at - nd->tensor[0].at + i] = (float)sums[2 * i];
    }
}
