/* onnx_layers.c - what each layer becomes in ONNX. Values are [batch, C], [batch, C, T] or [batch, C, H, W].
 *
 * The order of what is written is that of the calls, so that no call has two arguments that write: compilers differ in
 * which of them comes first. */
#include "base/maths.h"
#include "model/export/onnx_export.h"
#include "nn/layers/conv.h"
#include "nn/layers/joins.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The words of every row: w the writer, nd the node, x its inputs, y its output, e. */
#define EMIT(name)                                                                                                     \
    static int emit_##name(struct onnx_writer *w, const struct nn_node *nd, const char *const *x, const char *y,       \
                           struct err *e)

static const char *one_number(struct onnx_writer *w, double v)
{
    const float f = (float)v;
    return onnx_floats(w, &f, NULL, 0);
}

/* A tensor of the node, of dimensions as they are in model files. */
static const char *put_tensor_of(struct onnx_writer *w, const struct nn_node *nd, int i)
{
    return onnx_floats(w, export_tensor(w->m, nd, i, &w->mem), nd->tensor[i].dim, nd->tensor[i].rank);
}

/* One with a number for each channel, to go with values of the node: [C,1,1], or as the tensor is where it has a number
 * for each element. */
static const char *put_channels(struct onnx_writer *w, const struct nn_node *nd, int i)
{
    const int channels[] = {(int)nd->tensor[i].n, 1, 1, 1};
    const float *v = export_tensor(w->m, nd, i, &w->mem);
    return nd->tensor[i].rank > 1 ? onnx_floats(w, v, nd->tensor[i].dim, nd->tensor[i].rank)
                                  : onnx_floats(w, v, channels, (int)nd->y.kind);
}

/* -1 with *e where the node is of a volume: the row does not do these. */
static int refuse_volume(const struct nn_node *nd, struct err *e)
{
    return nd->x[0].kind == VOLUME ? export_refuse(nd, "onnx", "it works on a volume", e) : 0;
}

/* The directions of a node in the order of ONNX, as sides of extents (rows, columns, slices); returns how many. */
static int sides_of(const struct nn_node *nd, int side[NN_SIDES])
{
    const int volume = nd->x[0].kind == VOLUME;
    side[0] = volume ? 2 : 0;
    side[1] = volume ? 0 : 1;
    side[2] = 1;
    return (int)nd->x[0].kind - 1;
}

static int along_side(struct shape s, int side)
{
    return side == 0 ? shape_rows(s) : side == 1 ? s.w : s.d;
}

/* --- convolutions and dense layers --- */

/* Zeros after the last of n inputs, so that there are as many outputs. */
static int pad_behind(int n, int outputs, int stride, int reach, int before)
{
    int behind = (outputs - 1) * stride + reach - n - before;
    return behind > 0 ? behind : 0;
}

EMIT(conv)
{
    const struct conv_args *args = nd->args;
    const char *in[3] = {x[0], put_tensor_of(w, nd, 0), nd->ntensors > 1 ? put_tensor_of(w, nd, 1) : ""};
    int side[NN_SIDES], kernel[NN_SIDES], stride[NN_SIDES], dilation[NN_SIDES], pads[2 * NN_SIDES];
    const int sides = sides_of(nd, side);
    (void)e;
    for (int i = 0; i < sides; i++) {
        const int n = along_side(nd->x[0], side[i]), outputs = along_side(nd->y, side[i]);
        kernel[i] = layer_along(args->kernel, side[i]);
        stride[i] = layer_along(args->stride, side[i]);
        dilation[i] = layer_along(args->dilation, side[i]);
        const int reach = (kernel[i] - 1) * dilation[i] + 1;
        pads[i] = args->same ? pad_behind(n, outputs, stride[i], reach, 0) / 2 : layer_along(args->pad, side[i]);
        pads[sides + i] = pad_behind(n, outputs, stride[i], reach, pads[i]);
    }
    struct onnx_attributes a = {{0}};
    onnx_ints(&a, "kernel_shape", kernel, sides);
    onnx_ints(&a, "strides", stride, sides);
    onnx_ints(&a, "pads", pads, 2 * sides);
    onnx_ints(&a, "dilations", dilation, sides);
    onnx_int(&a, "group", args->multiplier ? nd->x[0].c : args->groups);
    onnx_node(w, "Conv", in, nd->ntensors > 1 ? 3 : 2, y, &a);
    return 0;
}

