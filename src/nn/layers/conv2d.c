/* conv2d: y[co] = b[co] + sum over ci, kh, kw of w[co][ci][kh][kw] x[ci]: cross-correlation, as everybody's conv2d, on
 * sequences and volumes too; depthwise: the same with as many groups as input channels. */
#include "nn/layers/conv.h"

#include <limits.h>
#include <string.h>

// clang-format off
#define AT(field) offsetof(struct conv_args, field)
#define KERNEL                                                                                                         \
    { .name = "kernel", .type = P_EXTENT, .at = AT(kernel), .min = 1, .max = 64,                                         \
      .help = "height x width of the kernel, of volumes slices before them" }
#define STRIDE                                                                                                         \
    { .name = "stride", .type = P_EXTENT, .at = AT(stride), .min = 1, .max = 64, .preset = "1",                          \
      .help = "step between outputs" }
#define PAD                                                                                                            \
    { .name = "pad", .type = P_TEXT, .at = AT(pad_word), .preset = "0",                                                \
      .help = "zeros around the input: N, NxM, DxNxM, or same: outputs = ceil(inputs / stride), "                             \
              "the odd zero at the bottom and right" }
#define DILATION                                                                                                       \
    { .name = "dilation", .type = P_EXTENT, .at = AT(dilation), .min = 1, .max = 64, .preset = "1",                      \
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
    static const struct param extent = {
        .name = "pad", .type = P_EXTENT, .at = offsetof(struct conv_args, pad), .min = 0, .max = 64, .help = ""};
    struct conv_args *a = args;
    struct err ignored = {0};
    a->same = !strcmp(a->pad_word, "same");
    a->pad[2] = -1;
    if (!a->same && param_set(&extent, a, a->pad_word, NULL, &ignored))
        return err_set(e, ERR_USAGE, "pad: '%s' is not N, NxM or DxNxM, integers 0..64, or same", a->pad_word);
    return 0;
}

/* Outputs along one side of n inputs, and the padding in front of them; 0 when the kernel does not fit. */
static int side_outputs(const struct conv_args *a, int i, int n, int *pad)
{
    int reach = (layer_along(a->kernel, i) - 1) * layer_along(a->dilation, i) + 1, s = layer_along(a->stride, i);
    *pad = layer_along(a->pad, i);
    if (!a->same)
        return n + 2 * *pad < reach ? 0 : (n + 2 * *pad - reach) / s + 1;
    int outputs = (n + s - 1) / s, total = (outputs - 1) * s + reach - n;
    *pad = total > 0 ? total / 2 : 0;
    return outputs;
}

static struct conv_plan conv_geometry(const struct nn_node *nd)
{
    const struct conv_args *a = nd->args;
    const struct shape x = nd->x[0];
    const int each = a->multiplier, flat = x.kind == SEQUENCE; /* each 0: not depthwise */
    struct conv_plan p = {.volume = x.kind == VOLUME, .kernel = 1, .stride = 1, .dilation = 1, .from = 1, .to = 1};
    if (p.volume) {
        p.kernel = layer_along(a->kernel, 2);
        p.stride = layer_along(a->stride, 2);
        p.dilation = layer_along(a->dilation, 2);
        p.from = x.d;
        p.to = side_outputs(a, 2, x.d, &p.pad);
    }
    p.map = (struct conv_dims){.ci = x.c * p.kernel,
                               .h = shape_rows(x),
                               .w = x.w,
                               .co = each ? each * x.c : a->filters,
                               .kh = a->kernel[0],
                               .kw = flat ? 1 : a->kernel[1],
                               .sh = a->stride[0],
                               .sw = flat ? 1 : a->stride[1],
                               .dh = a->dilation[0],
                               .dw = flat ? 1 : a->dilation[1],
                               .groups = each ? x.c : a->groups};
    p.map.ho = side_outputs(a, 0, p.map.h, &p.map.ph);
    p.map.wo = flat ? 1 : side_outputs(a, 1, p.map.w, &p.map.pw);
    return p;
}

int conv_extents_fit(const struct nn_node *nd, struct err *e)
{
    const struct conv_args *a = nd->args;
    const int *const words[] = {a->kernel, a->stride, a->dilation, a->pad};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (layer_extent_fits(nd, words[i], e))
            return -1;
    return 0;
}

int conv_groups_fit(const struct nn_node *nd, struct err *e)
{
    const struct conv_args *a = nd->args;
    if (nd->x[0].c % a->groups || a->filters % a->groups)
        return layer_error(nd, e, "groups must divide the %d input channels and the %d filters, %d does not",
                           nd->x[0].c, a->filters, a->groups);
    return 0;
}

