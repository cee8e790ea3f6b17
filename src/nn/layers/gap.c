/* gap: global average pooling, the mean of each map. */
#include "nn/layer.h"

static int gap_shape(struct nn_node *nd, struct err *e)
{
    if (layer_wants_maps(nd, e))
        return -1;
    nd->y = (struct shape){MAPS, nd->x[0].c, 1, 1};
    if (nd->x[0].h == 1 && nd->x[0].w == 1)
        nd->flags |= IDENTITY;
    return 0;
}

static struct pool_dims window_of_whole_map(const struct nn_node *nd)
{
    return (struct pool_dims){.c = nd->x[0].c,
                              .h = nd->x[0].h,
                              .w = nd->x[0].w,
                              .ho = 1,
                              .wo = 1,
                              .kh = nd->x[0].h,
                              .kw = nd->x[0].w,
                              .sh = 1,
                              .sw = 1,
                              .ph = 0,
                              .pw = 0};
}

static void gap_window(const struct nn_node *nd, int k[2], int s[2], int dilation[2])
{
    k[0] = nd->x[0].h;
    k[1] = nd->x[0].w;
    s[0] = s[1] = dilation[0] = dilation[1] = 1;
}

static void gap_forward(const struct layer_call *c)
{
    struct pool_dims d = window_of_whole_map(c->node);
    c->kernels->avgpool_forward(&d, c->pass->blocks, c->x[0], c->y);
}

static void gap_backward(const struct layer_call *c)
{
    struct pool_dims d = window_of_whole_map(c->node);
    if (c->dx[0])
        c->kernels->avgpool_backward(&d, c->pass->blocks, c->dy, c->dx[0]);
}

static void gap_part(const struct nn_node *nd, struct stage_part *out)
{
    *out = (struct stage_part){.kind = PART_POOL, .pool = {window_of_whole_map(nd), 0}};
}

const struct layer_type layer_gap = {
    .name = "gap",
    .sig = "[C,H,W] -> [C,1,1]",
    .help = "global average pooling: the mean of each map",
    .source = "Lin, Chen, Yan 2013, arXiv:1312.4400",
    .flags = POOLS | HEAD_GAP | DISTANCE_SHOWN,
    .shape = gap_shape,
    .window = gap_window,
    .forward = gap_forward,
    .backward = gap_backward,
    .part = gap_part,
};
