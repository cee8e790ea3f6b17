/* conv2d: y[co] = b[co] + sum over ci, kh, kw of w[co][ci][kh][kw] x[ci]: cross-correlation, as everybody's conv2d;
 * depthwise: the same with as many groups as input channels. */
#include "nn/layers/conv.h"

#include <limits.h>
#include <string.h>

// clang-format off
#define AT(field) offsetof(struct conv_args, field)
#define KERNEL                                                                                                         \
    { .name = "kernel", .type = P_PAIR, .at = AT(kernel), .min = 1, .max = 64,                                         \
      .help = "height x width of the kernel" }
#define STRIDE                                                                                                         \
    { .name = "stride", .type = P_PAIR, .at = AT(stride), .min = 1, .max = 64, .preset = "1",                          \
      .help = "step between outputs" }
#define PAD                                                                                                            \
    { .name = "pad", .type = P_TEXT, .at = AT(pad_word), .preset = "0",                                                \
      .help = "zeros around the input: N, NxM, or same: outputs = ceil(inputs / stride), "                             \
              "the odd zero at the bottom and right" }
#define DILATION                                                                                                       \
    { .name = "dilation", .type = P_PAIR, .at = AT(dilation), .min = 1, .max = 64, .preset = "1",                      \
      .help = "step between kernel elements" }
#define BIAS                                                                                                           \
    { .name = "bias", .type = P_CHOICE, .at = AT(bias), .preset = "auto", .word = layer_bias_word,                     \
      .help = "auto: yes, unless a normalization follows directly and would undo it" }
#define INIT                                                                                                           \
    { .name = "init", .type = P_CHOICE, .at = AT(init), .preset = "default", .word = layer_init_word,                  \
      .help = "how the weights start; default: [model] init" }
static const struct param conv_params[] = {
    KERNEL,
    { .name = "filters", .type = P_INT, .at = AT(filters), .min = 1, .max = 65536, .help = "output channels" },
    STRIDE,
    PAD,
    DILATION,
    { .name = "groups", .type = P_INT, .at = AT(groups), .min = 1, .max = 65536, .preset = "1",
      .help = "channel groups convolved apart" },
    BIAS,
    INIT,
    { 0 },
};
static const struct param depthwise_params[] = {
    KERNEL,
    { .name = "multiplier", .type = P_INT, .at = AT(multiplier), .min = 1, .max = 64, .preset = "1",
      .help = "output channels for each input channel" },
    STRIDE,
    PAD,
    DILATION,
    BIAS,
    INIT,
    { 0 },
};
// clang-format on

int conv_check(void *args, struct err *e)
{
    static const struct param pair = {
        .name = "pad", .type = P_PAIR, .at = offsetof(struct conv_args, pad), .min = 0, .max = 64, .help = ""};
    struct conv_args *a = args;
    struct err ignored = {0};
    a->same = !strcmp(a->pad_word, "same");
    if (!a->same && param_set(&pair, a, a->pad_word, NULL, &ignored))
        return err_set(e, ERR_USAGE, "pad: '%s' is not N or NxM, integers 0..64, or same", a->pad_word);
    return 0;
}

/* Outputs along one side of n inputs, and the padding in front of them; 0 when the kernel does not fit. */
static int side(const struct conv_args *a, int i, int n, int *pad)
{
    int reach = (a->kernel[i] - 1) * a->dilation[i] + 1, s = a->stride[i];
    *pad = a->pad[i];
    if (!a->same)
        return n + 2 * *pad < reach ? 0 : (n + 2 * *pad - reach) / s + 1;
    int outputs = (n + s - 1) / s, total = (outputs - 1) * s + reach - n;
    *pad = total > 0 ? total / 2 : 0;
    return outputs;
}

static struct conv_dims conv_geometry(const struct nn_node *nd)
{
    const struct conv_args *a = nd->args;
    const int each = a->multiplier, flat = nd->x[0].kind == SEQUENCE; /* each 0: not depthwise */
    struct conv_dims d = {.ci = nd->x[0].c,
                          .h = nd->x[0].h,
                          .w = nd->x[0].w,
                          .co = each ? each * nd->x[0].c : a->filters,
                          .kh = a->kernel[0],
                          .kw = flat ? 1 : a->kernel[1],
                          .sh = a->stride[0],
                          .sw = flat ? 1 : a->stride[1],
                          .dh = a->dilation[0],
                          .dw = flat ? 1 : a->dilation[1],
                          .groups = each ? nd->x[0].c : a->groups};
    d.ho = side(a, 0, d.h, &d.ph);
    d.wo = flat ? 1 : side(a, 1, d.w, &d.pw);
    return d;
}

/* -1 with *e unless the input is maps, or a sequence and the words name one direction. */
static int wants_places(const struct nn_node *nd, struct err *e)
{
    const struct conv_args *a = nd->args;
    if (nd->x[0].kind != SEQUENCE)
        return layer_wants_maps(nd, e);
    if (a->kernel[0] == a->kernel[1] && a->stride[0] == a->stride[1] && a->dilation[0] == a->dilation[1] &&
        a->pad[0] == a->pad[1])
        return 0;
    return layer_error(nd, e,
                       "its input is a sequence, which has one direction; write one number for each of its words");
}

