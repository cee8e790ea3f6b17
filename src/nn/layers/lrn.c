/* lrn: local response normalization, each value by those of the neighbouring channels at its place. */
#include "nn/layer.h"

struct lrn_args {
    int size;
    double alpha, beta, k;
};

// clang-format off
#define AT(field) offsetof(struct lrn_args, field)
static const struct param lrn_params[] = {
    { .name = "size", .type = P_INT, .at = AT(size), .min = 1, .max = 1024, .preset = "5",
      .help = "channels that count, half of them on each side" },
    { .name = "alpha", .type = P_FLOAT, .at = AT(alpha), .min = 0, .max = 1000, .preset = "1e-4",
      .help = "factor of the mean of their squares" },
    { .name = "beta", .type = P_FLOAT, .at = AT(beta), .min = 0, .max = 100, .preset = "0.75", .help = "the power" },
    { .name = "k", .type = P_FLOAT, .at = AT(k), .min = 0, .max = 1000, .preset = "1", .open = 1,
      .help = "added to alpha times the mean" },
    { 0 },
};
// clang-format on

static struct lrn_dims lrn_dims_of(const struct nn_node *nd)
{
    const struct lrn_args *a = nd->args;
    return (struct lrn_dims){nd->x[0].c, nd->x[0].w, a->size, (float)a->alpha, (float)a->beta, (float)a->k};
}

static size_t lrn_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    (void)bf16;
    (void)blocks;
    return (size_t)nd->x[0].c * LANES;
}

static void lrn_forward(const struct layer_call *c)
{
    const struct lrn_dims d = lrn_dims_of(c->node);
    c->kernels->lrn_forward(&d, c->pass->blocks * c->node->x[0].h, c->x[0], c->y);
}

static void lrn_backward(const struct layer_call *c)
{
    const struct lrn_dims d = lrn_dims_of(c->node);
    if (c->dx[0])
        c->kernels->lrn_backward(&d, c->pass->blocks * c->node->x[0].h, c->x[0], c->dy, c->dx[0], c->scratch);
}

const struct layer_type layer_lrn = {
    .name = "lrn",
    .sig = "any -> same",
    .help = "x / (k + alpha * mean of the squares of `size` neighbouring channels)^beta",
    .source = "Krizhevsky, Sutskever, Hinton 2012, NIPS 25",
    .params = lrn_params,
    .positional = 1,
    .args_size = sizeof(struct lrn_args),
    .flags = KEEPS_X | DISTANCE_SHOWN,
    .shape = layer_same_shape,
    .scratch = lrn_scratch,
    .forward = lrn_forward,
    .backward = lrn_backward,
};
