/* maxpool: the largest of each window. Of equal ones the first in row-major order takes the gradient. */
#include "nn/layers/pooling.h"

static void maxpool_forward(const struct layer_call *c)
{
    struct pool_dims d = pool_geometry(c->node);
    c->kernels->maxpool_forward(&d, c->pass->blocks, c->x[0], c->y);
}

static void maxpool_backward(const struct layer_call *c)
{
    struct pool_dims d = pool_geometry(c->node);
    if (c->dx[0])
        c->kernels->maxpool_backward(&d, c->pass->blocks, c->x[0], c->y, c->dy, c->dx[0]);
}

static void maxpool_part(const struct nn_node *nd, struct stage_part *out)
{
    *out = (struct stage_part){.kind = PART_POOL, .pool = {pool_geometry(nd), 1}};
}

const struct layer_type layer_maxpool = {
    .name = "maxpool",
    .sig = "[C,H,W] -> [C,H',W']",
    .help = "the largest value of each window",
    .source = "",
    .params = pool_params,
    .positional = 1,
    .args_size = sizeof(struct pool_args),
    .flags = KEEPS_X | KEEPS_Y | POOLS | DISTANCE_SHOWN,
    .check = pool_check,
    .shape = pool_shape,
    .window = pool_window,
    .forward = maxpool_forward,
    .backward = maxpool_backward,
    .part = maxpool_part,
};
