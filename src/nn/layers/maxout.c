/* maxout: the largest of every few neighbouring channels. Of equal ones the first takes the gradient. */
#include "nn/layer.h"

struct maxout_args {
    int pieces;
};

// clang-format off
static const struct param maxout_params[] = {
    { .name = "pieces", .type = P_INT, .at = offsetof(struct maxout_args, pieces), .min = 2, .max = 65536,
      .help = "channels that become one; must divide their number" },
    { 0 },
};
// clang-format on

static int maxout_pieces(const struct nn_node *nd)
{
    return ((const struct maxout_args *)nd->args)->pieces;
}

static int maxout_shape(struct nn_node *nd, struct err *e)
{
    int pieces = maxout_pieces(nd);
    nd->y = nd->x[0];
    nd->y.c /= pieces;
    if (nd->x[0].c % pieces)
        return layer_error(nd, e, "%d does not divide the %d channels of its input", pieces, nd->x[0].c);
    return 0;
}

static void maxout_forward(const struct layer_call *c)
{
    const struct shape y = c->node->y;
    c->kernels->maxout_forward(c->pass->blocks * y.h, y.c, maxout_pieces(c->node), y.w, c->x[0], c->y);
}

static void maxout_backward(const struct layer_call *c)
{
    const struct shape y = c->node->y;
    if (c->dx[0])
        c->kernels->maxout_backward(c->pass->blocks * y.h, y.c, maxout_pieces(c->node), y.w, c->x[0], c->y, c->dy,
                                    c->dx[0]);
}

const struct layer_type layer_maxout = {
    .name = "maxout",
    .sig = "[N*C,...] -> [C,...]",
    .help = "the largest of every `pieces` neighbouring channels",
    .source = "Goodfellow et al. 2013, arXiv:1302.4389",
    .params = maxout_params,
    .positional = 1,
    .args_size = sizeof(struct maxout_args),
    .flags = KEEPS_X | KEEPS_Y,
    .shape = maxout_shape,
    .forward = maxout_forward,
    .backward = maxout_backward,
};
