/* gmp: global max pooling, the largest of each map; of equal ones the first in row-major order takes the gradient. */
#include "nn/layer.h"

static int gmp_shape(struct nn_node *nd, struct err *e)
{
    if (layer_wants_maps(nd, e))
        return -1;
    nd->y = (struct shape){MAPS, nd->x[0].c, 1, 1};
    if (nd->x[0].h == 1 && nd->x[0].w == 1)
        nd->flags |= IDENTITY;
    return 0;
}

static struct pool_dims whole_map(const struct nn_node *nd)
{
    const struct shape x = nd->x[0];
    return (struct pool_dims){
        .c = x.c, .h = x.h, .w = x.w, .ho = 1, .wo = 1, .kh = x.h, .kw = x.w, .sh = 1, .sw = 1, .ph = 0, .pw = 0};
}

static void gmp_window(const struct nn_node *nd, int k[2], int s[2], int dilation[2])
{
    k[0] = nd->x[0].h;
    k[1] = nd->x[0].w;
    s[0] = s[1] = dilation[0] = dilation[1] = 1;
}

static void gmp_forward(const struct layer_call *c)
{
    struct pool_dims d = whole_map(c->node);
    c->kernels->maxpool_forward(&d, c->pass->blocks, c->x[0], c->y);
}

static void gmp_backward(const struct layer_call *c)
{
    struct pool_dims d = whole_map(c->node);
    if (c->dx[0])
        c->kernels->maxpool_backward(&d, c->pass->blocks, c->x[0], c->y, c->dy, c->dx[0]);
}

static void gmp_part(const struct nn_node *nd, struct stage_part *out)
{
    *out = (struct stage_part){.kind = PART_POOL, .pool = {whole_map(nd), 1}};
}

const struct layer_type layer_gmp = {
    .name = "gmp",
    .sig = "[C,H,W] -> [C,1,1]",
    .help = "global max pooling: the largest value of each map",
    .source = "",
    .flags = KEEPS_X | KEEPS_Y | POOLS | HEAD_GMP | DISTANCE_SHOWN,
    .shape = gmp_shape,
    .window = gmp_window,
    .forward = gmp_forward,
    .backward = gmp_backward,
    .part = gmp_part,
};
