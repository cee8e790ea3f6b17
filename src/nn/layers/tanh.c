/* tanh: hyperbolic tangent. */
#include "nn/layer.h"

static void tanh_forward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                         const struct layer_io *io)
{
    k->act_forward(ACT_TANH, 0, layer_floats(nd->y, p->blocks), io->x, io->y);
}

static void tanh_backward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                          const struct layer_io *io)
{
    if (io->dx)
        k->act_backward(ACT_TANH, 0, layer_floats(nd->y, p->blocks), io->y, io->dy, io->dx);
}

static void tanh_part(const struct nn_node *nd, struct stage_part *out)
{
    (void)nd;
    *out = (struct stage_part){.kind = PART_ACT, .act = {ACT_TANH, 0}};
}

const struct layer_type layer_tanh = {
    .name = "tanh",
    .sig = "any -> same",
    .help = "hyperbolic tangent",
    .source = "",
    .flags = KEEPS_Y | INPLACE,
    .shape = layer_same_shape,
    .forward = tanh_forward,
    .backward = tanh_backward,
    .part = tanh_part,
};