EMIT(conv_transpose)
{
    const struct conv_args *args = nd->args;
    const char *in[3] = {x[0], put_tensor_of(w, nd, 0), nd->ntensors > 1 ? put_tensor_of(w, nd, 1) : ""};
    const int sides = (int)nd->x[0].kind - 1;
    int kernel[2], stride[2], dilation[2], output_pad[2], pads[4];
    if (refuse_volume(nd, e))
        return -1;
    for (int i = 0; i < sides; i++) {
        kernel[i] = layer_along(args->kernel, i);
        stride[i] = layer_along(args->stride, i);
        dilation[i] = layer_along(args->dilation, i);
        output_pad[i] = layer_along(args->output_pad, i);
        pads[i] = pads[sides + i] = layer_along(args->pad, i);
    }
    struct onnx_attributes a = {{0}};
    onnx_ints(&a, "kernel_shape", kernel, sides);
    onnx_ints(&a, "strides", stride, sides);
    onnx_ints(&a, "pads", pads, 2 * sides);
    onnx_ints(&a, "dilations", dilation, sides);
    onnx_ints(&a, "output_padding", output_pad, sides);
    onnx_int(&a, "group", args->groups);
    onnx_node(w, "ConvTranspose", in, nd->ntensors > 1 ? 3 : 2, y, &a);
    return 0;
}

EMIT(patch)
{
    const int size[] = {export_side(nd, "size", 0), export_side(nd, "size", 1)};
    const char *in[3] = {x[0], put_tensor_of(w, nd, 0), nd->ntensors > 1 ? put_tensor_of(w, nd, 1) : ""};
    struct onnx_attributes a = {{0}};
    (void)e;
    onnx_ints(&a, "kernel_shape", size, 2);
    onnx_ints(&a, "strides", size, 2);
    onnx_reshape(w, onnx_node(w, "Conv", in, nd->ntensors > 1 ? 3 : 2, NULL, &a), nd->y, y);
    return 0;
}

/* On a sequence a convolution of one tap. */
static void dense_of_positions(struct onnx_writer *w, const struct nn_node *nd, const char *x, const char *y)
{
    const int dim[] = {nd->y.c, nd->x[0].c, 1};
    const char *in[3] = {x, onnx_floats(w, export_tensor(w->m, nd, 0, &w->mem), dim, 3),
                         nd->ntensors > 1 ? put_tensor_of(w, nd, 1) : ""};
    onnx_node(w, "Conv", in, nd->ntensors > 1 ? 3 : 2, y, NULL);
}

EMIT(dense)
{
    const struct shape vector = {VECTOR, nd->x[0].c, 1, 1, 1};
    struct onnx_attributes a = {{0}};
    if (nd->tied >= 0)
        return export_refuse(nd, "onnx", "its weights are those of another layer", e);
    if (nd->x[0].kind == SEQUENCE) {
        dense_of_positions(w, nd, x[0], y);
        return 0;
    }
    const char *in[3] = {nd->x[0].kind == MAPS ? onnx_reshape(w, x[0], vector, NULL) : x[0], put_tensor_of(w, nd, 0),
                         nd->ntensors > 1 ? put_tensor_of(w, nd, 1) : ""};
    onnx_int(&a, "transB", 1);
    onnx_node(w, "Gemm", in, nd->ntensors > 1 ? 3 : 2, y, &a);
    return 0;
}

/* --- normalizations --- */

EMIT(batchnorm)
{
    const int dim[] = {nd->x[0].c};
    const char *in[5] = {x[0], put_tensor_of(w, nd, 0), put_tensor_of(w, nd, 1),
                         onnx_floats(w, export_buffer(w->m, nd, 0), dim, 1),
                         onnx_floats(w, export_buffer(w->m, nd, 1), dim, 1)};
    struct onnx_attributes a = {{0}};
    (void)e;
    onnx_float(&a, "epsilon", (float)export_word(nd, "eps"));
    onnx_node(w, "BatchNormalization", in, 5, y, &a);
    return 0;
}

static const char *mean_over(struct onnx_writer *w, const char *x, const int64_t *axis, int n)
{
    return onnx_of_two(w, "ReduceMean", x, onnx_wholes(w, axis, n), NULL);
}

/* (x - mean) / sqrt(mean square + eps) over axes; without the mean where it is not centred. */
static const char *normalized(struct onnx_writer *w, const char *x, const int64_t *axis, int n, int centred, double eps)
{
    if (centred)
        x = onnx_of_two(w, "Sub", x, mean_over(w, x, axis, n), NULL);
    const char *square = mean_over(w, onnx_of_two(w, "Mul", x, x, NULL), axis, n);
    return onnx_of_two(w, "Div", x, onnx_of(w, "Sqrt", onnx_of_two(w, "Add", square, one_number(w, eps), NULL), NULL),
                       NULL);
}

static void gained(struct onnx_writer *w, const struct nn_node *nd, const char *x, const char *y)
{
    const char *by = nd->ntensors ? put_channels(w, nd, 0) : one_number(w, 1);
    x = onnx_of_two(w, "Mul", x, by, nd->ntensors > 1 ? NULL : y);
    if (nd->ntensors > 1)
        onnx_of_two(w, "Add", x, put_channels(w, nd, 1), y);
}

