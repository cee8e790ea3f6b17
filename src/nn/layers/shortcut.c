/* shortcut: every stride-th position of the input, and zeros in the channels that it does not have. */
#include "nn/layers/shortcut.h"

#include <stdio.h>
#include <string.h>

struct shortcut_args {
    int stride[2], channels;
};

int build_shortcut(struct builder *b, const int stride[2], int channels, const struct item *from, int in, int *out)
{
    struct shortcut_args *a = arena_take(b->a, sizeof *a);
    char *text = arena_fmt(b->a, "shortcut %d stride %dx%d", channels, stride[0], stride[1]);
    if (!a || !text)
        return err_set(b->e, ERR_NOMEM, "no memory for the network");
    *a = (struct shortcut_args){{stride[0], stride[1]}, channels};
    return build_node(b, &layer_shortcut, a, text, from, &in, 1, out);
}

static int shortcut_shape(struct nn_node *nd, struct err *e)
{
    const struct shortcut_args *a = nd->args;
    const struct shape x = nd->x[0];
    (void)e;
    nd->y = (struct shape){x.kind, a->channels, (x.h - 1) / a->stride[0] + 1, (x.w - 1) / a->stride[1] + 1};
    return 0;
}

static void shortcut_window(const struct nn_node *nd, int k[2], int s[2], int dilation[2])
{
    const struct shortcut_args *a = nd->args;
    for (int i = 0; i < 2; i++) {
        s[i] = a->stride[i];
        k[i] = dilation[i] = 1;
    }
}

/* Copies the positions that input and output both have, from an array like x to one like y, or `back`. */
static void copy_positions(const struct layer_call *c, int back, const float *from, float *to)
{
    const struct nn_node *nd = c->node;
    const struct shortcut_args *a = nd->args;
    for (int b = 0; b < c->pass->blocks; b++)
        for (int h = 0; h < nd->y.h; h++)
            for (int ch = 0; ch < nd->x[0].c; ch++)
                for (int w = 0; w < nd->y.w; w++) {
                    size_t x = lane_at(nd->x[0], b * LANES, ch, h * a->stride[0], w * a->stride[1]);
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
