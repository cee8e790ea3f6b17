/* conv_transpose: the gradient of a convolution as a layer: each value of the input is multiplied by the kernel, and
 * what falls on one place of the output is added up. The kernels are those of the convolution that leads from the
 * output to the input, its forward pass being this one's backward pass; the weights are w[input
 * channel][filter/groups][kh][kw] (of volumes with kd before kh). */
#include "nn/layers/conv.h"

#include <limits.h>
#include <string.h>

// clang-format off
#define AT(field) offsetof(struct conv_args, field)
static const struct param transpose_params[] = {
    { .name = "kernel", .type = P_EXTENT, .at = AT(kernel), .min = 1, .max = 64,
      .help = "height x width of the kernel, of volumes slices before them" },
    { .name = "filters", .type = P_INT, .at = AT(filters), .min = 1, .max = 65536, .help = "output channels" },
    { .name = "stride", .type = P_EXTENT, .at = AT(stride), .min = 1, .max = 64, .preset = "1",
      .help = "step between the places of neighbouring inputs" },
    { .name = "pad", .type = P_EXTENT, .at = AT(pad), .min = 0, .max = 64, .preset = "0",
      .help = "rows and columns that are taken off each side of the output" },
    { .name = "output_pad", .type = P_EXTENT, .at = AT(output_pad), .min = 0, .max = 63, .preset = "0",
      .help = "rows and columns more at the bottom and right, less than the stride" },
    { .name = "dilation", .type = P_EXTENT, .at = AT(dilation), .min = 1, .max = 64, .preset = "1",
      .help = "step between kernel elements" },
    { .name = "groups", .type = P_INT, .at = AT(groups), .min = 1, .max = 65536, .preset = "1",
      .help = "channel groups convolved apart" },
    { .name = "bias", .type = P_CHOICE, .at = AT(bias), .preset = "auto", .word = layer_bias_word,
      .help = "auto: yes, unless a normalization follows directly and would undo it" },
    { .name = "init", .type = P_CHOICE, .at = AT(init), .preset = "default", .word = layer_init_word,
      .help = "how the weights start; default: [model] init" },
    { 0 },
};
// clang-format on

static int transpose_check(void *args, struct err *e)
{
    const struct conv_args *a = args;
    for (int i = 0; i < NN_SIDES; i++)
        if (layer_along(a->output_pad, i) >= layer_along(a->stride, i))
            return err_set(e, ERR_USAGE, "output_pad: %d is not less than the stride of %d",
                           layer_along(a->output_pad, i), layer_along(a->stride, i));
    return 0;
}

static int long_side(const struct conv_args *a, int i, int n)
{
    return (n - 1) * layer_along(a->stride, i) - 2 * layer_along(a->pad, i) +
           (layer_along(a->kernel, i) - 1) * layer_along(a->dilation, i) + layer_along(a->output_pad, i) + 1;
}

/* The convolution from the output to the input. */
static struct conv_plan transpose_geometry(const struct nn_node *nd)
{
    const struct conv_args *a = nd->args;
    const struct shape x = nd->x[0];
    struct conv_plan p = {.volume = x.kind == VOLUME, .kernel = 1, .stride = 1, .dilation = 1, .from = 1, .to = 1};
    if (p.volume) {
        p.kernel = layer_along(a->kernel, 2);
        p.stride = layer_along(a->stride, 2);
        p.pad = layer_along(a->pad, 2);
        p.dilation = layer_along(a->dilation, 2);
        p.from = long_side(a, 2, x.d);
        p.to = x.d;
    }
    p.map = (struct conv_dims){.ci = a->filters * p.kernel,
                               .h = long_side(a, 0, shape_rows(x)),
                               .w = x.kind == SEQUENCE ? 1 : long_side(a, 1, x.w),
                               .co = x.c,
                               .ho = shape_rows(x),
                               .wo = x.w,
                               .kh = a->kernel[0],
                               .kw = layer_number(nd, a->kernel, 1, 1),
                               .sh = a->stride[0],
                               .sw = layer_number(nd, a->stride, 1, 1),
                               .ph = a->pad[0],
                               .pw = layer_number(nd, a->pad, 1, 0),
                               .dh = a->dilation[0],
                               .dw = layer_number(nd, a->dilation, 1, 1),
                               .groups = a->groups};
    return p;
}