static int emit_over_norm(struct onnx_writer *w, const struct nn_node *nd, const char *x, const char *y, int centred)
{
    static const int64_t axes[] = {1, 2, 3, 4};
    const int all = export_word(nd, "over") > 0;
    gained(w, nd, normalized(w, x, axes, all ? (int)nd->x[0].kind : 1, centred, export_word(nd, "eps")), y);
    return 0;
}

EMIT(layernorm)
{
    (void)e;
    return emit_over_norm(w, nd, x[0], y, 1);
}

EMIT(rmsnorm)
{
    (void)e;
    return emit_over_norm(w, nd, x[0], y, 0);
}

static int emit_group_norm(struct onnx_writer *w, const struct nn_node *nd, const char *x, const char *y, int groups)
{
    static const int64_t last[] = {2};
    const int64_t dim[] = {0, groups, -1};
    x = onnx_of_two(w, "Reshape", x, onnx_wholes(w, dim, 3), NULL);
    x = normalized(w, x, last, 1, 1, export_word(nd, "eps"));
    gained(w, nd, onnx_reshape(w, x, nd->y, NULL), y);
    return 0;
}

EMIT(groupnorm)
{
    (void)e;
    return emit_group_norm(w, nd, x[0], y, (int)export_word(nd, "groups"));
}

EMIT(instancenorm)
{
    (void)e;
    return emit_group_norm(w, nd, x[0], y, nd->x[0].c);
}

EMIT(logit_norm)
{
    static const int64_t axis[] = {1};
    const double c = nd->x[0].c;
    (void)e;
    const char *scale = one_number(w, 1 / (export_word(nd, "temperature") * sqrt(c)));
    onnx_of_two(w, "Mul", normalized(w, x[0], axis, 1, 0, 1e-14 / c), scale, y);
    return 0;
}

EMIT(lrn)
{
    struct onnx_attributes a = {{0}};
    const struct shape map = {MAPS, nd->x[0].c, nd->x[0].h, nd->x[0].w, 1};
    const int size = (int)export_word(nd, "size");
    if (refuse_volume(nd, e))
        return -1;
    if (size % 2 == 0)
        return export_refuse(nd, "onnx", "an even size has its odd neighbour on the other side there", e);
    onnx_int(&a, "size", size);
    onnx_float(&a, "alpha", (float)export_word(nd, "alpha"));
    onnx_float(&a, "beta", (float)export_word(nd, "beta"));
    onnx_float(&a, "bias", (float)export_word(nd, "k"));
    const char *in = nd->x[0].kind == MAPS ? x[0] : onnx_reshape(w, x[0], map, NULL);
    in = onnx_node(w, "LRN", &in, 1, nd->x[0].kind == MAPS ? y : NULL, &a);
    if (nd->x[0].kind != MAPS)
        onnx_reshape(w, in, nd->y, y);
    return 0;
}

/* --- activations --- */

EMIT(act)
{
    const enum act act = (enum act)nd->type->act;
    static const char *const ops[] = {[ACT_relu] = "Relu",         [ACT_leaky_relu] = "LeakyRelu",
                                      [ACT_sigmoid] = "Sigmoid",   [ACT_tanh] = "Tanh",
                                      [ACT_gelu] = "Gelu",         [ACT_elu] = "Elu",
                                      [ACT_selu] = "Selu",         [ACT_mish] = "Mish",
                                      [ACT_softplus] = "Softplus", [ACT_hardswish] = "HardSwish"};
    struct onnx_attributes a = {{0}};
    (void)e;
    if (act == ACT_silu) {
        onnx_of_two(w, "Mul", x[0], onnx_of(w, "Sigmoid", x[0], NULL), y);
        return 0;
    }
    if (act == ACT_relu6) {
        const char *const in[] = {x[0], one_number(w, 0), one_number(w, 6)};
        onnx_node(w, "Clip", in, 3, y, NULL);
        return 0;
    }
    if (nd->type->positional)
        onnx_float(&a, "alpha", (float)export_word(nd, nd->type->params[0].name));
    onnx_node(w, ops[act], x, 1, y, &a);
    return 0;
}

/* Where it is not the end of the network. */
EMIT(softmax)
{
    struct onnx_attributes a = {{0}};
    (void)nd, (void)e;
    onnx_int(&a, "axis", 1);
    onnx_node(w, "Softmax", x, 1, y, &a);
    return 0;
}

EMIT(prelu)
{
    (void)e;
    onnx_of_two(w, "PRelu", x[0], put_channels(w, nd, 0), y);
    return 0;
}

