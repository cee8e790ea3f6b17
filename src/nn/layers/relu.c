/* relu: max(x, 0). */
#include "nn/layer.h"

static void relu_forward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                         const struct layer_io *io)
{
    k->act_forward(ACT_RELU, 0, layer_floats(nd->y, p->blocks), io->x, io->y);
}

static void relu_backward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                          const struct layer_io *io)
{
    if (io->dx)
        k->act_backward(ACT_RELU, 0, layer_floats(nd->y, p->blocks), io->y, io->dy, io->dx);
}

static void relu_part(const struct nn_node *nd, struct stage_part *out)
{
    (void)nd;
    *out = (struct stage_part){.kind = PART_ACT, .act = {ACT_RELU, 0}};
}

const struct layer_type layer_relu = {
    .name = "relu",
    .sig = "any -> same",
    .help = "max(x, 0)",
    .source = "Nair & Hinton 2010, ICML",
    .flags = KEEPS_Y | INPLACE,
    .shape = layer_same_shape,
    .forward = relu_forward,
    .backward = relu_backward,
    .part = relu_part,
};