int conv_add_tensors(struct nn_node *nd, const struct conv_plan *p, int outputs, struct err *e)
{
    const struct conv_args *a = nd->args;
    const struct conv_dims *d = &p->map;
    size_t taps = (size_t)(d->kh * d->kw), fan_in = (size_t)(d->ci / d->groups) * taps;
    size_t fan_out = (size_t)d->co * taps * (size_t)p->kernel;
    if (fan_in * (size_t)d->co > INT_MAX)
        return layer_error(nd, e, "has %zu weights, the limit is %d", fan_in * (size_t)d->co, INT_MAX);
    nd->macs = (double)p->to * d->ho * d->wo * d->co * (double)fan_in;
    layer_tensor(nd, "weight", NN_WEIGHT, fan_in * (size_t)d->co, (int)fan_in, (int)fan_out, a->init - 1);
    const int map[] = {d->co, d->ci / d->groups, d->kh, d->kw};
    const int volume[] = {d->co, d->ci / p->kernel / d->groups, p->kernel, d->kh, d->kw};
    layer_dims(nd, (int)nd->x[0].kind + 1, p->volume ? volume : map); /* of a sequence without the last */
    if (layer_has_bias(nd, a->bias))
        layer_bias(nd, (size_t)outputs);
    return 0;
}

size_t conv_bias_at(const struct nn_node *nd)
{
    return nd->tensor[1].at - nd->tensor[0].at;
}

static int conv_shape(struct nn_node *nd, struct err *e)
{
    const struct conv_args *a = nd->args;
    if (layer_wants_positions(nd, e) || conv_extents_fit(nd, e))
        return -1;
    if (!a->multiplier && conv_groups_fit(nd, e))
        return -1;
    const struct conv_plan p = conv_geometry(nd);
    const struct conv_dims *d = &p.map;
    if (!d->ho || !d->wo)
        return layer_error(nd, e,
                           "the kernel reaches over %dx%d pixels, the input has %dx%d; pad it, or pool less before it",
                           (d->kh - 1) * d->dh + 1, (d->kw - 1) * d->dw + 1, d->h, d->w);
    if (!p.to)
        return layer_error(nd, e, "the kernel reaches over %d slices, the input has %d; pad it, or pool less before it",
                           (p.kernel - 1) * p.dilation + 1, p.from);
    nd->y = (struct shape){nd->x[0].kind, d->co, p.to * d->ho, d->wo, p.to};
    return conv_add_tensors(nd, &p, d->co, e);
}

static void conv_window(const struct nn_node *nd, struct nn_window *w)
{
    const struct conv_args *a = nd->args;
    for (int i = 0; i < layer_sides(nd); i++) {
        w->kernel[i] = layer_along(a->kernel, i);
        w->stride[i] = layer_along(a->stride, i);
        w->dilation[i] = layer_along(a->dilation, i);
    }
}

static size_t conv_scratch_floats(const struct nn_node *nd, int blocks, int bf16)
{
    const struct conv_plan p = conv_geometry(nd);
    return conv_plan_scratch(&p, blocks, bf16);
}

static void conv_forward(const struct layer_call *c)
{
    const struct conv_plan p = conv_geometry(c->node);
    conv_plan_forward(c, &p, c->x[0], c->node->ntensors > 1 ? c->w + conv_bias_at(c->node) : NULL, c->y, c->scratch);
}

static void conv_backward(const struct layer_call *c)
{
    const struct conv_plan p = conv_geometry(c->node);
    float *dbias = c->node->ntensors > 1 ? c->dw + conv_bias_at(c->node) : NULL;
    conv_plan_backward_weights(c, &p, c->x[0], c->dy, dbias, c->scratch);
    if (c->dx[0])
        conv_plan_backward_data(c, &p, c->dy, c->dx[0], c->scratch);
}

/* Stages know convolutions of maps. */
static void conv_part(const struct nn_node *nd, struct stage_part *out)
{
    const struct conv_plan p = conv_geometry(nd);
    *out = (struct stage_part){.kind = p.volume ? PART_KINDS : PART_CONV, .conv = p.map};
}

const struct layer_type layer_conv2d = {
    .name = "conv2d",
    .alias = "conv",
    .sig = "[C,H,W] -> [filters,H',W'], [C,T] -> [filters,T'], [C,D,H,W] -> [filters,D',H',W']",
    .help = "convolution, kernels slid over the maps, along the sequence, or through the volume",
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
    .sig = "[C,H,W] -> [C*multiplier,H',W'], [C,T] -> [C*multiplier,T'], [C,D,H,W] -> [C*multiplier,D',H',W']",
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
