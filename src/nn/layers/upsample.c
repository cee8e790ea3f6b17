/* upsample: maps made larger by a whole factor, each value repeated, or those between two along straight lines (as
 * torch.nn.Upsample with align_corners = False: values stand in the middles of their pixels, the edge goes on outside).
 */
#include "nn/layer.h"

#include <limits.h>

struct upsample_args {
    int factor[2], mode;
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
    { .name = "factor", .type = P_PAIR, .at = AT(factor), .min = 1, .max = 64,
      .help = "how many times as high x wide the output is" },
    { .name = "mode", .type = P_CHOICE, .at = AT(mode), .preset = "nearest", .word = mode_word,
      .help = "nearest: each value is repeated; bilinear: along straight lines between them" },
    { 0 },
};
// clang-format on

static int upsample_shape(struct nn_node *nd, struct err *e)
{
    const struct upsample_args *a = nd->args;
    const struct shape x = nd->x[0];
    if (layer_wants_maps(nd, e))
        return -1;
    if (x.h > INT_MAX / a->factor[0] || x.w > INT_MAX / a->factor[1])
        return layer_error(nd, e, "its output would have more than %d rows or columns", INT_MAX);
    nd->y = (struct shape){MAPS, x.c, x.h * a->factor[0], x.w * a->factor[1], 1};
    if (a->factor[0] == 1 && a->factor[1] == 1)
        nd->flags |= IDENTITY;
    return 0;
}

/* Between two values lie shares of both; neighbours are nearer than a jump of whole input pixels says. */
static void upsample_window(const struct nn_node *nd, struct nn_window *w)
{
    const struct upsample_args *a = nd->args;
    for (int i = 0; i < 2; i++)
        w->kernel[i] = a->mode == BILINEAR && a->factor[i] > 1 ? 2 : 1;
}

/* A place for each row and column of the output. */
static size_t upsample_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    (void)bf16;
    (void)blocks;
    return (size_t)(nd->y.h + nd->y.w) * sizeof(struct sample_place) / sizeof(float);
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

static struct resample resample_of(const struct layer_call *c)
{
    const struct upsample_args *a = c->node->args;
    const struct shape x = c->node->x[0], y = c->node->y;
    struct sample_place *row = (struct sample_place *)(void *)c->scratch, *col = row + y.h;
    for (int i = 0; i < y.h; i++)
        row[i] = place_of(i, a->factor[0], x.h, a->mode);
    for (int i = 0; i < y.w; i++)
        col[i] = place_of(i, a->factor[1], x.w, a->mode);
    return (struct resample){x.c, x.h, x.w, y.h, y.w, row, col};
}

static void upsample_forward(const struct layer_call *c)
{
    const struct resample d = resample_of(c);
    c->kernels->resample_forward(&d, c->pass->blocks, c->x[0], c->y);
}

static void upsample_backward(const struct layer_call *c)
{
    const struct resample d = resample_of(c);
    if (c->dx[0])
        c->kernels->resample_backward(&d, c->pass->blocks, c->dy, c->dx[0]);
}

const struct layer_type layer_upsample = {
    .name = "upsample",
    .sig = "[C,H,W] -> [C,factor*H,factor*W]",
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
