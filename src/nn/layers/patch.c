/* patch: cuts maps into patches, row by row, and makes a position of each by one dense layer: what a convolution whose
 * stride is its kernel computes, with the weights in the same order, [filters][C][height][width]. Rows and columns at
 * the end that fill no patch are not read. */
#include "nn/layer.h"

#include <limits.h>
#include <string.h>

struct patch_args {
    int size[2], filters, bias, init;
};

// clang-format off
#define AT(field) offsetof(struct patch_args, field)
static const struct param patch_params[] = {
    { .name = "size", .type = P_PAIR, .at = AT(size), .min = 1, .max = 64, .help = "height x width of a patch" },
    { .name = "filters", .type = P_INT, .at = AT(filters), .min = 1, .max = 65536,
      .help = "output channels of each position" },
    { .name = "bias", .type = P_CHOICE, .at = AT(bias), .preset = "auto", .word = layer_bias_word,
      .help = "auto: yes, unless a normalization follows directly and would undo it" },
    { .name = "init", .type = P_CHOICE, .at = AT(init), .preset = "default", .word = layer_init_word,
      .help = "how the weights start; default: [model] init" },
    { 0 },
};
// clang-format on

/* Numbers of a patch. */
static int patch_numbers(const struct nn_node *nd)
{
    const struct patch_args *a = nd->args;
    return nd->x[0].c * a->size[0] * a->size[1];
}

static int patch_shape(struct nn_node *nd, struct err *e)
{
    const struct patch_args *a = nd->args;
    const struct shape x = nd->x[0];
    if (layer_wants_maps(nd, e))
        return -1;
    if (a->size[0] > x.h || a->size[1] > x.w)
        return layer_error(nd, e, "a patch has %dx%d pixels, the input has %dx%d; take smaller patches", a->size[0],
                           a->size[1], x.h, x.w);
    const double weights = (double)x.c * a->size[0] * a->size[1] * a->filters;
    if (weights > INT_MAX)
        return layer_error(nd, e, "has %.0f weights, the limit is %d", weights, INT_MAX);
    const int in = patch_numbers(nd), positions = x.h / a->size[0] * (x.w / a->size[1]);
    nd->y = (struct shape){SEQUENCE, a->filters, positions, 1, 1};
    nd->macs = positions * weights;
    layer_tensor(nd, "weight", NN_WEIGHT, (size_t)in * (size_t)a->filters, in, a->filters, a->init - 1);
    layer_dims(nd, 4, (const int[]){a->filters, x.c, a->size[0], a->size[1]});
    if (layer_has_bias(nd, a->bias))
        layer_bias(nd, (size_t)a->filters);
    return 0;
}

static void patch_window(const struct nn_node *nd, struct nn_window *w)
{
    const struct patch_args *a = nd->args;
    for (int i = 0; i < 2; i++)
        w->kernel[i] = w->stride[i] = a->size[i];
}

/* Every position is a block of vectors to the kernels. */
static int patch_vectors(const struct nn_node *nd, int blocks)
{
    return blocks * nd->y.h;
}

static size_t patch_floats(const struct nn_node *nd, int blocks)
{
    return (size_t)patch_vectors(nd, blocks) * (size_t)patch_numbers(nd) * LANES;
}

/* The patches, or the gradient at them; after them what the kernels want. */
static size_t patch_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    return patch_floats(nd, blocks) +
           (bf16 ? dense_scratch_bf16 : dense_scratch)(patch_vectors(nd, blocks), patch_numbers(nd), nd->y.c);
}

/* Copies maps to patches [positions][numbers][16], or back. */
static void move_patches(const struct layer_call *c, int back, float *maps, float *patches)
{
    const struct patch_args *a = c->node->args;
    const struct shape x = c->node->x[0];
    const size_t run = (size_t)a->size[1] * LANES;
    const int across = x.w / a->size[1];
    for (int b = 0; b < c->pass->blocks; b++)
        for (int t = 0; t < c->node->y.h; t++)
            for (int ch = 0; ch < x.c; ch++)
                for (int row = 0; row < a->size[0]; row++, patches += run) {
                    float *at =
                        maps + lane_at(x, b * LANES, ch, t / across * a->size[0] + row, t % across * a->size[1]);
                    memcpy(back ? at : patches, back ? patches : at, run * sizeof *at);
                }
}

static size_t patch_bias_at(const struct nn_node *nd)
{
    return nd->tensor[1].at - nd->tensor[0].at;
}

static void patch_forward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    const float *bias = nd->ntensors > 1 ? c->w + patch_bias_at(nd) : NULL;
    move_patches(c, 0, (float *)c->x[0], c->scratch); /* x is only read */
    PRODUCT_OF(c->kernels, c->bf16, dense_forward)
    (patch_vectors(nd, c->pass->blocks), patch_numbers(nd), nd->y.c, c->scratch, c->w, bias, c->y,
     c->scratch + patch_floats(nd, c->pass->blocks));
}

static void patch_backward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    const int vectors = patch_vectors(nd, c->pass->blocks), in = patch_numbers(nd);
    float *dbias = nd->ntensors > 1 ? c->dw + patch_bias_at(nd) : NULL;
    float *scratch = c->scratch + patch_floats(nd, c->pass->blocks);
    move_patches(c, 0, (float *)c->x[0], c->scratch); /* x is only read */
    PRODUCT_OF(c->kernels, c->bf16, dense_backward_weights)
    (vectors, in, nd->y.c, c->scratch, c->dy, c->dw, dbias, scratch);
    if (!c->dx[0])
        return;
    PRODUCT_OF(c->kernels, c->bf16, dense_backward_data)(vectors, in, nd->y.c, c->dy, c->w, c->scratch, scratch);
    memset(c->dx[0], 0, floats_of(nd->x[0], c->pass->blocks) * sizeof *c->dx[0]);
    move_patches(c, 1, c->dx[0], c->scratch);
}

const struct layer_type layer_patch = {
    .name = "patch",
    .sig = "[C,H,W] -> [filters,T], T = H/height * W/width",
    .help = "cuts the maps into patches and makes a position of each by a dense layer",
    .source = "Dosovitskiy et al. 2021, arXiv:2010.11929",
    .params = patch_params,
    .positional = 2,
    .args_size = sizeof(struct patch_args),
    .flags = KEEPS_X | COUNTS,
    .shape = patch_shape,
    .window = patch_window,
    .scratch = patch_scratch,
    .forward = patch_forward,
    .backward = patch_backward,
};
