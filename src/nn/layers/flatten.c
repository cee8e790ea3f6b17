/* flatten: maps become a vector in the order channel, row, column, so that the weights of a dense layer after it are
 * PyTorch's. The engine stores row, channel, column: with one row or one channel that is the same and nothing runs. */
#include "nn/layer.h"

#include <limits.h>
#include <string.h>

static int flatten_shape(struct nn_node *nd, struct err *e)
{
    if (shape_size(nd->x[0]) > INT_MAX)
        return layer_error(nd, e, "makes more than %d features", INT_MAX);
    nd->y = (struct shape){VECTOR, (int)shape_size(nd->x[0]), 1, 1, 1};
    if (nd->x[0].h == 1 || nd->x[0].c == 1)
        nd->flags |= IDENTITY;
    return 0;
}

/* maps[blocks][h][c][w][16] <-> vector[blocks][c][h][w][16] */
static void reorder(struct shape x, int blocks, int to_vector, const float *from, float *to)
{
    size_t row = (size_t)x.w * LANES, image = shape_size(x) * LANES;
    for (int b = 0; b < blocks; b++, from += image, to += image)
        for (int c = 0; c < x.c; c++)
            for (int h = 0; h < x.h; h++) {
                size_t maps = (size_t)(h * x.c + c) * row, vector = (size_t)(c * x.h + h) * row;
                memcpy(to + (to_vector ? vector : maps), from + (to_vector ? maps : vector), row * sizeof *to);
            }
}

static void flatten_forward(const struct layer_call *c)
{
    reorder(c->node->x[0], c->pass->blocks, 1, c->x[0], c->y);
}

static void flatten_backward(const struct layer_call *c)
{
    if (c->dx[0])
        reorder(c->node->x[0], c->pass->blocks, 0, c->dy, c->dx[0]);
}

const struct layer_type layer_flatten = {
    .name = "flatten",
    .sig = "[C,H,W] -> [C*H*W], [C,D,H,W] -> [C*D*H*W]",
    .help = "maps to one vector, in the order channel, slice, row, column",
    .source = "",
    .shape = flatten_shape,
    .window = layer_whole_window,
    .forward = flatten_forward,
    .backward = flatten_backward,
};