int conv_groups_fit(const struct nn_node *nd, struct err *e)
{
    const struct conv_args *a = nd->args;
    if (nd->x[0].c % a->groups || a->filters % a->groups)
        return layer_error(nd, e, "groups must divide the %d input channels and the %d filters, %d does not",
                           nd->x[0].c, a->filters, a->groups);
    return 0;
}

int conv_add_tensors(struct nn_node *nd, const struct conv_dims *d, int outputs, struct err *e)
{
    const struct conv_args *a = nd->args;
    size_t taps = (size_t)(d->kh * d->kw), fan_in = (size_t)(d->ci / d->groups) * taps, fan_out = (size_t)d->co * taps;
    if (fan_in * (size_t)d->co > INT_MAX)
        return layer_error(nd, e, "has %zu weights, the limit is %d", fan_in * (size_t)d->co, INT_MAX);
    nd->macs = (double)d->ho * d->wo * d->co * (double)fan_in;
    layer_tensor(nd, "weight", NN_WEIGHT, fan_in * (size_t)d->co, (int)fan_in, (int)fan_out, a->init - 1);
    if (layer_has_bias(nd, a->bias))
        layer_tensor(nd, "bias", NN_BIAS, (size_t)outputs, (int)fan_in, (int)fan_out, -1);
    return 0;
}

size_t conv_bias_at(const struct nn_node *nd)
{
    return nd->tensor[1].at - nd->tensor[0].at;
}

static int conv_shape(struct nn_node *nd, struct err *e)
{
    const struct conv_args *a = nd->args;
    if (wants_places(nd, e))
        return -1;
    if (!a->multiplier && conv_groups_fit(nd, e))
        return -1;
    struct conv_dims d = conv_geometry(nd);
    if (!d.ho || !d.wo)
        return layer_error(nd, e,
                           "the kernel reaches over %dx%d pixels, the input has %dx%d; pad it, or pool less before it",
                           (d.kh - 1) * d.dh + 1, (d.kw - 1) * d.dw + 1, d.h, d.w);
    nd->y = (struct shape){nd->x[0].kind, d.co, d.ho, d.wo};
    return conv_add_tensors(nd, &d, d.co, e);
}

static void conv_window(const struct nn_node *nd, int k[2], int s[2], int dilation[2])
{
    const struct conv_args *a = nd->args;
    memcpy(k, a->kernel, sizeof a->kernel);
    memcpy(s, a->stride, sizeof a->stride);
    memcpy(dilation, a->dilation, sizeof a->dilation);
    if (nd->x[0].kind == SEQUENCE)
        k[1] = s[1] = dilation[1] = 1;
}

static size_t conv_scratch_floats(const struct nn_node *nd, int blocks, int bf16)
{
    struct conv_dims d = conv_geometry(nd);
    return (bf16 ? conv_scratch_bf16 : conv_scratch)(&d, blocks);
}

static void conv_forward(const struct layer_call *c)
{
    struct conv_dims d = conv_geometry(c->node);
    const float *bias = c->node->ntensors > 1 ? c->w + conv_bias_at(c->node) : NULL;
    PRODUCT_OF(c->kernels, c->bf16, conv_forward)(&d, c->pass->blocks, c->x[0], c->w, bias, c->y, c->scratch);
}

static void conv_backward(const struct layer_call *c)
{
    struct conv_dims d = conv_geometry(c->node);
    float *dbias = c->node->ntensors > 1 ? c->dw + conv_bias_at(c->node) : NULL;
    PRODUCT_OF(c->kernels, c->bf16, conv_backward_weights)
    (&d, c->pass->blocks, c->x[0], c->dy, c->dw, dbias, c->scratch);
    if (c->dx[0])
        PRODUCT_OF(c->kernels, c->bf16, conv_backward_data)(&d, c->pass->blocks, c->dy, c->w, c->dx[0], c->scratch);
}

static void conv_part(const struct nn_node *nd, struct stage_part *out)
{
    *out = (struct stage_part){.kind = PART_CONV, .conv = conv_geometry(nd)};
}

const struct layer_type layer_conv2d = {
    .name = "conv2d",
    .alias = "conv",
    .sig = "[C,H,W] -> [filters,H',W'], [C,T] -> [filters,T']",
    .help = "convolution, kernels slid over the maps, or along the sequence",
    .source = "LeCun et al. 1998, doi:10.1109/5.726791",
    .params = conv_params,
    .positional = 2,
    .args_size = sizeof(struct conv_args),
    .flags = KEEPS_X | COUNTS,
    .check = conv_check,
    .shape = conv_shape,
    .window = conv_window,
    .scratch = conv_scratch_floats,
    .forward = conv_forward,
    .backward = conv_backward,
    .part = conv_part,
};
const struct layer_type layer_depthwise = {
    .name = "depthwise",
    .sig = "[C,H,W] -> [C*multiplier,H',W'], [C,T] -> [C*multiplier,T']",
    .help = "convolution of each channel by itself",
    .source = "Chollet 2017, arXiv:1610.02357; Howard et al. 2017, arXiv:1704.04861",
    .params = depthwise_params,
    .positional = 1,
    .args_size = sizeof(struct conv_args),
    .flags = KEEPS_X | COUNTS,
    .check = conv_check,
    .shape = conv_shape,
    .window = conv_window,
    .scratch = conv_scratch_floats,
    .forward = conv_forward,
    .backward = conv_backward,
    .part = conv_part,
};
