/* sample: a draw from the normal distributions whose means are the first half of the channels and whose logarithms of
 * variances are the second half. What it adds to the loss, how far they are from N(0, 1), it hands to the pass. The
 * noise of a sample is a function of (seed, node, epoch, sample), as the masks of dropout are; backward draws it again.
 */
#include "nn/layers/dropout.h"

#include <string.h>

static int sample_shape(struct nn_node *nd, struct err *e)
{
    const struct shape x = nd->x[0];
    if (x.c % 2)
        return layer_error(nd, e,
                           "wants an even number of channels, means and then logarithms of variances, and its input "
                           "has %d; write twice as many as are to be drawn before it",
                           x.c);
    nd->y = x;
    nd->y.c /= 2;
    return 0;
}

/* Seeds, noise for each number that is drawn, and a divergence that nobody wants. */
static size_t sample_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    return dropout_seed_floats(nd, blocks, bf16) + floats_of(nd->y, blocks) + LANES;
}

static int live_samples(const struct nn_pass *p, int block)
{
    return p->n - block * LANES < LANES ? p->n - block * LANES : LANES;
}

static float *draw_noise(const struct layer_call *c)
{
    const int blocks = c->pass->blocks;
    float *noise = c->scratch + dropout_seed_floats(c->node, blocks, c->bf16);
    memset(noise, 0, floats_of(c->node->y, blocks) * sizeof *noise);
    if (c->pass->keep_all < 2)
        c->kernels->add_noise(blocks, shape_size(c->node->y), 1, dropout_call_seeds(c), noise, noise);
    return noise;
}

static void sample_forward(const struct layer_call *call)
{
    const struct shape x = call->node->x[0], y = call->node->y;
    const struct nn_pass *p = call->pass;
    const float *noise = p->training && p->keep_all < 2 ? draw_noise(call) : NULL;
    float *unwanted = call->scratch + sample_scratch(call->node, p->blocks, call->bf16) - LANES;
    memset(unwanted, 0, LANES * sizeof *unwanted);
    for (int b = 0; b < p->blocks; b++)
        for (int h = 0; h < y.h; h++) {
            const size_t row = lane_at(y, b * LANES, 0, h, 0);
            call->kernels->draw_forward((size_t)y.c * (size_t)y.w, call->x[0] + lane_at(x, b * LANES, 0, h, 0),
                                        noise ? noise + row : NULL, call->y + row,
                                        p->divergence ? p->divergence + b * LANES : unwanted);
        }
}

static void sample_backward(const struct layer_call *call)
{
    const struct shape x = call->node->x[0], y = call->node->y;
    const struct nn_pass *p = call->pass;
    if (!call->dx[0])
        return;
    const float *noise = draw_noise(call);
    for (int b = 0; b < p->blocks; b++)
        for (int h = 0; h < y.h; h++) {
            const size_t row = lane_at(y, b * LANES, 0, h, 0), from = lane_at(x, b * LANES, 0, h, 0);
            call->kernels->draw_backward((size_t)y.c * (size_t)y.w, live_samples(p, b), call->x[0] + from, noise + row,
                                         call->dy + row, p->divergence_scale, call->dx[0] + from);
        }
}

const struct layer_type layer_sample = {
    .name = "sample",
    .sig = "[2C], [2C,T] or [2C,H,W] -> [C], [C,T] or [C,H,W]",
    .help =
        "while training a draw from normal distributions, of means and logarithms of variances, otherwise the means; "
        "adds train.beta times the divergence from N(0, 1) to the loss of a reconstruction",
    .source = "Kingma & Welling 2013, arXiv:1312.6114",
    .flags = KEEPS_X | ADDS_LOSS,
    .shape = sample_shape,
    .scratch = sample_scratch,
    .forward = sample_forward,
    .backward = sample_backward,
};
