/* gap: global average pooling, the mean of each map. */
#include "nn/layers/pooling.h"

static void gap_forward(const struct layer_call *c)
{
    struct pool_dims d = pool_whole_geometry(c->node);
    c->kernels->avgpool_forward(&d, c->pass->blocks, c->x[0], c->y);
}

static void gap_backward(const struct layer_call *c)
{
    struct pool_dims d = pool_whole_geometry(c->node);
    if (c->dx[0])
        c->kernels->avgpool_backward(&d, c->pass->blocks, c->dy, c->dx[0]);
}

static void gap_part(const struct nn_node *nd, struct stage_part *out)
{
    *out = (struct stage_part){.kind = PART_POOL, .pool = {pool_whole_geometry(nd), 0}};
}

const struct layer_type layer_gap = {
    .name = "gap",
    .sig = "[C,H,W] -> [C,1,1]",
    .help = "global average pooling: the mean of each map",
    .source = "Lin, Chen, Yan 2013, arXiv:1312.4400",
    .flags = POOLS | HEAD_GAP | DISTANCE_SHOWN,
    .shape = pool_whole_shape,
    .window = pool_whole_window,
    .forward = gap_forward,
    .backward = gap_backward,
    .part = gap_part,
};
