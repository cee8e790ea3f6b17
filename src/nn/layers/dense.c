/* dense: y = W x + b. */
#include "nn/layer.h"

#include <limits.h>

struct dense_args {
    int units, bias, init;
};

// clang-format off
#define AT(field) offsetof(struct dense_args, field)
static const struct param dense_params[] = {
    { "units", P_INT,    AT(units), 1, 65536, NULL,      "output features", NULL, 0 },
    { "bias",  P_CHOICE, AT(bias),  0, 0,     "auto",    "auto: yes, unless a normalization follows directly and would undo it", layer_bias_word, 0 },
    { "init",  P_CHOICE, AT(init),  0, 0,     "default", "how the weights start; default: [model] init", layer_init_word, 0 },
    { 0 },
};
// clang-format on

static int dense_shape(struct nn_node *nd, struct err *e)
{
    const struct dense_args *a = nd->args;
    char buf[48];
    if (nd->x.h != 1 || nd->x.w != 1)
        return layer_error(nd, e,
                           "wants a vector of features, but its input is maps of %s; put flatten or gap before it",
                           shape_text(nd->x, buf, sizeof buf));
    size_t n = (size_t)nd->x.c * (size_t)a->units;
    if (n > INT_MAX)
        return layer_error(nd, e, "has %zu weights, the limit is %d", n, INT_MAX);
    nd->y = (struct shape){1, a->units, 1, 1};
    nd->macs = (double)n;
    layer_tensor(nd, "weight", NN_WEIGHT, n, nd->x.c, a->units, a->init - 1);
    if (layer_has_bias(nd, a->bias))
        layer_tensor(nd, "bias", NN_BIAS, (size_t)a->units, nd->x.c, a->units, -1);
    return 0;
}

static size_t dense_scratch_floats(const struct nn_node *nd, int blocks)
{
    return dense_scratch(blocks, nd->x.c, nd->y.c);
}

static size_t bias_at(const struct nn_node *nd)
{
    return nd->tensor[1].at - nd->tensor[0].at;
}

static void dense_forward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                          const struct layer_io *io)
{
    k->dense_forward(p->blocks, nd->x.c, nd->y.c, io->x, io->w, nd->ntensors > 1 ? io->w + bias_at(nd) : NULL, io->y);
}

static void dense_backward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                           const struct layer_io *io)
{
    k->dense_backward_weights(p->blocks, nd->x.c, nd->y.c, io->x, io->dy, io->dw,
                              nd->ntensors > 1 ? io->dw + bias_at(nd) : NULL, io->scratch);
    if (io->dx)
        k->dense_backward_data(p->blocks, nd->x.c, nd->y.c, io->dy, io->w, io->dx);
}

const struct layer_type layer_dense = {
    .name = "dense",
    .alias = "linear",
    .sig = "[C] -> [units]",
    .help = "fully connected, y = W x + b",
    .source = "",
    .params = dense_params,
    .positional = 1,
    .args_size = sizeof(struct dense_args),
    .flags = KEEPS_X | COUNTS | HEAD_FC,
    .shape = dense_shape,
    .scratch = dense_scratch_floats,
    .forward = dense_forward,
    .backward = dense_backward,
};
