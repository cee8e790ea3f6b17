/* masks: dropout2d sets whole channels of a sample to 0, droppath all that a sample has. The masks are drawn as those
 * of dropout are. droppath stands at the end of the body of a residual: `residual { ..., droppath 0.1 }` leaves out the
 * body for some samples (stochastic depth). */
#include "nn/layers/dropout.h"

struct mask_args {
    double p;
};

// clang-format off
static const struct param mask_params[] = {
    { .name = "p", .type = P_FLOAT, .at = offsetof(struct mask_args, p), .min = 0, .max = 1, .open = 2,
      .help = "probability that a channel, or a sample, is set to 0" },
    { 0 },
};
// clang-format on

static int mask_shape(struct nn_node *nd, struct err *e)
{
    if (((const struct mask_args *)nd->args)->p == 0)
        nd->flags |= IDENTITY;
    return layer_same_shape(nd, e);
}

/* Seeds of all blocks, then a mask for each channel of a block. */
static size_t mask_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    return dropout_seed_floats(nd, blocks, bf16) + (size_t)blocks * LANES * (size_t)nd->x[0].c;
}

/* Each of the n parts of a sample times its mask, the same forth and back. */
static void mask_parts(const struct layer_call *c, int n, int h, int w, const float *x, float *y)
{
    const float p = (float)((const struct mask_args *)c->node->args)->p;
    const int blocks = c->pass->blocks;
    if (dropout_keeps_all(c, x, y))
        return;
    const uint32_t *seed = dropout_call_seeds(c);
    float *mask = c->scratch + dropout_seed_floats(c->node, blocks, c->bf16);
    for (size_t i = 0; i < (size_t)blocks * (size_t)n * LANES; i++)
        mask[i] = 1;
    c->kernels->dropout(blocks, (size_t)n, p, seed, mask, mask);
    c->kernels->gate(n, h, w, blocks, x, mask, y);
}

static void mask_channels(const struct layer_call *c, const float *x, float *y)
{
    mask_parts(c, c->node->x[0].c, c->node->x[0].h, c->node->x[0].w, x, y);
}

static void mask_samples(const struct layer_call *c, const float *x, float *y)
{
    mask_parts(c, 1, 1, (int)shape_size(c->node->x[0]), x, y);
}

static void dropout2d_forward(const struct layer_call *c)
{
    mask_channels(c, c->x[0], c->y);
}

static void dropout2d_backward(const struct layer_call *c)
{
    if (c->dx[0])
        mask_channels(c, c->dy, c->dx[0]);
}

static void droppath_forward(const struct layer_call *c)
{
    mask_samples(c, c->x[0], c->y);
}

static void droppath_backward(const struct layer_call *c)
{
    if (c->dx[0])
        mask_samples(c, c->dy, c->dx[0]);
}

const struct layer_type layer_dropout2d = {
    .name = "dropout2d",
    .sig = "any -> same",
    .help = "sets whole channels to 0 at random while training, and scales the others by 1 / (1 - p)",
    .source = "Tompson et al. 2015, arXiv:1411.4280",
    .params = mask_params,
    .positional = 1,
    .args_size = sizeof(struct mask_args),
    .flags = INPLACE | EVAL_IDENTITY,
    .shape = mask_shape,
    .scratch = mask_scratch,
    .forward = dropout2d_forward,
    .backward = dropout2d_backward,
};
const struct layer_type layer_droppath = {
    .name = "droppath",
    .sig = "any -> same",
    .help = "stochastic depth, at the end of a residual's body: sets all of a sample to 0 at random while training, "
            "and scales the others by 1 / (1 - p)",
    .source = "Huang et al. 2016, arXiv:1603.09382",
    .params = mask_params,
    .positional = 1,
    .args_size = sizeof(struct mask_args),
    .flags = INPLACE | EVAL_IDENTITY,
    .shape = mask_shape,
    .scratch = mask_scratch,
    .forward = droppath_forward,
    .backward = droppath_backward,
};
