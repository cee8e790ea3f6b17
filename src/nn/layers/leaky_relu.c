/* leaky_relu: x above 0, slope * x below. */
#include "nn/layer.h"

struct leaky_args {
    double slope;
};

// clang-format off
static const struct param leaky_params[] = {
    { "slope", P_FLOAT, offsetof(struct leaky_args, slope), 0, 1, "0.01", "of the negative side", NULL, 1 },
    { 0 },
};
// clang-format on

static float slope(const struct nn_node *nd)
{
    return (float)((const struct leaky_args *)nd->args)->slope;
}

static void leaky_forward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                          const struct layer_io *io)
{
    k->act_forward(ACT_LEAKY_RELU, slope(nd), layer_floats(nd->y, p->blocks), io->x, io->y);
}

static void leaky_backward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                           const struct layer_io *io)
{
    if (io->dx)
        k->act_backward(ACT_LEAKY_RELU, slope(nd), layer_floats(nd->y, p->blocks), io->y, io->dy, io->dx);
}

static void leaky_part(const struct nn_node *nd, struct stage_part *out)
{
    *out = (struct stage_part){.kind = PART_ACT, .act = {ACT_LEAKY_RELU, slope(nd)}};
}

const struct layer_type layer_leaky_relu = {
    .name = "leaky_relu",
    .sig = "any -> same",
    .help = "x above 0, slope * x below",
    .source = "Maas et al. 2013, ICML workshop",
    .params = leaky_params,
    .positional = 1,
    .args_size = sizeof(struct leaky_args),
    .flags = KEEPS_Y | INPLACE,
    .shape = layer_same_shape,
    .forward = leaky_forward,
    .backward = leaky_backward,
    .part = leaky_part,
};
