/* gmp: global max pooling, the largest of each map; of equal ones the first in row-major order takes the gradient. */
#include "nn/layers/pooling.h"

static void gmp_forward(const struct layer_call *c)
{
    struct pool_dims d = pool_whole_geometry(c->node);
    c->kernels->maxpool_forward(&d, c->pass->blocks, c->x[0], c->y);
}

static void gmp_backward(const struct layer_call *c)
{
    struct pool_dims d = pool_whole_geometry(c->node);
    if (c->dx[0])
        c->kernels->maxpool_backward(&d, c->pass->blocks, c->x[0], c->y, c->dy, c->dx[0]);
}

static void gmp_part(const struct nn_node *nd, struct stage_part *out)
{
    *out = (struct stage_part){.kind = PART_POOL, .pool = {pool_whole_geometry(nd), 1}};
}

const struct layer_type layer_gmp = {
    .name = "gmp",
    .sig = "[C,H,W] -> [C,1,1]",
    .help = "global max pooling: the largest value of each map",
    .source = "",
    .flags = KEEPS_X | KEEPS_Y | POOLS | HEAD_GMP | DISTANCE_SHOWN,
    .shape = pool_whole_shape,
    .window = pool_whole_window,
    .forward = gmp_forward,
    .backward = gmp_backward,
    .part = gmp_part,
};