EMIT(maxout)
{
    const int64_t dim[] = {0, nd->y.c, (int)export_word(nd, "pieces"), -1}, axis[] = {2};
    (void)e;
    const char *pieces = onnx_of_two(w, "Reshape", x[0], onnx_wholes(w, dim, 4), NULL);
    onnx_reshape(w, onnx_of_two(w, "ReduceMax", pieces, onnx_wholes(w, axis, 1), NULL), nd->y, y);
    return 0;
}

/* Elements from .. to - 1 along an axis, every step-th. */
static const char *slice(struct onnx_writer *w, const char *x, int axis, int64_t from, int64_t to, int64_t step,
                         const char *y)
{
    const int64_t a = axis;
    const char *const in[] = {x, onnx_wholes(w, &from, 1), onnx_wholes(w, &to, 1), onnx_wholes(w, &a, 1),
                              onnx_wholes(w, &step, 1)};
    return onnx_node(w, "Slice", in, 5, y, NULL);
}

EMIT(glu)
{
    (void)e;
    const char *gate = onnx_of(w, "Sigmoid", slice(w, x[0], 1, nd->y.c, 2 * nd->y.c, 1, NULL), NULL);
    onnx_of_two(w, "Mul", slice(w, x[0], 1, 0, nd->y.c, 1, NULL), gate, y);
    return 0;
}

/* Outside training the means, which are the first half. */
EMIT(sample)
{
    (void)e;
    slice(w, x[0], 1, 0, nd->y.c, 1, y);
    return 0;
}

/* --- pooling --- */

/* Windows, their steps and zeros around along a side: those of its words, or those that share all of it out. */
static int window_along(const struct nn_node *nd, int side, int *kernel, int *stride, int *pad, struct err *e)
{
    const int n = along_side(nd->x[0], side), outputs = along_side(nd->y, side);
    *kernel = *stride = n / outputs;
    *pad = 0;
    if (param_find(nd->type->params ? nd->type->params : &(const struct param){0}, "kernel")) {
        *kernel = export_side(nd, "kernel", side);
        *stride = export_side(nd, "stride", side);
        *pad = export_side(nd, "pad", side);
    } else if (n % outputs)
        return export_refuse(nd, "onnx", "its windows have different sizes", e);
    return 0;
}

static int emit_pooling(struct onnx_writer *w, const struct nn_node *nd, const char *x, const char *y, int max,
                        struct err *e)
{
    int side[NN_SIDES], kernel[NN_SIDES], stride[NN_SIDES], pads[2 * NN_SIDES];
    const int sides = sides_of(nd, side);
    struct onnx_attributes a = {{0}};
    for (int i = 0; i < sides; i++) {
        if (window_along(nd, side[i], &kernel[i], &stride[i], &pads[i], e))
            return -1;
        pads[sides + i] = pads[i];
    }
    onnx_ints(&a, "kernel_shape", kernel, sides);
    onnx_ints(&a, "strides", stride, sides);
    onnx_ints(&a, "pads", pads, 2 * sides);
    if (!max)
        onnx_int(&a, "count_include_pad", 1);
    onnx_node(w, max ? "MaxPool" : "AveragePool", &x, 1, y, &a);
    return 0;
}

EMIT(maxpool)
{
    return emit_pooling(w, nd, x[0], y, 1, e);
}

EMIT(avgpool)
{
    return emit_pooling(w, nd, x[0], y, 0, e);
}

/* The mean of the positions of a sequence, or one of them, as a vector. */
EMIT(mean)
{
    static const int64_t axis[] = {2};
    (void)e;
    onnx_reshape(w, mean_over(w, x[0], axis, 1), nd->y, y);
    return 0;
}

EMIT(first)
{
    (void)e;
    onnx_reshape(w, slice(w, x[0], 2, 0, 1, 1, NULL), nd->y, y);
    return 0;
}

EMIT(last)
{
    (void)e;
    onnx_reshape(w, slice(w, x[0], 2, nd->x[0].h - 1, nd->x[0].h, 1, NULL), nd->y, y);
    return 0;
}

/* --- places --- */

EMIT(upsample)
{
    const struct shape from = nd->x[0], to = nd->y;
    const float scales[] = {1, 1, (float)(to.h / from.h), (float)(to.w / from.w)};
    const int rank[] = {(int)from.kind + 1}, linear = export_word(nd, "mode") > 0;
    const char *const in[] = {x[0], "", onnx_floats(w, scales, rank, 1)};
    struct onnx_attributes a = {{0}};
    if (refuse_volume(nd, e))
        return -1;
    onnx_text(&a, "mode", linear ? "linear" : "nearest");
    onnx_text(&a, "coordinate_transformation_mode", linear ? "half_pixel" : "asymmetric");
    if (!linear)
        onnx_text(&a, "nearest_mode", "floor");
    onnx_node(w, "Resize", in, 3, y, &a);
    return 0;
}

