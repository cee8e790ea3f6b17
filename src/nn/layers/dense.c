/* dense: y = W x + b; on a sequence at every position. */
#include "nn/layer.h"

#include <limits.h>

struct dense_args {
    int units, bias, init;
};

// clang-format off
#define AT(field) offsetof(struct dense_args, field)
static const struct param dense_params[] = {
    { .name = "units", .type = P_INT, .at = AT(units), .min = 1, .max = 65536, .help = "output features" },
    { .name = "bias", .type = P_CHOICE, .at = AT(bias), .preset = "auto", .word = layer_bias_word,
      .help = "auto: yes, unless a normalization follows directly and would undo it" },
    { .name = "init", .type = P_CHOICE, .at = AT(init), .preset = "default", .word = layer_init_word,
      .help = "how the weights start; default: [model] init" },
    { 0 },
};
// clang-format on

static int dense_shape(struct nn_node *nd, struct err *e)
{
    const struct dense_args *a = nd->args;
    char buf[48];
    if (nd->x[0].kind >= MAPS && (nd->x[0].h != 1 || nd->x[0].w != 1))
        return layer_error(nd, e, "wants a vector of features, but its input is %s of %s; put flatten or gap before it",
                           nd->x[0].kind == MAPS ? "maps" : "a volume", shape_text(nd->x[0], buf, sizeof buf));
    size_t n = (size_t)nd->x[0].c * (size_t)a->units;
    if (n > INT_MAX)
        return layer_error(nd, e, "has %zu weights, the limit is %d", n, INT_MAX);
    nd->y = (struct shape){nd->x[0].kind == SEQUENCE ? SEQUENCE : VECTOR, a->units, nd->x[0].h, 1, 1};
    nd->macs = (double)n * nd->x[0].h;
    layer_tensor(nd, "weight", NN_WEIGHT, n, nd->x[0].c, a->units, a->init - 1);
    layer_dims(nd, 2, (const int[]){a->units, nd->x[0].c});
    if (layer_has_bias(nd, a->bias))
        layer_bias(nd, (size_t)a->units);
    return 0;
}

/* Every position of a sequence is a block of vectors to the kernels. */
static int dense_vectors(const struct nn_node *nd, int blocks)
{
    return blocks * nd->x[0].h;
}

static size_t dense_scratch_floats(const struct nn_node *nd, int blocks, int bf16)
{
    return (bf16 ? dense_scratch_bf16 : dense_scratch)(dense_vectors(nd, blocks), nd->x[0].c, nd->y.c);
}

static size_t dense_bias_at(const struct nn_node *nd)
{
    return nd->tensor[1].at - nd->tensor[0].at;
}

static void dense_forward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    const float *bias = nd->ntensors > 1 ? c->w + dense_bias_at(nd) : NULL;
    PRODUCT_OF(c->kernels, c->bf16, dense_forward)
    (dense_vectors(nd, c->pass->blocks), nd->x[0].c, nd->y.c, c->x[0], c->w, bias, c->y, c->scratch);
}

static void dense_backward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    int n = dense_vectors(nd, c->pass->blocks);
    float *dbias = nd->ntensors > 1 ? c->dw + dense_bias_at(nd) : NULL;
    PRODUCT_OF(c->kernels, c->bf16, dense_backward_weights)
    (n, nd->x[0].c, nd->y.c, c->x[0], c->dy, c->dw, dbias, c->scratch);
    if (c->dx[0])
        PRODUCT_OF(c->kernels, c->bf16, dense_backward_data)(n, nd->x[0].c, nd->y.c, c->dy, c->w, c->dx[0], c->scratch);
}

const struct layer_type layer_dense = {
    .name = "dense",
    .alias = "linear",
    .sig = "[C] -> [units], [C,T] -> [units,T]",
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
