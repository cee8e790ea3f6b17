/* pad and crop: maps with more rows and columns around them, or with fewer. pad adds zeros, or what a mirror at the
 * edge shows, or the edge again and again. */
#include "nn/layer.h"

#include <limits.h>
#include <string.h>

struct border_args {
    int size[2], mode;
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
    { .name = "size", .type = P_PAIR, .at = AT(size), .min = 0, .max = 1024,
      .help = "rows above and below x columns left and right" },
    { .name = "mode", .type = P_CHOICE, .at = AT(mode), .preset = "zeros", .word = fill_word,
      .help = "what stands there: zeros, the maps mirrored at their edge, or the edge repeated" },
    { 0 },
};
static const struct param crop_params[] = {
    { .name = "size", .type = P_PAIR, .at = AT(size), .min = 0, .max = 1024,
      .help = "rows above and below x columns left and right that are taken away" },
    { 0 },
};
// clang-format on

static int bordered(struct nn_node *nd, int h, int w)
{
    nd->y = (struct shape){MAPS, nd->x[0].c, h, w, 1};
    if (h == nd->x[0].h && w == nd->x[0].w)
        nd->flags |= IDENTITY;
    return 0;
}

static int pad_shape(struct nn_node *nd, struct err *e)
{
    const struct border_args *a = nd->args;
    const struct shape x = nd->x[0];
    if (layer_wants_maps(nd, e))
        return -1;
    if (a->mode == REFLECT && (a->size[0] >= x.h || a->size[1] >= x.w))
        return layer_error(nd, e, "a mirror shows at most %d rows and %d columns of an input of %dx%d", x.h - 1,
                           x.w - 1, x.h, x.w);
    return bordered(nd, x.h + 2 * a->size[0], x.w + 2 * a->size[1]);
}

static int crop_shape(struct nn_node *nd, struct err *e)
{
    const struct border_args *a = nd->args;
    const struct shape x = nd->x[0];
    if (layer_wants_maps(nd, e))
        return -1;
    if (2 * a->size[0] >= x.h || 2 * a->size[1] >= x.w)
        return layer_error(nd, e, "nothing is left of an input of %dx%d", x.h, x.w);
    return bordered(nd, x.h - 2 * a->size[0], x.w - 2 * a->size[1]);
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
static void each_source(const struct layer_call *c, int from_top, int from_left, int mode,
                        void (*move)(const struct layer_call *c, size_t x, size_t y))
{
    const struct shape x = c->node->x[0], y = c->node->y;
    for (int b = 0; b < c->pass->blocks; b++)
        for (int h = 0; h < y.h; h++)
            for (int ch = 0, row = source_of(h + from_top, x.h, mode); row >= 0 && ch < x.c; ch++)
                for (int w = 0; w < y.w; w++) {
                    int col = source_of(w + from_left, x.w, mode);
                    if (col >= 0)
                        move(c, lane_at(x, b * LANES, ch, row, col), lane_at(y, b * LANES, ch, h, w));
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
    const struct border_args *a = c->node->args;
    memset(c->y, 0, floats_of(c->node->y, c->pass->blocks) * sizeof *c->y);
    each_source(c, sign * a->size[0], sign * a->size[1], a->mode, copy_vector);
}

static void border_backward(const struct layer_call *c, int sign)
{
    const struct border_args *a = c->node->args;
    if (!c->dx[0])
        return;
    memset(c->dx[0], 0, floats_of(c->node->x[0], c->pass->blocks) * sizeof *c->dx[0]);
    each_source(c, sign * a->size[0], sign * a->size[1], a->mode, add_vector);
}

static void pad_forward(const struct layer_call *c)
{
    border_forward(c, -1);
}

static void pad_backward(const struct layer_call *c)
{
    border_backward(c, -1);
}

static void crop_forward(const struct layer_call *c)
{
    border_forward(c, 1);
}

static void crop_backward(const struct layer_call *c)
{
    border_backward(c, 1);
}

const struct layer_type layer_pad = {
    .name = "pad",
    .sig = "[C,H,W] -> [C,H+2a,W+2b]",
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
    .sig = "[C,H,W] -> [C,H-2a,W-2b]",
    .help = "takes rows and columns away on all sides",
    .source = "",
    .params = crop_params,
    .positional = 1,
    .args_size = sizeof(struct border_args),
    .shape = crop_shape,
    .forward = crop_forward,
    .backward = crop_backward,
};
