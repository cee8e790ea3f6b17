/* shortcut: every stride-th position of the input, and zeros in the channels that it does not have. */
#include "nn/layers/shortcut.h"

#include <stdio.h>
#include <string.h>

struct shortcut_args {
    int stride[NN_SIDES], channels;
};

int build_shortcut(struct builder *b, const int stride[NN_SIDES], int channels, const struct item *from, int in,
                   int *out)
{
    struct shortcut_args *a = arena_take(b->a, sizeof *a);
    char *text = build_shape(b, in).kind == VOLUME
                     ? arena_fmt(b->a, "shortcut %d stride %dx%dx%d", channels, stride[2], stride[0], stride[1])
                     : arena_fmt(b->a, "shortcut %d stride %dx%d", channels, stride[0], stride[1]);
    if (!a || !text)
        return err_set(b->e, ERR_NOMEM, "no memory for the network");
    *a = (struct shortcut_args){{stride[0], stride[1], stride[2]}, channels};
    return build_node(b, &layer_shortcut, a, text, from, &in, 1, out);
}

struct shape shortcut_shape_of(struct shape x, const int stride[NN_SIDES], int channels)
{
    const int slices = (x.d - 1) / stride[2] + 1;
    return (struct shape){x.kind, channels, slices * ((shape_rows(x) - 1) / stride[0] + 1), (x.w - 1) / stride[1] + 1,
                          slices};
}

static int shortcut_shape(struct nn_node *nd, struct err *e)
{
    const struct shortcut_args *a = nd->args;
    (void)e;
    nd->y = shortcut_shape_of(nd->x[0], a->stride, a->channels);
    return 0;
}

static void shortcut_window(const struct nn_node *nd, struct nn_window *w)
{
    const struct shortcut_args *a = nd->args;
    memcpy(w->stride, a->stride, sizeof a->stride);
}

/* Copies the positions that input and output both have, from an array like x to one like y, or `back`. */
static void copy_positions(const struct layer_call *c, int back, const float *from, float *to)
{
    const struct nn_node *nd = c->node;
    const struct shortcut_args *a = nd->args;
    const int rows = shape_rows(nd->y);
    for (int b = 0; b < c->pass->blocks; b++)
        for (int h = 0; h < nd->y.h; h++)
            for (int ch = 0; ch < nd->x[0].c; ch++)
                for (int w = 0; w < nd->y.w; w++) {
                    int row = h / rows * a->stride[2] * shape_rows(nd->x[0]) + h % rows * a->stride[0];
                    size_t x = lane_at(nd->x[0], b * LANES, ch, row, w * a->stride[1]);
                    size_t y = lane_at(nd->y, b * LANES, ch, h, w);
                    memcpy(to + (back ? x : y), from + (back ? y : x), LANES * sizeof *to);
                }
}

static void shortcut_forward(const struct layer_call *c)
{
    memset(c->y, 0, floats_of(c->node->y, c->pass->blocks) * sizeof *c->y);
    copy_positions(c, 0, c->x[0], c->y);
}

static void shortcut_backward(const struct layer_call *c)
{
    if (!c->dx[0])
        return;
    memset(c->dx[0], 0, floats_of(c->node->x[0], c->pass->blocks) * sizeof *c->dx[0]);
    copy_positions(c, 1, c->dy, c->dx[0]);
}

const struct layer_type layer_shortcut = {
    .name = "shortcut",
    .sig = "[C,...] -> [channels,...]",
    .help = "every stride-th position, and zeros in the channels that the input does not have",
    .source = "He et al. 2016, arXiv:1512.03385 (option A)",
    .args_size = sizeof(struct shortcut_args),
    .shape = shortcut_shape,
    .window = shortcut_window,
    .forward = shortcut_forward,
    .backward = shortcut_backward,
};