/* Rows (or positions) and columns that a pad adds on each side, or a crop takes away. */
static int border_rows(const struct nn_node *nd)
{
    return abs(nd->y.h - nd->x[0].h) / 2;
}

static int border_columns(const struct nn_node *nd)
{
    return abs(nd->y.w - nd->x[0].w) / 2;
}

EMIT(pad)
{
    static const char *const modes[] = {"constant", "reflect", "edge"};
    const int64_t h = border_rows(nd), v = border_columns(nd), of_map[] = {0, 0, h, v, 0, 0, h, v};
    const int64_t of_sequence[] = {0, 0, h, 0, 0, h};
    const int map = nd->x[0].kind == MAPS;
    struct onnx_attributes a = {{0}};
    const char *const in[] = {x[0], onnx_wholes(w, map ? of_map : of_sequence, map ? 8 : 6)};
    if (refuse_volume(nd, e))
        return -1;
    onnx_text(&a, "mode", modes[(int)export_word(nd, "mode")]);
    onnx_node(w, "Pad", in, 2, y, &a);
    return 0;
}

EMIT(crop)
{
    const int top = border_rows(nd), left = border_columns(nd), map = nd->x[0].kind == MAPS;
    if (refuse_volume(nd, e))
        return -1;
    const char *rows = slice(w, x[0], 2, top, top + nd->y.h, 1, map ? NULL : y);
    if (map)
        slice(w, rows, 3, left, left + nd->y.w, 1, y);
    return 0;
}

EMIT(shortcut)
{
    const int sides = (int)nd->x[0].kind - 1, more = nd->y.c - nd->x[0].c;
    const int64_t pads[] = {0, 0, 0, 0, 0, more, 0, 0}, of_two[] = {0, 0, 0, 0, more, 0}, of_one[] = {0, 0, 0, more};
    const int64_t *const all[] = {of_one, of_two, pads};
    const char *in = x[0];
    int stride[2];
    if (refuse_volume(nd, e))
        return -1;
    export_shortcut(nd, stride);
    for (int i = 0; i < sides; i++)
        in = slice(w, in, 2 + i, 0, i ? nd->x[0].w : nd->x[0].h, stride[i], NULL);
    onnx_of_two(w, "Pad", in, onnx_wholes(w, all[sides], 4 + 2 * sides), y);
    return 0;
}

/* --- joins --- */

EMIT(add)
{
    const char *sum = x[0];
    (void)e;
    if (join_scale(nd) != 1)
        sum = onnx_of_two(w, "Mul", sum, one_number(w, join_scale(nd)), NULL);
    for (int k = 1; k < nd->nin; k++)
        sum = onnx_of_two(w, "Add", sum, x[k], k + 1 < nd->nin ? NULL : y);
    return 0;
}

EMIT(mul)
{
    const char *product = x[0];
    (void)e;
    for (int k = 1; k < nd->nin; k++)
        product = onnx_of_two(w, "Mul", product, x[k], k + 1 < nd->nin ? NULL : y);
    return 0;
}

EMIT(gate)
{
    struct shape one = nd->x[0];
    (void)e;
    one.h = one.w = one.d = 1;
    onnx_of_two(w, "Mul", x[0], onnx_reshape(w, x[1], one, NULL), y);
    return 0;
}

EMIT(mean_of)
{
    (void)e;
    onnx_node(w, "Mean", x, nd->nin, y, NULL);
    return 0;
}

EMIT(concat)
{
    struct onnx_attributes a = {{0}};
    (void)e;
    onnx_int(&a, "axis", 1);
    onnx_node(w, "Concat", x, nd->nin, y, &a);
    return 0;
}

/* --- attention and its like --- */

static const char *turned(struct onnx_writer *w, const char *x, int n, const int *order, const char *y)
{
    struct onnx_attributes a = {{0}};
    onnx_ints(&a, "perm", order, n);
    return onnx_node(w, "Transpose", &x, 1, y, &a);
}

static const char *of_positions(struct onnx_writer *w, const struct nn_node *nd, const char *x)
{
    const int64_t dim[] = {0, nd->x[0].c, -1};
    return nd->x[0].kind == SEQUENCE ? x : onnx_of_two(w, "Reshape", x, onnx_wholes(w, dim, 3), NULL);
}

/* [.., in] times a weight [out][in] of the node, plus a bias. */
static const char *projected(struct onnx_writer *w, const struct nn_node *nd, int weight, const char *x)
{
    static const int swap[] = {1, 0};
    const char *by = turned(w, put_tensor_of(w, nd, weight), 2, swap, NULL);
    const char *bias = put_tensor_of(w, nd, weight + 1);
    return onnx_of_two(w, "Add", onnx_of_two(w, "MatMul", x, by, NULL), bias, NULL);
}

