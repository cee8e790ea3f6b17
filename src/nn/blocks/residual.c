/* residual: what the body puts out plus what it reads. Where the two differ in shape, the way round the body gets a 1x1
 * convolution (a dense layer for vectors and sequences) of the fitting stride and a batchnorm: option B of He et al.;
 * or with `pad` every stride-th position and channels of zeros, which is their option A.
 *
 *     in ----> body ------------------> add -> out
 *       \--> [conv 1x1, batchnorm] --/
 */
#include "nn/layers/joins.h"
#include "nn/layers/shortcut.h"
#include "nn/text/builder.h"

#include <stdio.h>

struct residual_args {
    int identity, pad;
    double scale;
};

// clang-format off
#define AT(field) offsetof(struct residual_args, field)
static const struct param residual_params[] = {
    { .name = "identity", .type = P_FLAG, .at = AT(identity), .preset = "no",
      .help = "refuse a body that changes the shape, instead of a projection" },
    { .name = "pad", .type = P_FLAG, .at = AT(pad), .preset = "no",
      .help = "where the body changes the shape, add every stride-th position of the input, and nothing to the channels "
              "beyond its own, instead of a projection" },
    { .name = "scale", .type = P_FLOAT, .at = AT(scale), .min = 0, .max = 1000, .preset = "1", .open = 1,
      .help = "what the body's output is multiplied by" },
    { 0 },
};
// clang-format on

/* How many steps of the input go on one of the output. */
static int stride_of(int in, int out)
{
    return (in + out - 1) / out;
}

/* The way round without parameters. */
static int pad_channels(struct builder *b, const struct item *it, struct shape from, struct shape to, int in, int *out)
{
    const int stride[NN_SIDES] = {stride_of(shape_rows(from), shape_rows(to)), stride_of(from.w, to.w),
                                  stride_of(from.d, to.d)};
    char x[48], y[48];
    if (from.kind == to.kind && from.c <= to.c && shape_equal(shortcut_shape_of(from, stride, to.c), to))
        return build_shortcut(b, stride, to.c, it, in, out);
    return build_error(b, it, "its body turns %s into %s, which the input with channels of zeros cannot be added to",
                       shape_text(from, x, sizeof x), shape_text(to, y, sizeof y));
}

/* The way round a body that turns `from` into `to`. */
static int project(struct builder *b, const struct item *it, struct shape from, struct shape to, int in, int *out)
{
    char text[96], x[48], y[48];
    if (from.kind == VOLUME)
        snprintf(text, sizeof text, "conv2d 1 %d stride %dx%dx%d, batchnorm", to.c, stride_of(from.d, to.d),
                 stride_of(shape_rows(from), shape_rows(to)), stride_of(from.w, to.w));
    else if (from.kind == MAPS)
        snprintf(text, sizeof text, "conv2d 1x1 %d stride %dx%d, batchnorm", to.c, stride_of(from.h, to.h),
                 stride_of(from.w, to.w));
    else
        snprintf(text, sizeof text, "dense %d, batchnorm", to.c);
    if (from.kind == to.kind) {
        if (build_text(b, text, it, in, out))
            return -1;
        if (shape_equal(build_shape(b, *out), to))
            return 0;
    }
    return build_error(b, it, "its body turns %s into %s, which no projection of the input can be added to",
                       shape_text(from, x, sizeof x), shape_text(to, y, sizeof y));
}

static int residual_emit(struct builder *b, const struct item *it, int in, int *out)
{
    const struct residual_args *a = it->args;
    char x[48], y[48];
    int way[2] = {in, in};
    if (a->identity && a->pad)
        return build_word_error(b, it, "identity refuses what pad is for; leave out one of them");
    if (build_body(b, it->body[0], in, &way[0]))
        return -1;
    struct shape from = build_shape(b, in), to = build_shape(b, way[0]);
    if (!shape_equal(from, to) && a->identity)
        return build_error(b, it, "its body turns %s into %s; leave out identity to add a projection of the input",
                           shape_text(from, x, sizeof x), shape_text(to, y, sizeof y));
    b->level++;
    int bad = shape_equal(from, to) ? 0 : (a->pad ? pad_channels : project)(b, it, from, to, in, &way[1]);
    b->level--;
    if (bad)
        return -1;
    return build_join(b, &join_add, a->scale, it, way, 2, out);
}

const struct block_type block_residual = {
    .name = "residual",
    .sig = "[identity | pad] [scale S] { ... }",
    .help =
        "adds its input to what the body makes of it; a projection (1x1 convolution, batchnorm) where shapes differ",
    .source = "He et al. 2016, arXiv:1512.03385 (options B and A), arXiv:1603.05027",
    .params = residual_params,
    .args_size = sizeof(struct residual_args),
    .least = 1,
    .most = 1,
    .emit = residual_emit,
};
