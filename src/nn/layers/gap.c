/* gap: global average pooling, the mean of each map. */
#include "nn/layer.h"

static int gap_shape(struct nn_node *nd, struct err *e)
{
    if (layer_wants_maps(nd, e))
        return -1;
    nd->y = (struct shape){3, nd->x.c, 1, 1};
    if (nd->x.h == 1 && nd->x.w == 1)
        nd->flags |= IDENTITY;
    return 0;
}

static struct pool_dims whole(const struct nn_node *nd)
{
    return (struct pool_dims){.c = nd->x.c,
                              .h = nd->x.h,
                              .w = nd->x.w,
                              .ho = 1,
                              .wo = 1,
                              .kh = nd->x.h,
                              .kw = nd->x.w,
                              .sh = 1,
                              .sw = 1,
                              .ph = 0,
                              .pw = 0};
}

static void gap_window(const struct nn_node *nd, int k[2], int s[2], int dilation[2])
{
    k[0] = nd->x.h;
    k[1] = nd->x.w;
    s[0] = s[1] = dilation[0] = dilation[1] = 1;
}

static void gap_forward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                        const struct layer_io *io)
{
    struct pool_dims d = whole(nd);
    k->avgpool_forward(&d, p->blocks, io->x, io->y);
}

static void gap_backward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                         const struct layer_io *io)
{
    struct pool_dims d = whole(nd);
    if (io->dx)
        k->avgpool_backward(&d, p->blocks, io->dy, io->dx);
}

static void gap_part(const struct nn_node *nd, struct stage_part *out)
{
    *out = (struct stage_part){.kind = PART_POOL, .pool = {whole(nd), 0}};
}

const struct layer_type layer_gap = {
    .name = "gap",
    .sig = "[C,H,W] -> [C,1,1]",
    .help = "global average pooling: the mean of each map",
    .source = "Lin, Chen, Yan 2013, arXiv:1312.4400",
    .flags = POOLS | HEAD_GAP,
    .shape = gap_shape,
    .window = gap_window,
    .forward = gap_forward,
    .backward = gap_backward,
    .part = gap_part,
};