/* Cosines (or sines) of the angles of rotary, [positions][width / 2]. */
static const char *angles(struct onnx_writer *w, int positions, int width, double (*f)(double x))
{
    const int half = width / 2, dim[] = {positions, half};
    float *v = arena_take(&w->mem, (size_t)(positions * half) * sizeof *v);
    for (int t = 0; v && t < positions; t++)
        for (int i = 0; i < half; i++)
            v[t * half + i] = (float)f(t * m_pow(10000, -2.0 * i / width));
    return onnx_floats(w, v, dim, 2);
}

/* Channels 2i and 2i + 1 of [batch, heads, positions, width], turned by their position. */
static const char *rotated(struct onnx_writer *w, const char *x, int positions, int width)
{
    const char *a = slice(w, x, 3, 0, width, 2, NULL), *b = slice(w, x, 3, 1, width, 2, NULL);
    const char *cosine = angles(w, positions, width, m_cos), *sine = angles(w, positions, width, m_sin);
    const char *subtracted = onnx_of_two(w, "Mul", b, sine, NULL);
    const char *first = onnx_of_two(w, "Sub", onnx_of_two(w, "Mul", a, cosine, NULL), subtracted, NULL);
    const char *added = onnx_of_two(w, "Mul", b, cosine, NULL);
    const char *second = onnx_of_two(w, "Add", onnx_of_two(w, "Mul", a, sine, NULL), added, NULL);
    const int64_t last[] = {-1}, dim[] = {0, 0, 0, width};
    struct onnx_attributes join = {{0}};
    const char *const pair[] = {onnx_of_two(w, "Unsqueeze", first, onnx_wholes(w, last, 1), NULL),
                                onnx_of_two(w, "Unsqueeze", second, onnx_wholes(w, last, 1), NULL)};
    onnx_int(&join, "axis", -1);
    const char *whole = onnx_wholes(w, dim, 4);
    return onnx_of_two(w, "Reshape", onnx_node(w, "Concat", pair, 2, NULL, &join), whole, NULL);
}

/* 0 for the keys up to each query, no chance for those after it. */
static const char *later_keys(struct onnx_writer *w, int positions)
{
    const int dim[] = {positions, positions};
    float *v = arena_take(&w->mem, (size_t)positions * (size_t)positions * sizeof *v);
    for (int i = 0; v && i < positions * positions; i++)
        v[i] = i % positions > i / positions ? -INFINITY : 0;
    return onnx_floats(w, v, dim, 2);
}

EMIT(attention)
{
    static const int swap[] = {0, 2, 1}, to_heads[] = {0, 2, 1, 3}, to_keys[] = {0, 1, 3, 2};
    const int c = nd->x[0].c, heads = (int)export_word(nd, "heads"), width = c / heads;
    const int positions = nd->x[0].h * nd->x[0].w;
    const int64_t split[] = {0, 0, heads, width}, joined[] = {0, 0, c};
    struct onnx_attributes a = {{0}};
    const char *part[3];
    (void)e;
    const char *qkv = projected(w, nd, 0, turned(w, of_positions(w, nd, x[0]), 3, swap, NULL));
    for (int i = 0; i < 3; i++) {
        part[i] = slice(w, qkv, 2, i * c, (i + 1) * c, 1, NULL);
        part[i] = turned(w, onnx_of_two(w, "Reshape", part[i], onnx_wholes(w, split, 4), NULL), 4, to_heads, NULL);
        if (i < 2 && export_word(nd, "rotary") > 0)
            part[i] = rotated(w, part[i], positions, width);
    }
    const char *scores = onnx_of_two(w, "MatMul", part[0], turned(w, part[1], 4, to_keys, NULL), NULL);
    scores = onnx_of_two(w, "Mul", scores, one_number(w, 1 / sqrt(width)), NULL);
    if (export_word(nd, "causal") > 0)
        scores = onnx_of_two(w, "Add", scores, later_keys(w, positions), NULL);
    onnx_int(&a, "axis", -1);
    const char *mixed = onnx_of_two(w, "MatMul", onnx_node(w, "Softmax", &scores, 1, NULL, &a), part[2], NULL);
    const char *together = onnx_wholes(w, joined, 3);
    mixed = onnx_of_two(w, "Reshape", turned(w, mixed, 4, to_heads, NULL), together, NULL);
    onnx_reshape(w, turned(w, projected(w, nd, 2, mixed), 3, swap, NULL), nd->y, y);
    return 0;
}

/* --- sequences --- */

