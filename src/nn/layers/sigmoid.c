/* sigmoid: 1 / (1 + exp(-x)). */
#include "nn/layer.h"

static void sigmoid_forward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                            const struct layer_io *io)
{
    k->act_forward(ACT_SIGMOID, 0, layer_floats(nd->y, p->blocks), io->x, io->y);
}

static void sigmoid_backward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                             const struct layer_io *io)
{
    if (io->dx)
        k->act_backward(ACT_SIGMOID, 0, layer_floats(nd->y, p->blocks), io->y, io->dy, io->dx);
}

static void sigmoid_part(const struct nn_node *nd, struct stage_part *out)
{
    (void)nd;
    *out = (struct stage_part){.kind = PART_ACT, .act = {ACT_SIGMOID, 0}};
}

const struct layer_type layer_sigmoid = {
    .name = "sigmoid",
    .sig = "any -> same",
    .help = "1 / (1 + exp(-x))",
    .source = "",
    .flags = KEEPS_Y | INPLACE,
    .shape = layer_same_shape,
    .forward = sigmoid_forward,
    .backward = sigmoid_backward,
    .part = sigmoid_part,
};
