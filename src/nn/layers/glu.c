/* glu: the first half of the channels, each times the sigmoid of its partner in the second half. */
#include "nn/layer.h"

static int glu_shape(struct nn_node *nd, struct err *e)
{
    nd->y = nd->x[0];
    nd->y.c /= 2;
    if (nd->x[0].c % 2)
        return layer_error(nd, e, "halves the channels, but its input has %d; give the layer before it an even number",
                           nd->x[0].c);
    return 0;
}

static int rows_of_call(const struct layer_call *c)
{
    return c->pass->blocks * c->node->y.h;
}

static size_t floats_of_half(const struct layer_call *c)
{
    return (size_t)c->node->y.c * (size_t)c->node->y.w * LANES;
}

static void glu_forward(const struct layer_call *c)
{
    c->kernels->glu_forward(rows_of_call(c), floats_of_half(c), c->x[0], c->y);
}

static void glu_backward(const struct layer_call *c)
{
    if (c->dx[0])
        c->kernels->glu_backward(rows_of_call(c), floats_of_half(c), c->x[0], c->dy, c->dx[0]);
}

const struct layer_type layer_glu = {
    .name = "glu",
    .sig = "[2C,...] -> [C,...]",
    .help = "gated linear unit: a * sigmoid(b), a the first half of the channels and b the second",
    .source = "Dauphin et al. 2017, arXiv:1612.08083",
    .flags = KEEPS_X,
    .shape = glu_shape,
    .forward = glu_forward,
    .backward = glu_backward,
};
