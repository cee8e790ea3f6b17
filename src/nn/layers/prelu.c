/* prelu: y = x above 0 and slope * x below, with a slope that is learned: one for all, or one for each channel. It is a
 * gain to weight decay, which would pull it to relu. */
#include "nn/layer.h"

struct prelu_args {
    int per;
    double start;
};

enum { PER_LAYER, PER_CHANNEL };

static const char *per_word(size_t i)
{
    static const char *const words[] = {"layer", "channel"};
    return i < 2 ? words[i] : NULL;
}

// clang-format off
static const struct param prelu_params[] = {
    { .name = "per", .type = P_CHOICE, .at = offsetof(struct prelu_args, per), .preset = "layer", .word = per_word,
      .help = "what has a slope of its own: the layer as a whole (PyTorch's default), or each channel" },
    { .name = "start", .type = P_FLOAT, .at = offsetof(struct prelu_args, start), .min = -100, .max = 100, .preset = "0.25",
      .help = "the slope before training" },
    { 0 },
};
// clang-format on

static size_t prelu_slopes(const struct nn_node *nd)
{
    return ((const struct prelu_args *)nd->args)->per == PER_CHANNEL ? (size_t)nd->x[0].c : 1;
}

static int prelu_shape(struct nn_node *nd, struct err *e)
{
    layer_tensor(nd, "weight", NN_GAIN, prelu_slopes(nd), nd->x[0].c, nd->x[0].c, -1);
    if (nd->ntensors)
        nd->tensor[0].start = (float)((const struct prelu_args *)nd->args)->start;
    return layer_same_shape(nd, e);
}

/* A slope and its gradient for each channel, where the layer has one. */
static size_t prelu_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    (void)bf16;
    (void)blocks;
    return 2 * PAD16(nd->x[0].c);
}

static const float *slope_of_channels(const struct layer_call *c)
{
    if (prelu_slopes(c->node) > 1)
        return c->w;
    for (int i = 0; i < c->node->x[0].c; i++)
        c->scratch[i] = c->w[0];
    return c->scratch;
}

static void prelu_forward(const struct layer_call *c)
{
    const struct shape s = c->node->x[0];
    c->kernels->prelu_forward(s.c, s.h, s.w, c->pass->blocks, c->x[0], slope_of_channels(c), c->y);
}

static void prelu_backward(const struct layer_call *c)
{
    const struct shape s = c->node->x[0];
    float *dslope = prelu_slopes(c->node) > 1 ? c->dw : c->scratch + PAD16(s.c);
    c->kernels->prelu_backward(s.c, s.h, s.w, c->pass->n, c->x[0], c->dy, slope_of_channels(c), c->dx[0], dslope);
    if (dslope == c->dw)
        return;
    double sum = 0;
    for (int i = 0; i < s.c; i++)
        sum += (double)dslope[i];
    c->dw[0] = (float)sum;
}

const struct layer_type layer_prelu = {
    .name = "prelu",
    .sig = "any -> same",
    .help = "x above 0, slope * x below, with a learned slope",
    .source = "He et al. 2015, arXiv:1502.01852",
    .params = prelu_params,
    .args_size = sizeof(struct prelu_args),
    .flags = KEEPS_X | INPLACE,
    .shape = prelu_shape,
    .scratch = prelu_scratch,
    .forward = prelu_forward,
    .backward = prelu_backward,
};
