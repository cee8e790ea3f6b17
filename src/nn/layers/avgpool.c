/* avgpool: the mean of each window; padding counts as zeros, as in PyTorch. */
#include "nn/layers/pooling.h"

static void avgpool_forward(const struct layer_call *c)
{
    struct pool_dims d = pool_geometry(c->node);
    c->kernels->avgpool_forward(&d, c->pass->blocks, c->x[0], c->y);
}

static void avgpool_backward(const struct layer_call *c)
{
    struct pool_dims d = pool_geometry(c->node);
    if (c->dx[0])
        c->kernels->avgpool_backward(&d, c->pass->blocks, c->dy, c->dx[0]);
}

static void avgpool_part(const struct nn_node *nd, struct stage_part *out)
{
    *out = (struct stage_part){.kind = PART_POOL, .pool = {pool_geometry(nd), 0}};
}

const struct layer_type layer_avgpool = {
    .name = "avgpool",
    .sig = "[C,H,W] -> [C,H',W']",
    .help = "the mean of each window; padding counts as zeros",
    .source = "",
    .params = pool_params,
    .positional = 1,
    .args_size = sizeof(struct pool_args),
    .flags = POOLS | DISTANCE_SHOWN,
    .check = pool_check,
    .shape = pool_shape,
    .window = pool_window,
    .forward = avgpool_forward,
    .backward = avgpool_backward,
    .part = avgpool_part,
};
