/* softmax: exp(x) / sum of exp(x) over the channels of each position. At the end of a network it is left to the loss,
 * which has it anyway. Computed as exp(x - largest) exp(-log(sum)). */
#include "nn/layer.h"

#include <string.h>

/* Floats of a channel in a row. */
static size_t channel_floats(const struct nn_node *nd)
{
    return (size_t)nd->y.w * LANES;
}

/* A number for each position of a row, and differences. */
static size_t softmax_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    (void)blocks, (void)bf16;
    return 2 * channel_floats(nd);
}

static void softmax_row(const struct layer_call *c, const float *x, float *y)
{
    const struct kernels *k = c->kernels;
    const size_t n = channel_floats(c->node), channels = (size_t)c->node->y.c;
    float *sum = c->scratch;
    k->maxout_forward(1, 1, c->node->y.c, c->node->y.w, x, sum);
    for (size_t ch = 0; ch < channels; ch++)
        k->add_scaled(n, -1, sum, x + ch * n, y + ch * n);
    k->vec_exp(channels * n, y, y);
    memcpy(sum, y, n * sizeof *sum);
    for (size_t ch = 1; ch < channels; ch++)
        k->add_scaled(n, 1, y + ch * n, sum, sum);
    k->vec_log(n, sum, sum);
    k->scaled(n, -1, sum, sum);
    k->vec_exp(n, sum, sum);
    for (size_t ch = 0; ch < channels; ch++)
        k->mul(n, y + ch * n, sum, y + ch * n);
}

/* dx = y (dy - sum of y dy over the channels) */
static void softmax_row_back(const struct layer_call *c, const float *y, const float *dy, float *dx)
{
    const struct kernels *k = c->kernels;
    const size_t n = channel_floats(c->node), channels = (size_t)c->node->y.c;
    float *sum = c->scratch, *rest = sum + n;
    memset(sum, 0, n * sizeof *sum);
    for (size_t ch = 0; ch < channels; ch++) {
        k->mul(n, y + ch * n, dy + ch * n, rest);
        k->add_scaled(n, 1, rest, sum, sum);
    }
    for (size_t ch = 0; ch < channels; ch++) {
        k->add_scaled(n, -1, sum, dy + ch * n, rest);
        k->mul(n, rest, y + ch * n, dx + ch * n);
    }
}

static void softmax_forward(const struct layer_call *c)
{
    const size_t row = channel_floats(c->node) * (size_t)c->node->y.c;
    for (size_t r = 0; r < (size_t)(c->pass->blocks * c->node->y.h); r++)
        softmax_row(c, c->x[0] + r * row, c->y + r * row);
}

static void softmax_backward(const struct layer_call *c)
{
    const size_t row = channel_floats(c->node) * (size_t)c->node->y.c;
    for (size_t r = 0; c->dx[0] && r < (size_t)(c->pass->blocks * c->node->y.h); r++)
        softmax_row_back(c, c->y + r * row, c->dy + r * row, c->dx[0] + r * row);
}

const struct layer_type layer_softmax = {
    .name = "softmax",
    .sig = "any -> same",
    .help =
        "exp(x) / sum of exp(x) over the channels of each position; at the end it is left to the loss, which has it",
    .source = "Bridle 1990, NIPS 2",
    .flags = IDENTITY | LAST | KEEPS_Y,
    .shape = layer_same_shape,
    .scratch = softmax_scratch,
    .forward = softmax_forward,
    .backward = softmax_backward,
};
