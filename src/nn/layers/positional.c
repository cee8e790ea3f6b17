/* positional: adds to each position a number for each channel: one that is learned, or a sine or cosine of the
 * position. Positions of maps are counted row by row. A learned table starts with deviations of 0.02 and lies as the
 * engine's maps do, [h][c][w], which for sequences is PyTorch's [T][C]. */
#include "base/maths.h"
#include "nn/layers/positions.h"

#include <string.h>

enum positional_kind { LEARNED, SINES };
struct positional_args {
    int kind;
};

static const char *kind_word(size_t i)
{
    static const char *const words[] = {"learned", "sin"};
    return i < 2 ? words[i] : NULL;
}

// clang-format off
static const struct param positional_params[] = {
    { .name = "kind", .type = P_CHOICE, .at = offsetof(struct positional_args, kind), .preset = "learned",
      .word = kind_word,
      .help = "learned: a number for each position and channel; sin: sin(t / 10000^(2i/C)) in channel 2i, the cosine in "
              "channel 2i + 1" },
    { 0 },
};
// clang-format on

static int is_learned(const struct nn_node *nd)
{
    return ((const struct positional_args *)nd->args)->kind == LEARNED;
}

static int positional_shape(struct nn_node *nd, struct err *e)
{
    const struct shape x = nd->x[0];
    if (positions_wanted(nd, e))
        return -1;
    nd->y = x;
    if (!is_learned(nd))
        return 0;
    layer_tensor(nd, "weight", NN_WEIGHT, shape_size(x), x.c, x.c, layer_init_named("normal"));
    if (x.kind == SEQUENCE)
        layer_dims(nd, 3, (const int[]){1, x.h, x.c});
    else
        layer_elements(nd, (int)x.kind + 1);
    if (nd->ntensors)
        nd->tensor[0].by_row = x.kind != SEQUENCE;
    return 0;
}

/* Factors 1, and the table of sines; or lane sums. */
static size_t positional_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    (void)blocks, (void)bf16;
    return LANES * PAD16(shape_size(nd->x[0]));
}

static void fill_sines(struct shape x, float *table)
{
    for (int c = 0; c < x.c; c++) {
        const double rate = m_pow(10000, -(double)(c / 2 * 2) / x.c);
        for (int t = 0; t < x.h * x.w; t++)
            table[(t / x.w * x.c + c) * x.w + t % x.w] = (float)(c % 2 ? m_cos(t * rate) : m_sin(t * rate));
    }
}

static void positional_forward(const struct layer_call *c)
{
    const int n = (int)shape_size(c->node->x[0]);
    float *ones = c->scratch, *sines = ones + PAD16(n);
    for (int i = 0; i < n; i++)
        ones[i] = 1;
    if (!is_learned(c->node))
        fill_sines(c->node->x[0], sines);
    c->kernels->bn_apply(n, 1, 1, c->pass->blocks, c->x[0], ones, is_learned(c->node) ? c->w : sines, c->y);
}

static void positional_backward(const struct layer_call *c)
{
    const struct conv_dims each = {.co = (int)shape_size(c->node->x[0]), .wo = 1};
    const size_t n = floats_of(c->node->x[0], 1);
    memset(c->scratch, 0, n * sizeof *c->scratch);
    for (int b = 0; b < c->pass->blocks && is_learned(c->node); b++) {
        const float *dy = c->dy + (size_t)b * n;
        c->kernels->conv_bias_rows(&each, 0, 1, &dy, c->scratch);
    }
    if (is_learned(c->node))
        c->kernels->conv_bias_sums(&each, c->scratch, c->dw);
    if (c->dx[0] && c->dx[0] != c->dy)
        memcpy(c->dx[0], c->dy, (size_t)c->pass->blocks * n * sizeof *c->dy);
}

const struct layer_type layer_positional = {
    .name = "positional",
    .sig = "[C,H,W] or [C,T] -> same",
    .help = "adds to each position what tells it from the others",
    .source = "Vaswani et al. 2017, arXiv:1706.03762",
    .params = positional_params,
    .positional = 1,
    .args_size = sizeof(struct positional_args),
    .flags = INPLACE,
    .shape = positional_shape,
    .scratch = positional_scratch,
    .forward = positional_forward,
    .backward = positional_backward,
};