/* Tokens are floats here, too; ONNX looks them up by whole numbers. */
EMIT(embedding)
{
    static const int swap[] = {0, 2, 1};
    const int64_t dim[] = {0, -1};
    enum { WHOLE = 7 }; /* TensorProto.INT64 */
    struct onnx_attributes to = {{0}};
    (void)e;
    onnx_int(&to, "to", WHOLE);
    const char *flat = onnx_of_two(w, "Reshape", x[0], onnx_wholes(w, dim, 2), NULL);
    const char *const in[] = {put_tensor_of(w, nd, 0), onnx_node(w, "Cast", &flat, 1, NULL, &to)};
    turned(w, onnx_node(w, "Gather", in, 2, NULL, NULL), 3, swap, y);
    return 0;
}

/* Maps turned so that what follows has the rows as positions. */
EMIT(rows)
{
    static const int rows_last[] = {0, 1, 3, 2};
    (void)e;
    onnx_reshape(w, turned(w, x[0], 4, rows_last, NULL), nd->y, y);
    return 0;
}

/* The gates in the order of ONNX, of those of each way: a tensor [ways][gates units][columns], of tensor `i` of a way
 * or of the biases i and i + 1, one after the other. */
static const char *gates_of(struct onnx_writer *w, const struct nn_node *nd, int i, int biases, int units,
                            const int *order, int gates)
{
    const int ways = nd->ntensors / 4, columns = nd->tensor[i].rank > 1 ? nd->tensor[i].dim[1] : 1;
    const size_t gate = (size_t)(units * columns), each = gate * (size_t)gates * (size_t)biases;
    const int dim[] = {ways, gates * units * biases, columns};
    float *v = arena_take(&w->mem, each * (size_t)ways * sizeof *v);
    for (int k = 0; v && k < ways * biases * gates; k++) {
        const float *from = export_tensor(w->m, nd, 4 * (k / gates / biases) + i + k / gates % biases, &w->mem);
        if (from)
            memcpy(v + (size_t)k * gate, from + (size_t)order[k % gates] * gate, gate * sizeof *v);
    }
    return onnx_floats(w, v, dim, biases > 1 ? 2 : 3);
}

static int emit_recurrent(struct onnx_writer *w, const struct nn_node *nd, const char *x, const char *y, const char *op,
                          const int *order, int gates)
{
    static const int by_position[] = {2, 0, 1}, of_all[] = {2, 1, 3, 0}, of_last[] = {1, 0, 2};
    const int ways = nd->ntensors / 4, units = nd->y.c / ways, last = nd->y.kind == VECTOR;
    struct onnx_attributes a = {{0}};
    onnx_int(&a, "hidden_size", units);
    onnx_text(&a, "direction", ways > 1 ? "bidirectional" : "forward");
    if (nd->type == layer_find("gru"))
        onnx_int(&a, "linear_before_reset", 1);
    if (nd->type == layer_find("rnn") && export_word(nd, "act") > 0)
        onnx_texts(&a, "activations", "Relu", ways);
    const char *const in[] = {turned(w, x, 3, by_position, NULL), gates_of(w, nd, 0, 1, units, order, gates),
                              gates_of(w, nd, 1, 1, units, order, gates), gates_of(w, nd, 2, 2, units, order, gates)};
    const char *made = last ? onnx_second(w, op, in, 4, &a) : onnx_node(w, op, in, 4, NULL, &a);
    onnx_reshape(w, turned(w, made, last ? 3 : 4, last ? of_last : of_all, NULL), nd->y, y);
    return 0;
}

EMIT(rnn)
{
    static const int order[] = {0};
    (void)e;
    return emit_recurrent(w, nd, x[0], y, "RNN", order, 1);
}

EMIT(lstm)
{
    static const int order[] = {0, 3, 1, 2}; /* i o f g */
    (void)e;
    return emit_recurrent(w, nd, x[0], y, "LSTM", order, 4);
}

EMIT(gru)
{
    static const int order[] = {1, 0, 2}; /* z r n */
    (void)e;
    return emit_recurrent(w, nd, x[0], y, "GRU", order, 3);
}

/* What is added to [C][positions] of a sequence or maps: learned, or sines. */
static const float *position_table(struct onnx_writer *w, const struct nn_node *nd)
{
    const struct shape s = nd->x[0];
    const int positions = s.h * s.w;
    const float *learned = nd->ntensors ? export_tensor(w->m, nd, 0, &w->mem) : NULL;
    float *v = arena_take(&w->mem, shape_size(s) * sizeof *v);
    for (int c = 0; v && c < s.c; c++)
        for (int t = 0; t < positions; t++) {
            const double angle = t * m_pow(10000, -(double)(c / 2 * 2) / s.c);
            float *to = v + c * positions + t;
            if (!learned)
                *to = (float)(c % 2 ? m_cos(angle) : m_sin(angle));
            else
                *to = s.kind == SEQUENCE ? learned[t * s.c + c] : learned[c * positions + t];
        }
    return v;
}

EMIT(positional)
{
    const struct shape s = nd->x[0];
    const int dim[] = {s.c, s.h, s.w};
    if (refuse_volume(nd, e))
        return -1;
    onnx_of_two(w, "Add", x[0], onnx_floats(w, position_table(w, nd), dim, (int)s.kind), y);
    return 0;
}

