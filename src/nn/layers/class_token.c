/* class_token: puts a position in front of all others, the same for every sample, which is learned; attention gathers
 * in it what a dense layer after `first` reads. Maps become a sequence, row by row. */
#include "nn/layers/positions.h"

#include <string.h>

static int class_token_shape(struct nn_node *nd, struct err *e)
{
    const struct shape x = nd->x[0];
    if (positions_wanted(nd, e))
        return -1;
    nd->y = (struct shape){SEQUENCE, x.c, x.h * x.w + 1, 1, 1};
    layer_tensor(nd, "weight", NN_WEIGHT, (size_t)x.c, x.c, x.c, layer_init_named("normal"));
    layer_dims(nd, 3, (const int[]){1, 1, x.c});
    return 0;
}

/* Lane sums of the gradient of the token. */
static size_t class_token_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    (void)blocks, (void)bf16;
    return LANES * PAD16(nd->x[0].c);
}

/* Copies the vectors of a block's positions, of maps or a sequence to the positions after the first, or back. */
static void move_positions(const struct nn_node *nd, int block, int back, float *x, float *y)
{
    const struct shape in = nd->x[0];
    for (int t = 0; t < in.h * in.w; t++)
        for (int c = 0; c < in.c; c++) {
            float *from = x + lane_at(in, block * LANES, c, t / in.w, t % in.w);
            float *to = y + lane_at(nd->y, block * LANES, c, t + 1, 0);
            memcpy(back ? from : to, back ? to : from, LANES * sizeof *to);
        }
}

static void class_token_forward(const struct layer_call *call)
{
    const struct nn_node *nd = call->node;
    for (int b = 0; b < call->pass->blocks; b++) {
        float *token = call->y + lane_at(nd->y, b * LANES, 0, 0, 0);
        for (int i = 0; i < nd->y.c * LANES; i++)
            token[i] = call->w[i / LANES];
        move_positions(nd, b, 0, (float *)call->x[0], call->y); /* x is only read */
    }
}

static void class_token_backward(const struct layer_call *call)
{
    const struct nn_node *nd = call->node;
    const struct conv_dims each = {.co = nd->y.c, .wo = 1};
    memset(call->scratch, 0, LANES * PAD16(nd->y.c) * sizeof *call->scratch);
    for (int b = 0; b < call->pass->blocks; b++) {
        const float *token = call->dy + lane_at(nd->y, b * LANES, 0, 0, 0);
        call->kernels->conv_bias_rows(&each, 0, 1, &token, call->scratch);
        if (call->dx[0])
            move_positions(nd, b, 1, call->dx[0], (float *)call->dy); /* dy is only read */
    }
    call->kernels->conv_bias_sums(&each, call->scratch, call->dw);
}

const struct layer_type layer_class_token = {
    .name = "class_token",
    .sig = "[C,H,W] or [C,T] -> [C,T+1]",
    .help = "a position in front of the others that is learned; maps become a sequence, row by row",
    .source = "Dosovitskiy et al. 2021, arXiv:2010.11929",
    .shape = class_token_shape,
    .window = layer_whole_window,
    .scratch = class_token_scratch,
    .forward = class_token_forward,
    .backward = class_token_backward,
};
