/* upsample: maps, sequences and volumes made larger by a whole factor, each value repeated, or those between two along
 * straight lines (as torch.nn.Upsample with align_corners = False: values stand in the middles of their pixels, the
 * edge goes on outside).
 */
#include "nn/layer.h"

#include <limits.h>

struct upsample_args {
    int factor[NN_SIDES], mode;
};

enum { NEAREST, BILINEAR };

static const char *mode_word(size_t i)
{
    static const char *const words[] = {"nearest", "bilinear"};
    return i < 2 ? words[i] : NULL;
}

// clang-format off
#define AT(field) offsetof(struct upsample_args, field)
static const struct param upsample_params[] = {
    { .name = "factor", .type = P_EXTENT, .at = AT(factor), .min = 1, .max = 64,
      .help = "how many times as high x wide the output is, of volumes slices before them" },
    { .name = "mode", .type = P_CHOICE, .at = AT(mode), .preset = "nearest", .word = mode_word,
      .help = "nearest: each value is repeated; bilinear: along straight lines between them, in all directions" },
    { 0 },
};
// clang-format on

static int factor_along(const struct nn_node *nd, int side)
{
    return layer_number(nd, ((const struct upsample_args *)nd->args)->factor, side, 1);
}

static int upsample_shape(struct nn_node *nd, struct err *e)
{
    const struct upsample_args *a = nd->args;
    const struct shape x = nd->x[0];
    if (layer_wants_positions(nd, e) || layer_extent_fits(nd, a->factor, e))
        return -1;
    const int slices = factor_along(nd, 2), rows = factor_along(nd, 0), columns = factor_along(nd, 1);
    if (x.h > INT_MAX / (slices * rows) || x.w > INT_MAX / columns)
        return layer_error(nd, e, "its output would have more than %d rows or columns", INT_MAX);
    nd->y = (struct shape){x.kind, x.c, x.h * slices * rows, x.w * columns, x.d * slices};
    if (shape_equal(nd->y, x))
        nd->flags |= IDENTITY;
    return 0;
}

/* Between two values lie shares of both; neighbours are nearer than a jump of whole input pixels says. */
static void upsample_window(const struct nn_node *nd, struct nn_window *w)
{
    const struct upsample_args *a = nd->args;
    for (int i = 0; i < NN_SIDES; i++)
        w->kernel[i] = a->mode == BILINEAR && factor_along(nd, i) > 1 ? 2 : 1;
}

/* Numbers that a slice has at the size of the output: columns to the step along the slices, to which a slice is a row.
 */
static int slice_numbers(const struct nn_node *nd)
{
    return nd->y.c * shape_rows(nd->y) * nd->y.w;
}

static int makes_slices(const struct nn_node *nd)
{
    return nd->y.d > nd->x[0].d;
}

/* Places for rows and columns of maps; for slices and what they have; and what lies between the two steps. */
static size_t upsample_places(const struct nn_node *nd)
{
    const int maps = shape_rows(nd->y) + nd->y.w, slices = makes_slices(nd) ? nd->y.d + slice_numbers(nd) : 0;
    return PAD16((size_t)(maps + slices) * sizeof(struct sample_place) / sizeof(float));
}

static size_t upsample_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    (void)bf16;
    (void)blocks;
    return upsample_places(nd) + (makes_slices(nd) ? (size_t)(nd->x[0].d * slice_numbers(nd)) * LANES : 0);
}

/* Where element i of an axis that is `factor` times as long is among n. */
static struct sample_place place_of(int i, int factor, int n, int mode)
{
    double at = (i + 0.5) / factor - 0.5;
    if (mode == NEAREST || at <= 0)
        return (struct sample_place){i / factor, i / factor, 0};
    int first = (int)at;
    if (first >= n - 1)
        return (struct sample_place){n - 1, n - 1, 0};
    return (struct sample_place){first, first + 1, (float)(at - first)};
}

static struct sample_place *fill_places(const struct nn_node *nd, struct sample_place *to, int n, int factor)
{
    for (int i = 0; i < n * factor; i++)
        to[i] = place_of(i, factor, n, ((const struct upsample_args *)nd->args)->mode);
    return to + n * factor;
}

static struct resample resample_of_maps(const struct nn_node *nd, struct sample_place *place)
{
    const struct shape x = nd->x[0], y = nd->y;
    struct sample_place *col = fill_places(nd, place, shape_rows(x), factor_along(nd, 0));
    fill_places(nd, col, x.w, factor_along(nd, 1));
    return (struct resample){x.c, shape_rows(x), x.w, shape_rows(y), y.w, place, col};
}

static struct resample resample_of_slices(const struct nn_node *nd, struct sample_place *place)
{
    const int n = slice_numbers(nd);
    struct sample_place *row = place + shape_rows(nd->y) + nd->y.w;
    struct sample_place *col = fill_places(nd, row, nd->x[0].d, factor_along(nd, 2));
    for (int i = 0; i < n; i++)
        col[i] = (struct sample_place){i, i, 0};
    return (struct resample){1, nd->x[0].d, n, nd->y.d, n, row, col};
}

static void upsample_forward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    struct sample_place *place = (struct sample_place *)(void *)c->scratch;
    const struct resample maps = resample_of_maps(nd, place);
    float *between = c->scratch + upsample_places(nd);
    if (!makes_slices(nd)) {
        c->kernels->resample_forward(&maps, c->pass->blocks * nd->x[0].d, c->x[0], c->y);
        return;
    }
    const struct resample slices = resample_of_slices(nd, place);
    for (int b = 0; b < c->pass->blocks; b++) {
        c->kernels->resample_forward(&maps, nd->x[0].d, c->x[0] + (size_t)b * floats_of(nd->x[0], 1), between);
        c->kernels->resample_forward(&slices, 1, between, c->y + (size_t)b * floats_of(nd->y, 1));
    }
}

static void upsample_backward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    struct sample_place *place = (struct sample_place *)(void *)c->scratch;
    const struct resample maps = resample_of_maps(nd, place);
    float *between = c->scratch + upsample_places(nd);
    if (!c->dx[0])
        return;
    if (!makes_slices(nd)) {
        c->kernels->resample_backward(&maps, c->pass->blocks * nd->x[0].d, c->dy, c->dx[0]);
        return;
    }
    const struct resample slices = resample_of_slices(nd, place);
    for (int b = 0; b < c->pass->blocks; b++) {
        c->kernels->resample_backward(&slices, 1, c->dy + (size_t)b * floats_of(nd->y, 1), between);
        c->kernels->resample_backward(&maps, nd->x[0].d, between, c->dx[0] + (size_t)b * floats_of(nd->x[0], 1));
    }
}

const struct layer_type layer_upsample = {
    .name = "upsample",
    .sig = "[C,H,W] -> [C,factor*H,factor*W], [C,T] -> [C,factor*T], [C,D,H,W] -> [C,factor*D,factor*H,factor*W]",
    .help = "maps made larger: each value repeated, or those between along straight lines",
    .source = "",
    .params = upsample_params,
    .positional = 1,
    .args_size = sizeof(struct upsample_args),
    .shape = upsample_shape,
    .window = upsample_window,
    .scratch = upsample_scratch,
    .forward = upsample_forward,
    .backward = upsample_backward,
};
