/* reshape: the same numbers with another shape, in the order channel, row, column, as torch.nn.Unflatten after a
 * flatten. */
#include "nn/layer.h"

#include <string.h>

struct reshape_args {
    const char *shape;
};

// clang-format off
static const struct param reshape_params[] = {
    { .name = "shape", .type = P_TEXT, .at = offsetof(struct reshape_args, shape),
      .help = "CxDxHxW, CxHxW, CxT or C of the output" },
    { 0 },
};
// clang-format on

static int reshape_check(void *args, struct err *e)
{
    const struct reshape_args *a = args;
    struct shape s;
    if (!shape_of_text(a->shape, &s))
        return 0;
    return err_set(e, ERR_USAGE, "shape: '%s' is not CxDxHxW, CxHxW, CxT or C, such as 16x7x7", a->shape);
}

/* One row or one channel: channel, row, column is then the order in memory. */
static int plain_order(struct shape s)
{
    return s.h == 1 || s.c == 1;
}

static int reshape_shape(struct nn_node *nd, struct err *e)
{
    const struct shape x = nd->x[0];
    char from[48], to[48];
    shape_of_text(((const struct reshape_args *)nd->args)->shape, &nd->y);
    if (shape_size(nd->y) != shape_size(x))
        return layer_error(nd, e, "%s has %zu values, its input %s has %zu", shape_text(nd->y, to, sizeof to),
                           shape_size(nd->y), shape_text(x, from, sizeof from), shape_size(x));
    if ((plain_order(x) && plain_order(nd->y)) || (x.c == nd->y.c && x.h == nd->y.h && x.w == nd->y.w))
        nd->flags |= IDENTITY;
    return 0;
}

/* The place of number i, in the order channel, row, column, in a block. */
static size_t place_in_block(struct shape s, size_t i)
{
    size_t plane = (size_t)s.h * (size_t)s.w;
    return lane_at(s, 0, (int)(i / plane), (int)(i % plane / (size_t)s.w), (int)(i % (size_t)s.w));
}

static void move_numbers(struct shape x, struct shape y, int blocks, const float *from, float *to)
{
    size_t n = shape_size(x);
    for (int b = 0; b < blocks; b++, from += n * LANES, to += n * LANES)
        for (size_t i = 0; i < n; i++)
            memcpy(to + place_in_block(y, i), from + place_in_block(x, i), LANES * sizeof *to);
}

static void reshape_forward(const struct layer_call *c)
{
    move_numbers(c->node->x[0], c->node->y, c->pass->blocks, c->x[0], c->y);
}

static void reshape_backward(const struct layer_call *c)
{
    if (c->dx[0])
        move_numbers(c->node->y, c->node->x[0], c->pass->blocks, c->dy, c->dx[0]);
}

const struct layer_type layer_reshape = {
    .name = "reshape",
    .sig = "any -> shape",
    .help = "the same numbers with another shape, in the order channel, slice, row, column",
    .source = "",
    .params = reshape_params,
    .positional = 1,
    .args_size = sizeof(struct reshape_args),
    .check = reshape_check,
    .shape = reshape_shape,
    .window = layer_whole_window,
    .forward = reshape_forward,
    .backward = reshape_backward,
};
