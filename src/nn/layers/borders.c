/* pad and crop: maps with more rows and columns around them, or with fewer; volumes with slices, sequences with
 * positions. pad adds zeros, or what a mirror at the edge shows, or the edge again and again. */
#include "nn/layer.h"

#include <limits.h>
#include <string.h>

struct border_args {
    int size[NN_SIDES], mode;
};

enum { ZEROS, REFLECT, REPLICATE };

static const char *fill_word(size_t i)
{
    static const char *const words[] = {"zeros", "reflect", "replicate"};
    return i < 3 ? words[i] : NULL;
}

// clang-format off
#define AT(field) offsetof(struct border_args, field)
static const struct param pad_params[] = {
    { .name = "size", .type = P_EXTENT, .at = AT(size), .min = 0, .max = 1024,
      .help = "rows above and below x columns left and right, of volumes slices before them" },
    { .name = "mode", .type = P_CHOICE, .at = AT(mode), .preset = "zeros", .word = fill_word,
      .help = "what stands there: zeros, the maps mirrored at their edge, or the edge repeated" },
    { 0 },
};
static const struct param crop_params[] = {
    { .name = "size", .type = P_EXTENT, .at = AT(size), .min = 0, .max = 1024,
      .help = "rows above and below x columns left and right that are taken away, of volumes slices before them" },
    { 0 },
};
// clang-format on

/* What is added on each side along rows, columns or slices; taken away where sign is -1. */
static int border_along(const struct nn_node *nd, int side, int sign)
{
    return sign * layer_number(nd, ((const struct border_args *)nd->args)->size, side, 0);
}

static int border_fits(const struct nn_node *nd, struct err *e)
{
    const struct border_args *a = nd->args;
    return layer_wants_positions(nd, e) || layer_extent_fits(nd, a->size, e) ? -1 : 0;
}

static int bordered(struct nn_node *nd, int sign)
{
    const struct shape x = nd->x[0];
    const int slices = x.d + 2 * border_along(nd, 2, sign), rows = shape_rows(x) + 2 * border_along(nd, 0, sign);
    nd->y = (struct shape){x.kind, x.c, slices * rows, x.w + 2 * border_along(nd, 1, sign), slices};
    if (shape_equal(nd->y, x))
        nd->flags |= IDENTITY;
    return 0;
}

static int pad_shape(struct nn_node *nd, struct err *e)
{
    const struct border_args *a = nd->args;
    const struct shape x = nd->x[0];
    if (border_fits(nd, e))
        return -1;
    if (a->mode == REFLECT &&
        (border_along(nd, 0, 1) >= shape_rows(x) || (border_along(nd, 1, 1) && border_along(nd, 1, 1) >= x.w) ||
         (border_along(nd, 2, 1) && border_along(nd, 2, 1) >= x.d)))
        return layer_error(nd, e, "a mirror shows at most %d rows and %d columns of an input of %dx%d",
                           shape_rows(x) - 1, x.w - 1, shape_rows(x), x.w);
    return bordered(nd, 1);
}

static int crop_shape(struct nn_node *nd, struct err *e)
{
    const struct shape x = nd->x[0];
    if (border_fits(nd, e))
        return -1;
    if (2 * border_along(nd, 0, 1) >= shape_rows(x) || 2 * border_along(nd, 1, 1) >= x.w ||
        2 * border_along(nd, 2, 1) >= x.d)
        return layer_error(nd, e, "nothing is left of an input of %dx%d", shape_rows(x), x.w);
    return bordered(nd, -1);
}

/* Which of n elements stands at i, which may be outside; -1: a zero. */
static int source_of(int i, int n, int mode)
{
    if (i >= 0 && i < n)
        return i;
    if (mode == ZEROS)
        return -1;
    if (mode == REPLICATE)
        return i < 0 ? 0 : n - 1;
    return i < 0 ? -i : 2 * (n - 1) - i;
}

/* Calls for each vector of y that has a source: its place there and in x. */
static void each_source(const struct layer_call *c, int sign,
                        void (*move)(const struct layer_call *c, size_t x, size_t y))
{
    const struct shape x = c->node->x[0], y = c->node->y;
    const int mode = ((const struct border_args *)c->node->args)->mode, rows = shape_rows(y);
    for (int b = 0; b < c->pass->blocks; b++)
        for (int h = 0; h < y.h; h++) {
            const int slice = source_of(h / rows - border_along(c->node, 2, sign), x.d, mode);
            const int row = source_of(h % rows - border_along(c->node, 0, sign), shape_rows(x), mode);
            for (int ch = 0; slice >= 0 && row >= 0 && ch < x.c; ch++)
                for (int w = 0; w < y.w; w++) {
                    const int col = source_of(w - border_along(c->node, 1, sign), x.w, mode);
                    if (col >= 0)
                        move(c, lane_at(x, b * LANES, ch, slice * shape_rows(x) + row, col),
                             lane_at(y, b * LANES, ch, h, w));
                }
        }
}

static void copy_vector(const struct layer_call *c, size_t x, size_t y)
{
    memcpy(c->y + y, c->x[0] + x, LANES * sizeof *c->y);
}

static void add_vector(const struct layer_call *c, size_t x, size_t y)
{
    c->kernels->add_scaled(LANES, 1, c->dy + y, c->dx[0] + x, c->dx[0] + x);
}

static void border_forward(const struct layer_call *c, int sign)
{
    memset(c->y, 0, floats_of(c->node->y, c->pass->blocks) * sizeof *c->y);
    each_source(c, sign, copy_vector);
}

static void border_backward(const struct layer_call *c, int sign)
{
    if (!c->dx[0])
        return;
    memset(c->dx[0], 0, floats_of(c->node->x[0], c->pass->blocks) * sizeof *c->dx[0]);
    each_source(c, sign, add_vector);
}

static void pad_forward(const struct layer_call *c)
{
    border_forward(c, 1);
}

static void pad_backward(const struct layer_call *c)
{
    border_backward(c, 1);
}

static void crop_forward(const struct layer_call *c)
{
    border_forward(c, -1);
}

static void crop_backward(const struct layer_call *c)
{
    border_backward(c, -1);
}

const struct layer_type layer_pad = {
    .name = "pad",
    .sig = "[C,H,W] -> [C,H+2a,W+2b], [C,T] -> [C,T+2a], [C,D,H,W] -> [C,D+2c,H+2a,W+2b]",
    .help = "rows and columns around the maps: zeros, the maps mirrored, or their edge repeated",
    .source = "",
    .params = pad_params,
    .positional = 1,
    .args_size = sizeof(struct border_args),
    .shape = pad_shape,
    .forward = pad_forward,
    .backward = pad_backward,
};
const struct layer_type layer_crop = {
    .name = "crop",
    .sig = "[C,H,W] -> [C,H-2a,W-2b], [C,T] -> [C,T-2a], [C,D,H,W] -> [C,D-2c,H-2a,W-2b]",
    .help = "takes rows and columns away on all sides",
    .source = "",
    .params = crop_params,
    .positional = 1,
    .args_size = sizeof(struct border_args),
    .shape = crop_shape,
    .forward = crop_forward,
    .backward = crop_backward,
};
