/* gaussian_noise: y = x + N(0, std^2) while training. The noise of a sample is a function of (seed, node, epoch,
 * sample), as the masks of dropout are. */
#include "nn/layers/dropout.h"

#include <string.h>

struct noise_args {
    double std;
};

// clang-format off
static const struct param noise_params[] = {
    { .name = "std", .type = P_FLOAT, .at = offsetof(struct noise_args, std), .min = 0, .max = 1000,
      .help = "standard deviation of what is added" },
    { 0 },
};
// clang-format on

static int noise_shape(struct nn_node *nd, struct err *e)
{
    if (((const struct noise_args *)nd->args)->std == 0)
        nd->flags |= IDENTITY;
    return layer_same_shape(nd, e);
}

static void noise_forward(const struct layer_call *c)
{
    c->kernels->add_noise(c->pass->blocks, shape_size(c->node->x[0]),
                          (float)((const struct noise_args *)c->node->args)->std, dropout_call_seeds(c), c->x[0], c->y);
}

static void noise_backward(const struct layer_call *c)
{
    if (c->dx[0] && c->dx[0] != c->dy)
        memcpy(c->dx[0], c->dy, floats_of(c->node->y, c->pass->blocks) * sizeof *c->dy);
}

const struct layer_type layer_gaussian_noise = {
    .name = "gaussian_noise",
    .sig = "any -> same",
    .help = "adds normal noise of standard deviation `std` while training",
    .source = "Bishop 1995, doi:10.1162/neco.1995.7.1.108",
    .params = noise_params,
    .positional = 1,
    .args_size = sizeof(struct noise_args),
    .flags = INPLACE | EVAL_IDENTITY,
    .shape = noise_shape,
    .scratch = dropout_seed_floats,
    .forward = noise_forward,
    .backward = noise_backward,
};
