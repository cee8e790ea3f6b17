/* gelu: x * Phi(x) with the exact normal distribution, no tanh approximation. */
#include "nn/layer.h"

static void gelu_forward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                         const struct layer_io *io)
{
    k->act_forward(ACT_GELU, 0, layer_floats(nd->y, p->blocks), io->x, io->y);
}

static void gelu_backward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                          const struct layer_io *io)
{
    if (io->dx)
        k->act_backward(ACT_GELU, 0, layer_floats(nd->y, p->blocks), io->x, io->dy, io->dx);
}

static void gelu_part(const struct nn_node *nd, struct stage_part *out)
{
    (void)nd;
    *out = (struct stage_part){.kind = PART_ACT, .act = {ACT_GELU, 0}};
}

const struct layer_type layer_gelu = {
    .name = "gelu",
    .sig = "any -> same",
    .help = "x * Phi(x) with the exact normal distribution, no tanh approximation",
    .source = "Hendrycks & Gimpel 2016, arXiv:1606.08415",
    .flags = KEEPS_X | INPLACE,
    .shape = layer_same_shape,
    .forward = gelu_forward,
    .backward = gelu_backward,
    .part = gelu_part,
};