EMIT(class_token)
{
    const int c = nd->x[0].c, dim[] = {1, c, 1};
    const int64_t rest[] = {c, 1};
    struct onnx_attributes first = {{0}}, along = {{0}}, axis = {{0}};
    (void)e;
    onnx_int(&first, "start", 0);
    onnx_int(&first, "end", 1);
    onnx_int(&along, "axis", 0);
    const char *const size[] = {onnx_node(w, "Shape", x, 1, NULL, &first), onnx_wholes(w, rest, 2)};
    const char *token = onnx_floats(w, export_tensor(w->m, nd, 0, &w->mem), dim, 3);
    const char *const both[] = {onnx_of_two(w, "Expand", token, onnx_node(w, "Concat", size, 2, NULL, &along), NULL),
                                of_positions(w, nd, x[0])};
    onnx_int(&axis, "axis", 2);
    onnx_node(w, "Concat", both, 2, y, &axis);
    return 0;
}

/* Shares by 2 x c - |c|^2, as |x|^2 is the same for all centres. */
EMIT(kmeans)
{
    static const int swap[] = {1, 0};
    const int c = nd->x[0].c, k = (int)export_word(nd, "centres"), dim[] = {k, 1};
    const float *centre = export_tensor(w->m, nd, 0, &w->mem);
    const double sharp =
        nd->ntensors > 1 ? m_exp(-(double)export_tensor(w->m, nd, 1, &w->mem)[0]) : 1 / export_word(nd, "temperature");
    float *square = arena_take(&w->mem, (size_t)k * sizeof *square);
    struct onnx_attributes a = {{0}};
    struct shape flat = {SEQUENCE, c, nd->x[0].h * nd->x[0].w, 1, 1};
    if (refuse_volume(nd, e))
        return -1;
    for (int i = 0; square && i < k; i++) {
        double sum = 0;
        for (int j = 0; j < c; j++)
            sum += (double)centre[i * c + j] * (double)centre[i * c + j];
        square[i] = (float)(sum / 2);
    }
    const char *table = put_tensor_of(w, nd, 0);
    const char *near = onnx_of_two(w, "MatMul", table, onnx_reshape(w, x[0], flat, NULL), NULL);
    near = onnx_of_two(w, "Sub", near, onnx_floats(w, square, dim, 2), NULL);
    near = onnx_of_two(w, "Mul", near, one_number(w, 2 * sharp), NULL);
    onnx_int(&a, "axis", 1);
    const char *out = onnx_node(w, "Softmax", &near, 1, NULL, &a);
    if (export_word(nd, "out") == 0)
        out = onnx_of_two(w, "MatMul", turned(w, table, 2, swap, NULL), out, NULL);
    onnx_reshape(w, out, nd->y, y);
    return 0;
}

const struct onnx_layer onnx_layers[] = {
    {"conv2d", emit_conv},
    {"depthwise", emit_conv},
    {"conv_transpose", emit_conv_transpose},
    {"patch", emit_patch},
    {"dense", emit_dense},
    {"embedding", emit_embedding},
    {"batchnorm", emit_batchnorm},
    {"layernorm", emit_layernorm},
    {"groupnorm", emit_groupnorm},
    {"instancenorm", emit_instancenorm},
    {"rmsnorm", emit_rmsnorm},
    {"lrn", emit_lrn},
    {"logit_norm", emit_logit_norm},
    {"softmax", emit_softmax},
    {"prelu", emit_prelu},
    {"maxout", emit_maxout},
    {"glu", emit_glu},
    {"rnn", emit_rnn},
    {"lstm", emit_lstm},
    {"gru", emit_gru},
    {"attention", emit_attention},
    {"positional", emit_positional},
    {"class_token", emit_class_token},
    {"kmeans", emit_kmeans},
    {"sample", emit_sample},
    {"maxpool", emit_maxpool},
    {"avgpool", emit_avgpool},
    {"adaptive_maxpool", emit_maxpool},
    {"adaptive_avgpool", emit_avgpool},
    {"gap", emit_avgpool},
    {"gmp", emit_maxpool},
    {"mean", emit_mean},
    {"first", emit_first},
    {"last", emit_last},
    {"rows", emit_rows},
    {"upsample", emit_upsample},
    {"pad", emit_pad},
    {"crop", emit_crop},
    {"shortcut", emit_shortcut},
    {"join add", emit_add},
    {"join mean", emit_mean_of},
    {"join mul", emit_mul},
    {"join gate", emit_gate},
    {"join concat", emit_concat},
#define ACTIVATION(name, ...) {#name, emit_act},
#include "kernels/activations.def"
    {NULL, NULL},
};
