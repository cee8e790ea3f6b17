/* avgpool: the mean of each window; padding counts as zeros, as in PyTorch. */
#include "nn/layers/pooling.h"

static void avgpool_forward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                            const struct layer_io *io)
{
    struct pool_dims d = pool_geometry(nd);
    k->avgpool_forward(&d, p->blocks, io->x, io->y);
}

static void avgpool_backward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                             const struct layer_io *io)
{
    struct pool_dims d = pool_geometry(nd);
    if (io->dx)
        k->avgpool_backward(&d, p->blocks, io->dy, io->dx);
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
    .flags = POOLS,
    .check = pool_check,
    .shape = pool_shape,
    .window = pool_window,
    .forward = avgpool_forward,
    .backward = avgpool_backward,
    .part = avgpool_part,
};