static int transpose_shape(struct nn_node *nd, struct err *e)
{
    const struct conv_args *a = nd->args;
    if (layer_wants_positions(nd, e) || conv_extents_fit(nd, e) || layer_extent_fits(nd, a->output_pad, e) ||
        conv_groups_fit(nd, e))
        return -1;
    const struct conv_plan p = transpose_geometry(nd);
    if (p.map.h < 1 || p.map.w < 1 || p.from < 1)
        return layer_error(nd, e, "pad takes more off than there is: its output would be %dx%d", p.map.h, p.map.w);
    nd->y = (struct shape){nd->x[0].kind, a->filters, p.from * p.map.h, p.map.w, p.from};
    return conv_add_tensors(nd, &p, a->filters, e);
}

/* An output sees the inputs whose kernels reach it; neighbours are nearer by the stride, which a jump of whole input
 * pixels does not say. */
static void transpose_window(const struct nn_node *nd, struct nn_window *w)
{
    const struct conv_args *a = nd->args;
    for (int i = 0; i < layer_sides(nd); i++)
        w->kernel[i] = ((layer_along(a->kernel, i) - 1) * layer_along(a->dilation, i)) / layer_along(a->stride, i) + 1;
}

/* Floats of what the kernels want; before them the factors 1 of the bias's pass, or lane sums of the bias. */
static size_t bias_scratch(const struct nn_node *nd)
{
    return (size_t)nd->y.c * LANES;
}

static size_t transpose_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    const struct conv_plan p = transpose_geometry(nd);
    return bias_scratch(nd) + conv_plan_scratch(&p, blocks, bf16);
}

static void transpose_forward(const struct layer_call *c)
{
    const struct conv_plan p = transpose_geometry(c->node);
    const struct shape y = c->node->y;
    float *ones = c->scratch;
    conv_plan_backward_data(c, &p, c->x[0], c->y, c->scratch + bias_scratch(c->node));
    if (c->node->ntensors < 2)
        return;
    for (int i = 0; i < y.c; i++)
        ones[i] = 1;
    c->kernels->bn_apply(y.c, y.h, y.w, c->pass->blocks, c->y, ones, c->w + conv_bias_at(c->node), c->y);
}

static void transpose_bias_gradient(const struct layer_call *c)
{
    const struct shape y = c->node->y;
    const struct conv_dims out = {.co = y.c, .wo = y.w};
    const size_t row = (size_t)y.c * (size_t)y.w * LANES;
    memset(c->scratch, 0, bias_scratch(c->node) * sizeof *c->scratch);
    for (int i = 0; i < c->pass->blocks * y.h; i++) {
        const float *dy = c->dy + (size_t)i * row;
        c->kernels->conv_bias_rows(&out, 0, 1, &dy, c->scratch);
    }
    c->kernels->conv_bias_sums(&out, c->scratch, c->dw + conv_bias_at(c->node));
}

static void transpose_backward(const struct layer_call *c)
{
    const struct conv_plan p = transpose_geometry(c->node);
    float *scratch = c->scratch + bias_scratch(c->node);
    conv_plan_backward_weights(c, &p, c->dy, c->x[0], NULL, scratch);
    if (c->node->ntensors > 1)
        transpose_bias_gradient(c);
    if (c->dx[0])
        conv_plan_forward(c, &p, c->dy, NULL, c->dx[0], scratch);
}

const struct layer_type layer_conv_transpose = {
    .name = "conv_transpose",
    .alias = "deconv",
    .sig = "[C,H,W] -> [filters,H',W'], [C,T] -> [filters,T'], [C,D,H,W] -> [filters,D',H',W']",
    .help = "transposed convolution: each input is spread over the kernel's places, stride apart",
    .source = "Zeiler et al. 2010, doi:10.1109/CVPR.2010.5539957; Dumoulin & Visin 2016, arXiv:1603.07285",
    .params = transpose_params,
    .positional = 2,
    .args_size = sizeof(struct conv_args),
    .flags = KEEPS_X | COUNTS,
    .check = transpose_check,
    .shape = transpose_shape,
    .window = transpose_window,
    .scratch = transpose_scratch,
    .forward = transpose_forward,
    .backward = transpose_backward,
};
