/* maxpool: the largest of each window. Of equal ones the first in row-major order takes the gradient. */
#include "nn/layers/pooling.h"

static void maxpool_forward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                            const struct layer_io *io)
{
    struct pool_dims d = pool_geometry(nd);
    k->maxpool_forward(&d, p->blocks, io->x, io->y);
}

static void maxpool_backward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                             const struct layer_io *io)
{
    struct pool_dims d = pool_geometry(nd);
    if (io->dx)
        k->maxpool_backward(&d, p->blocks, io->x, io->y, io->dy, io->dx);
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
    .flags = KEEPS_X | KEEPS_Y | POOLS,
    .check = pool_check,
    .shape = pool_shape,
    .window = pool_window,
    .forward = maxpool_forward,
    .backward = maxpool_backward,
    .part = maxpool_part,
};
