/* bench_kernels.c - times each kernel on each of a table of shapes, in turns with the probes of what the core can do.
 */
#include "bench/bench_kernels.h"

#include "bench/bench_arrays.h"

#include "base/arena.h"
#include "base/rng.h"
#include "base/timing.h"
#include "kernels/probe.h"

#include <stdio.h>
#include <string.h>

/* ---- what a kernel works on -------------------------------------------------------------------------------------- */

static struct pool_dims pool_of(const struct conv_dims *d)
{
    return (struct pool_dims){d->ci, d->h, d->w, d->ho, d->wo, d->kh, d->kw, d->sh, d->sw, d->ph, d->pw};
}

static void call_conv_forward(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->conv_forward(&v->d, v->blocks, v->a, v->w, NULL, v->b, v->scratch);
}
static void call_conv_backward_data(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->conv_backward_data(&v->d, v->blocks, v->b, v->w, v->a, v->scratch);
}
static void call_conv_backward_weights(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->conv_backward_weights(&v->d, v->blocks, v->a, v->b, v->dw, NULL, v->scratch);
}
static void call_dense_forward(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->dense_forward(v->blocks, v->d.ci, v->d.co, v->a, v->w, v->scratch, v->b, v->scratch);
}
static void call_dense_backward_data(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->dense_backward_data(v->blocks, v->d.ci, v->d.co, v->b, v->w, v->a, v->scratch);
}
static void call_dense_backward_weights(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->dense_backward_weights(v->blocks, v->d.ci, v->d.co, v->a, v->b, v->dw, v->w, v->scratch);
}
static void call_bn_stats(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->bn_stats(v->d.ci, v->d.h, v->d.w, v->images, v->a, v->w, v->dw);
}
static void call_bn_apply(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->bn_apply(v->d.ci, v->d.h, v->d.w, v->blocks, v->a, v->w, v->dw, v->b);
}
static void call_bn_backward_stats(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->bn_backward_stats(v->d.ci, v->d.h, v->d.w, v->images, v->a, v->b, v->w, v->dw, v->scratch,
                            v->scratch + v->d.ci);
}
static void call_bn_backward(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->bn_backward(v->d.ci, v->d.h, v->d.w, v->images, v->a, v->b, v->w, v->dw, v->w, v->c);
}
static void call_act_forward(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->act_forward(v->act, 0.01f, v->in, v->a, v->b);
}
static void call_act_backward(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->act_backward(v->act, 0.01f, v->in, v->a, v->b, v->c);
}
static void call_vec_exp(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->vec_exp(v->in, v->a, v->b);
}
static void call_vec_log(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->vec_log(v->in, v->c, v->b);
}
static void call_vec_erf(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->vec_erf(v->in, v->a, v->b);
}
static void call_dropout(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->dropout(v->blocks, (size_t)v->d.ci * (size_t)(v->d.h * v->d.w), 0.05f, v->seed, v->a, v->b);
}
/* Describes the passes of a stage, block by block: what it does with a normalization, ReLU and dropout. */
static struct pointwise pointwise_of(const struct kernel_arrays *v)
{
    memcpy(v->drawn, v->seed, LANES * sizeof *v->drawn); /* the streams go on in place */
    return (struct pointwise){.c = v->d.ci,
                              .w = v->d.w,
                              .scale = v->w,
                              .shift = v->dw,
                              .act = (int)v->act,
                              .p = v->p,
                              .seed = v->p > 0 ? v->drawn : NULL};
}
static void call_pointwise_forward(void *p)
{
    const struct kernel_arrays *v = p;
    size_t block = v->in / (size_t)v->blocks;
    for (int b = 0; b < v->blocks; b++) {
        struct pointwise f = pointwise_of(v);
        v->k->pointwise_forward(&f, v->d.h, v->a + (size_t)b * block, v->b + (size_t)b * block);
    }
}
static void call_pointwise_backward(void *p)
{
    const struct kernel_arrays *v = p;
    size_t block = v->in / (size_t)v->blocks;
    for (int b = 0; b < v->blocks; b++) {
        struct pointwise f = pointwise_of(v);
        size_t at = (size_t)b * block;
        memset(v->lanes, 0, (size_t)v->d.ci * 2 * LANES * sizeof *v->lanes);
        v->k->pointwise_backward(&f, v->d.h, v->a + at, v->b + at, v->w, v->c + at, v->e + at, v->lanes);
        v->k->pointwise_sums(v->d.ci, LANES, v->lanes, v->sums);
    }
}
static void call_bn_moments(void *p)
{
    const struct kernel_arrays *v = p;
    size_t block = v->in / (size_t)v->blocks;
    for (int b = 0; b < v->blocks; b++) {
        v->k->bn_moments(v->d.ci, v->d.w, v->d.h, LANES, 1, v->a + (size_t)b * block, v->scratch, v->lanes);
        v->k->bn_moments_end(v->d.ci, v->d.w, v->d.h, LANES, v->scratch, v->lanes, v->moments);
    }
}
static void call_maxpool_forward(void *p)
{
    const struct kernel_arrays *v = p;
    struct pool_dims d = pool_of(&v->d);
    v->k->maxpool_forward(&d, v->blocks, v->a, v->b);
}
static void call_maxpool_backward(void *p)
{
    const struct kernel_arrays *v = p;
    struct pool_dims d = pool_of(&v->d);
    v->k->maxpool_backward(&d, v->blocks, v->a, v->b, v->e, v->c);
}
static void call_avgpool_forward(void *p)
{
    const struct kernel_arrays *v = p;
    struct pool_dims d = pool_of(&v->d);
    v->k->avgpool_forward(&d, v->blocks, v->a, v->b);
}
static void call_avgpool_backward(void *p)
{
    const struct kernel_arrays *v = p;
    struct pool_dims d = pool_of(&v->d);
    v->k->avgpool_backward(&d, v->blocks, v->b, v->a);
}
static void call_softmax_xent(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->softmax_xent(v->images, v->d.ci, v->a, v->label, 0, 1, v->scratch, NULL, v->b);
}
static void call_mse_loss(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->mse_loss(v->images, v->d.ci, v->a, v->c, 1, v->scratch, v->b);
}
static void call_mae_loss(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->mae_loss(v->images, v->d.ci, v->a, v->c, 1, v->scratch, v->b);
}
static void call_huber_loss(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->huber_loss(v->images, v->d.ci, 1, v->a, v->c, 1, v->scratch, v->b);
}
/* Takes a step of SGD. The steps of all optimizers here are so small that the weights stay in range however often they
 * are called. */
static void call_sgd_step(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->sgd_step(v->in, 1e-12f, 0.9f, 1, 0, 1e-4f, 1, v->a, v->b, v->c);
}
static void call_rmsprop_step(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->rmsprop_step(v->in, 1e-12f, 0.99, 0, 1e-8f, 1e-4f, 1, v->a, v->b, v->c, NULL);
}
static void call_adam_step(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->adam_step(v->in, 1e-12f, 0.9, 0.999, 1e-8f, 0.5f, 0.5f, 1, 1e-4f, 1, v->a, v->b, v->c, v->e);
}
static void call_sum_squares(void *p)
{
    const struct kernel_arrays *v = p;
    v->scratch[0] = (float)v->k->sum_squares(v->in, v->a);
}

/* ---- the kernels ------------------------------------------------------------------------------------------------- */

enum kernel_id {
    CONV_F,
    CONV_D,
    CONV_W,
    DENSE_F,
    DENSE_D,
    DENSE_W,
    BN_S,
    BN_A,
    BN_BS,
    BN_B,
    RELU_F,
    RELU_B,
    TANH_F,
    TANH_B,
    GELU_F,
    GELU_B,
    SIGMOID_F,
    SIGMOID_B,
    EXP,
    LOG,
    ERF,
    DROP,
    PW_F,
    PW_FD,
    PW_B,
    PW_BD,
    BN_M,
    MAX_F,
    MAX_B,
    AVG_F,
    AVG_B,
    SOFTMAX,
    MSE,
    MAE,
    HUBER,
    SGD,
    RMSPROP,
    ADAM,
    SQUARES
};
// clang-format off
static const struct kernel_row rows[] = {
    [CONV_F]  = { "conv_forward",           call_conv_forward,           2, 0,  0,   1, 1, 1, 0, 0, NULL, NULL },
    [CONV_D]  = { "conv_backward_data",     call_conv_backward_data,     2, 0,  0,   1, 1, 1, 0, 0, NULL, NULL },
    [CONV_W]  = { "conv_backward_weights",  call_conv_backward_weights,  2, 0,  0,   1, 1, 1, 0, 0, NULL, NULL },
    [DENSE_F] = { "dense_forward",          call_dense_forward,          2, 0,  0,   1, 1, 1, 0, 0, NULL, NULL },
    [DENSE_D] = { "dense_backward_data",    call_dense_backward_data,    2, 0,  0,   1, 1, 1, 0, 0, NULL, NULL },
    [DENSE_W] = { "dense_backward_weights", call_dense_backward_weights, 2, 0,  0,   1, 1, 1, 0, 0, NULL, NULL },
    [BN_S]    = { "bn_stats",               call_bn_stats,               0, 3,  0,   1, 0, 0, 0, 0, NULL, NULL },
    [BN_A]    = { "bn_apply",               call_bn_apply,               0, 2,  0,   1, 1, 0, 0, 0, NULL, NULL },
    [BN_BS]   = { "bn_backward_stats",      call_bn_backward_stats,      0, 5,  0,   1, 1, 0, 0, 0, NULL, NULL },
    [BN_B]    = { "bn_backward",            call_bn_backward,            0, 4,  0,   2, 1, 0, 0, 0, NULL, NULL },
    [RELU_F]  = { "act_forward relu",       call_act_forward,            0, 1,  0,   1, 1, 0, ACT_relu, 0, NULL, NULL },
    [RELU_B]  = { "act_backward relu",      call_act_backward,           0, 1,  0,   2, 1, 0, ACT_relu, 0, NULL, NULL },
    [TANH_F]  = { "act_forward tanh",       call_act_forward,            0, 19, 0,   1, 1, 0, ACT_tanh, 0, NULL, NULL },
    [TANH_B]  = { "act_backward tanh",      call_act_backward,           0, 4,  0,   2, 1, 0, ACT_tanh, 0, NULL, NULL },
    [GELU_F]  = { "act_forward gelu",       call_act_forward,            0, 24, 0,   1, 1, 0, ACT_gelu, 0, NULL, NULL },
    [GELU_B]  = { "act_backward gelu",      call_act_backward,           0, 28, 0,   2, 1, 0, ACT_gelu, 0, NULL, NULL },
    [SIGMOID_F] = { "act_forward sigmoid",  call_act_forward,            0, 23, 0,   1, 1, 0, ACT_sigmoid, 0, NULL, NULL },
    [SIGMOID_B] = { "act_backward sigmoid", call_act_backward,           0, 4,  0,   2, 1, 0, ACT_sigmoid, 0, NULL, NULL },
    [EXP]     = { "vec_exp",                call_vec_exp,                0, 24, 0,   1, 1, 0, 0, 0, NULL, NULL },
    [LOG]     = { "vec_log",                call_vec_log,                0, 25, 0,   1, 1, 0, 0, 0, NULL, NULL },
    [ERF]     = { "vec_erf",                call_vec_erf,                0, 34, 0,   1, 1, 0, 0, 0, NULL, NULL },
    [DROP]    = { "dropout",                call_dropout,                0, 1,  0,   1, 1, 0, 0, 0, NULL, NULL },
    [PW_F]    = { "pointwise_forward",      call_pointwise_forward,      0, 3,  0,   1, 1, 0, ACT_relu, 0, NULL, NULL },
    [PW_FD]   = { "pointwise_forward drop", call_pointwise_forward,      0, 4,  0,   1, 1, 0, ACT_relu, 0.05f, NULL, NULL },
    [PW_B]    = { "pointwise_backward",     call_pointwise_backward,     0, 8,  0,   2, 2, 0, ACT_relu, 0, NULL, NULL },
    [PW_BD]   = { "pointwise_backward drop", call_pointwise_backward,    0, 10, 0,   2, 2, 0, ACT_relu, 0.05f, NULL, NULL },
    [BN_M]    = { "bn_moments",             call_bn_moments,             0, 3,  0,   1, 0, 0, 0, 0, NULL, NULL },
    [MAX_F]   = { "maxpool_forward",        call_maxpool_forward,        0, 0,  1,   1, 1, 0, 0, 0, NULL, NULL },
    [MAX_B]   = { "maxpool_backward",       call_maxpool_backward,       0, 0,  1,   2, 2, 0, 0, 0, NULL, NULL },
    [AVG_F]   = { "avgpool_forward",        call_avgpool_forward,        0, 0,  1,   1, 1, 0, 0, 0, NULL, NULL },
    [AVG_B]   = { "avgpool_backward",       call_avgpool_backward,       0, 0,  1,   1, 1, 0, 0, 0, NULL, NULL },
    [SOFTMAX] = { "softmax_xent",           call_softmax_xent,           0, 28, 0,   1, 1, 0, 0, 0, NULL, NULL },
    [MSE]     = { "mse_loss",               call_mse_loss,               0, 5,  0,   2, 1, 0, 0, 0, NULL, NULL },
    [MAE]     = { "mae_loss",               call_mae_loss,               0, 8,  0,   2, 1, 0, 0, 0, NULL, NULL },
    [HUBER]   = { "huber_loss",             call_huber_loss,             0, 8,  0,   2, 1, 0, 0, 0, NULL, NULL },
    [SGD]     = { "sgd_step",               call_sgd_step,               0, 8,  0,   3, 2, 0, 0, 0, NULL, NULL },
    [RMSPROP] = { "rmsprop_step",           call_rmsprop_step,           0, 9,  0,   3, 2, 0, 0, 0, NULL, NULL },
    [ADAM]    = { "adam_step",              call_adam_step,              0, 13, 0,   4, 3, 0, 0, 0, NULL, NULL },
    [SQUARES] = { "sum_squares",            call_sum_squares,            0, 2,  0,   1, 0, 0, 0, 0, NULL, NULL },
};

/* ---- the shapes -------------------------------------------------------------------------------------------------- */

#define CONV(ci, h, co, k, pad) { ci, h, h, co, (h) + 2 * (pad) - (k) + 1, (h) + 2 * (pad) - (k) + 1, k, k, 1, 1, pad, pad, 1, 1, 1 }
#define GROUPED(c, h, k, s, groups) { c, h, h, c, (h) / (s), (h) / (s), k, k, s, s, (k) / 2, (k) / 2, 1, 1, groups }
#define DEPTHWISE(c, h, k, s) GROUPED(c, h, k, s, c)
#define FLAT(in, out) CONV(in, 1, out, 1, 0)
#define MAPS(c, h) CONV(c, h, c, 1, 0)
#define POOL(c, h, k) { c, h, h, c, (h) / (k), (h) / (k), k, k, k, k, 0, 0, 1, 1, 1 }
#define UPSAMPLED(c, h) { c, h, h, c, 2 * (h), 2 * (h), 1, 1, 1, 1, 0, 0, 1, 1, 1 }
#define ADAPTIVE(c, h, to) { c, h, h, c, to, to, ((h) + (to) - 1) / (to), ((h) + (to) - 1) / (to), 1, 1, 0, 0, 1, 1, 1 }
#define HALVED(c, h) { c, h, h, (c) / 2, h, h, 1, 1, 1, 1, 0, 0, 1, 1, 1 }
#define POSITIONS(t, c, heads) { 3 * (c), t, 1, c, t, 1, 1, 1, 1, 1, 0, 0, 1, 1, heads }
#define ALONG(c, t) { c, t, 1, c, t, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1 }
#define CELL(c) { 8 * (c), 1, 1, c, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1 }
#define CENTRES(c, h, k) { c, h, h, k, h, h, 1, 1, 1, 1, 0, 0, 1, 1, 1 }
static const int convolution[] = { CONV_F, CONV_D, CONV_W, -1 }, first_layer[] = { CONV_F, CONV_W, -1 },
                 dense[] = { DENSE_F, DENSE_D, DENSE_W, -1 }, maps[] = { BN_S, BN_A, BN_BS, BN_B, RELU_F, RELU_B, TANH_F,
                 TANH_B, GELU_F, GELU_B, SIGMOID_F, SIGMOID_B, EXP, LOG, ERF, DROP, -1 }, stage[] = { BN_M, PW_F, PW_FD, PW_B, PW_BD, -1 },
                 max[] = { MAX_F, MAX_B, -1 }, avg[] = { AVG_F, AVG_B, -1 }, loss[] = { SOFTMAX, FOCAL, HINGE, BCE, MSE, MAE, HUBER, -1 },
                 vector[] = { SGD, RMSPROP, ADAM, ADAGRAD, ADADELTA, LION, MOMENT, SQUARES, -1 },
                 norms[] = { LAYERNORM_F, LAYERNORM_B, GROUPNORM_F, GROUPNORM_B, PRELU_F, PRELU_B, GATE_F, GATE_SUMS, ADD_SCALED, MUL, -1 },
                 halves[] = { GLU_F, GLU_B, MAXOUT_F, MAXOUT_B, -1 }, upsampled[] = { UPSAMPLE_F, UPSAMPLE_B, -1 },
                 adaptive[] = { ADAPTIVE_F, ADAPTIVE_B, -1 }, attends[] = { ATTENTION_F, ATTENTION_B, -1 },
                 clusters[] = { KMEANS_F, KMEANS_B, -1 }, along[] = { EMBED_F, EMBED_B, WEIGH, SPREAD, -1 },
                 cell[] = { LSTM_F, LSTM_B, GRU_F, GRU_B, -1 };
static const struct shape_row {
    const char *group;
    const int *kernels; /* up to -1 */
    int images;
    struct conv_dims d;
} shapes[] = {
    /* the layers of the network n1, a batch of 64 */
    { "n1", first_layer, 64, CONV(1, 28, 10, 3, 0) },
    { "n1", convolution, 64, CONV(10, 26, 16, 3, 0) },
    { "n1", convolution, 64, CONV(16, 24, 20, 3, 0) },
    { "n1", convolution, 64, CONV(20, 11, 10, 1, 0) },
    { "n1", convolution, 64, CONV(10, 11, 16, 3, 0) },
    { "n1", convolution, 64, CONV(16, 9, 16, 3, 0) },
    { "n1", convolution, 64, CONV(16, 7, 20, 3, 0) },
    /* 8 to 128 channels on maps of 5x5 to 32x32 */
    { "grid", convolution, 64, CONV(8, 7, 8, 3, 0) },
    { "grid", convolution, 64, CONV(8, 11, 8, 3, 0) },
    { "grid", convolution, 16, CONV(8, 18, 8, 3, 0) },
    { "grid", convolution, 16, CONV(8, 34, 8, 3, 0) },
    { "grid", convolution, 64, CONV(16, 7, 16, 3, 0) },
    { "grid", convolution, 64, CONV(16, 11, 16, 3, 0) },
    { "grid", convolution, 16, CONV(16, 18, 16, 3, 0) },
    { "grid", convolution, 16, CONV(16, 34, 16, 3, 0) },
    { "grid", convolution, 64, CONV(32, 7, 32, 3, 0) },
    { "grid", convolution, 64, CONV(32, 11, 32, 3, 0) },
    { "grid", convolution, 16, CONV(32, 18, 32, 3, 0) },
    { "grid", convolution, 16, CONV(32, 34, 32, 3, 0) },
    { "grid", convolution, 64, CONV(64, 7, 64, 3, 0) },
    { "grid", convolution, 64, CONV(64, 11, 64, 3, 0) },
    { "grid", convolution, 16, CONV(64, 18, 64, 3, 0) },
    { "grid", convolution, 16, CONV(64, 34, 64, 3, 0) },
    { "grid", convolution, 64, CONV(128, 7, 128, 3, 0) },
    { "grid", convolution, 64, CONV(128, 11, 128, 3, 0) },
    { "grid", convolution, 16, CONV(128, 18, 128, 3, 0) },
    { "grid", convolution, 16, CONV(128, 34, 128, 3, 0) },
    /* the layers of the network cifar, padded */
    { "cifar", first_layer, 16, CONV(3, 32, 32, 3, 1) },
    { "cifar", convolution, 16, CONV(32, 32, 32, 3, 1) },
    { "cifar", convolution, 16, CONV(32, 16, 64, 3, 1) },
    { "cifar", convolution, 16, CONV(64, 16, 64, 3, 1) },
    { "cifar", convolution, 64, CONV(64, 8, 128, 3, 1) },
    { "cifar", convolution, 64, CONV(128, 8, 128, 3, 1) },
    /* one tap, as in networks with convolutions of each channel */
    { "1x1", convolution, 16, CONV(16, 32, 64, 1, 0) },
    { "1x1", convolution, 16, CONV(64, 16, 24, 1, 0) },
    { "1x1", convolution, 16, CONV(24, 16, 96, 1, 0) },
    { "1x1", convolution, 16, CONV(96, 8, 40, 1, 0) },
    { "1x1", convolution, 16, CONV(40, 8, 160, 1, 0) },
    { "1x1", convolution, 16, CONV(64, 8, 256, 1, 0) },
    { "1x1", convolution, 16, CONV(256, 8, 64, 1, 0) },
    { "1x1", convolution, 16, CONV(256, 4, 256, 1, 0) },
    /* each channel by itself, and a few by themselves */
    { "depthwise", convolution, 16, DEPTHWISE(64, 32, 3, 1) },
    { "depthwise", convolution, 16, DEPTHWISE(96, 16, 3, 2) },
    { "depthwise", convolution, 16, DEPTHWISE(96, 16, 5, 1) },
    { "depthwise", convolution, 16, DEPTHWISE(96, 16, 5, 2) },
    { "depthwise", convolution, 16, DEPTHWISE(160, 8, 5, 1) },
    { "depthwise", convolution, 16, DEPTHWISE(32, 16, 7, 1) },
    { "depthwise", convolution, 16, DEPTHWISE(64, 8, 7, 1) },
    { "depthwise", convolution, 16, GROUPED(64, 16, 3, 1, 4) },
    { "dense", dense, 128, FLAT(784, 128) },
    { "dense", dense, 128, FLAT(128, 10) },
    { "dense", dense, 128, FLAT(512, 512) },
    { "other", maps, 16, MAPS(20, 22) },
    { "other", stage, 16, MAPS(20, 22) },
    { "other", max, 16, POOL(20, 22, 2) },
    { "other", avg, 16, POOL(20, 22, 2) },
    { "other", loss, 128, FLAT(10, 10) },
    { "layers", norms, 16, MAPS(64, 8) },
    { "layers", halves, 16, HALVED(64, 8) },
    { "layers", upsampled, 16, UPSAMPLED(16, 16) },
    { "layers", adaptive, 16, ADAPTIVE(20, 22, 5) },
    { "layers", attends, 16, POSITIONS(49, 64, 4) },
    { "layers", attends, 16, POSITIONS(196, 32, 2) },
    { "layers", clusters, 16, CENTRES(32, 8, 128) },
    { "layers", along, 16, ALONG(128, 64) },
    { "layers", cell, 64, CELL(256) },
    { "update", vector, 16, FLAT(730, 730) }, /* the parameters of n1, as 16 x 730 */
};
// clang-format on
#define SHAPES (sizeof shapes / sizeof *shapes)

struct picked {
    const struct shape_row *shape;
    const struct kernel_row *row;
};

static const struct kernel_row *row_of_kernel(int id)
{
    return id < FIRST_LAYER_ROW ? &rows[id] : &kernel_rows_of_layers[id - FIRST_LAYER_ROW];
}

/* Picks the i-th pair of a shape and a kernel; past the end its shape is NULL and *n says how many there are. */
static struct picked pick_case(size_t i, size_t *n)
{
    *n = 0;
    for (size_t s = 0; s < SHAPES; s++)
        for (const int *k = shapes[s].kernels; *k >= 0; k++, ++*n)
            if (*n == i)
                return (struct picked){&shapes[s], row_of_kernel(*k)};
    return (struct picked){NULL, NULL};
}

size_t kernel_cases(void)
{
    size_t n;
    pick_case((size_t)-1, &n);
    return n;
}

/* ---- one case ---------------------------------------------------------------------------------------------------- */

static void measure_out(struct kernel_arrays *v, const struct picked *p)
{
    const struct conv_dims *d = &p->shape->d;
    v->d = *d;
    v->images = p->shape->images;
    v->blocks = blocks_of(v->images);
    v->act = p->row->act;
    v->p = p->row->p;
    size_t lanes = (size_t)v->blocks * LANES;
    v->in = lanes * (size_t)d->ci * (size_t)(d->h * d->w);
    v->out = lanes * (size_t)d->co * (size_t)(d->ho * d->wo);
    v->weights = p->row->per_mac ? (size_t)(d->ci / d->groups * d->co) * (size_t)(d->kh * d->kw) : 0;
}

/* Counts the pairs of an output and a tap inside the input, along one axis. */
static double count_taps(int in, int out, int k, int stride, int pad, int dilation)
{
    int n = 0;
    for (int o = 0; o < out; o++)
        for (int t = 0; t < k; t++) {
            int i = o * stride - pad + t * dilation;
            n += i >= 0 && i < in;
        }
    return n;
}

double conv_macs(const struct conv_dims *d)
{
    return count_taps(d->h, d->ho, d->kh, d->sh, d->ph, d->dh) * count_taps(d->w, d->wo, d->kw, d->sw, d->pw, d->dw) *
           ((double)d->ci / d->groups) * d->co;
}

static void shape_words(const struct kernel_row *r, const struct conv_dims *d, int images, char *buf, size_t n)
{
    if (r->per_mac && d->groups > 1)
        snprintf(buf, n, "%dx%d %d->%d in %d groups%s, %dx%d", d->kh, d->kw, d->ci, d->co, d->groups,
                 d->sh > 1 ? " by 2" : "", d->ho, d->wo);
    else if (r->per_mac && d->ho > 1)
        snprintf(buf, n, "%dx%d %d->%d, %dx%d", d->kh, d->kw, d->ci, d->co, d->ho, d->wo);
    else if (r->per_mac)
        snprintf(buf, n, "%d->%d", d->ci, d->co);
    else if (r->per_window && d->ho > d->h)
        snprintf(buf, n, "%d, %dx%d to %dx%d", d->ci, d->h, d->w, d->ho, d->wo);
    else if (r->per_window)
        snprintf(buf, n, "%d, %dx%d window %dx%d", d->ci, d->h, d->w, d->kh, d->kw);
    else if (r->more && d->w == 1)
        snprintf(buf, n, "%d positions, %d by %d heads", d->h, d->co, d->groups);
    else if (r->more)
        snprintf(buf, n, "%d->%d, %dx%d", d->ci, d->co, d->h, d->w);
    else if (d->h > 1)
        snprintf(buf, n, "%d, %dx%d", d->ci, d->h, d->w);
    else
        snprintf(buf, n, "%d", images ? d->ci : LANES * d->ci);
}

void kernel_case(size_t i, struct kernel_case *c)
{
    size_t n;
    struct kernel_arrays v = {0};
    struct picked p = pick_case(i, &n);
    const struct kernel_row *r = p.row;
    const struct conv_dims *d = &p.shape->d;
    measure_out(&v, &p);
    *c = (struct kernel_case){.group = p.shape->group, .kernel = r->name};
    c->images = p.shape->kernels == vector ? 0 : v.images;
    shape_words(r, d, c->images, c->shape, sizeof c->shape);
    double window = (double)d->kh * d->kw, lanes = (double)v.blocks * LANES;
    c->flop = r->per_mac * lanes * conv_macs(d) + r->per_in * (double)v.in + r->per_window * (double)v.out * window +
              (r->more ? lanes * r->more(d) : 0);
    c->bytes = 4.0 * (r->in * (double)v.in + r->out * (double)v.out + r->weights * (double)v.weights);
}

static float *random_floats(struct arena *a, size_t n, uint32_t which, float scale, float shift)
{
    float *x = arena_take(a, (n + LANES) * sizeof *x);
    struct rng r;
    rng_init(&r, 1, RNG_TEST, which, 0);
    size_t drawn = n < 4099 ? n : 4099;
    for (size_t i = 0; x && i < drawn; i++)
        x[i] = scale * rng_signed(&r) + shift;
    /* those over and over: drawing them all would take longer than the measurement */
    for (size_t have = drawn; x && have < n; have *= 2)
        memcpy(x + have, x, (have < n - have ? have : n - have) * sizeof *x);
    return x;
}

static int fill_arrays(struct kernel_arrays *v, const struct kernel_row *r, struct arena *a)
{
    const struct conv_dims *d = &v->d;
    size_t channels = (size_t)d->ci;
    size_t lanes = (size_t)v->blocks * LANES, scratch = v->weights ? conv_scratch(d, v->blocks) : 0;
    size_t weights = v->weights > v->in / lanes ? v->weights : v->in / lanes; /* bn: one a channel, dense: a bias */
    if (v->weights && d->h == 1 && dense_scratch(v->blocks, d->ci, d->co) > scratch)
        scratch = dense_scratch(v->blocks, d->ci, d->co);
    if (scratch < 2 * (size_t)(d->ci + d->co) + lanes)
        scratch = 2 * (size_t)(d->ci + d->co) + lanes;
    if (r->scratch && r->scratch(d, v->blocks) > scratch)
        scratch = r->scratch(d, v->blocks);
    v->a = random_floats(a, v->in, 0, 1, 0);
    v->b = random_floats(a, v->out, 1, 1, 0);
    v->c = random_floats(a, v->in, 2, 0.1f, 0.5f); /* also second moments: positive */
    v->e = random_floats(a, v->out, 3, 0.1f, 0.5f);
    v->w = random_floats(a, weights, 4, 0.1f, 0);
    v->dw = random_floats(a, weights, 5, 0.1f, 1);
    v->scratch = random_floats(a, scratch, 6, 0.1f, 0);
    v->label = arena_take(a, lanes * sizeof *v->label);
    v->seed = arena_take(a, lanes * sizeof *v->seed);
    v->drawn = arena_take(a, LANES * sizeof *v->drawn);
    v->lanes = arena_take(a, channels * 2 * LANES * sizeof *v->lanes);
    v->sums = arena_take(a, channels * 2 * sizeof *v->sums);
    v->moments = arena_take(a, channels * sizeof *v->moments);
    if (!v->a || !v->b || !v->c || !v->e || !v->w || !v->dw || !v->scratch || !v->label || !v->seed || !v->drawn ||
        !v->lanes || !v->sums || !v->moments)
        return -1;
    for (size_t i = 0; i < lanes; i++) {
        v->label[i] = (int32_t)(i % (size_t)d->ci);
        v->seed[i] = (uint32_t)i + 1;
    }
    return 0;
}

/* ---- its speed --------------------------------------------------------------------------------------------------- */

static struct kernel_speed speed_of(const struct kernel_case *c, struct timing_turns *t, double probe_flop,
                                    double probe_bytes)
{
    double fma[TIMING_TURNS], share[TIMING_TURNS], roof_share[TIMING_TURNS];
    for (size_t i = 0; i < t->n; i++) {
        double rate = c->flop / t->call[i], roof;
        roof = fma[i] = probe_flop / t->beside[0][i];
        if (probe_bytes > 0 && probe_bytes / t->beside[1][i] * (c->flop / c->bytes) < roof)
            roof = probe_bytes / t->beside[1][i] * (c->flop / c->bytes);
        share[i] = rate / fma[i];
        roof_share[i] = rate / roof;
    }
    return (struct kernel_speed){.seconds = timing_median(t->call, t->n),
                                 .fma = timing_median(fma, t->n),
                                 .share = timing_median(share, t->n),
                                 .roof_share = timing_median(roof_share, t->n)};
}

int kernel_case_time(size_t i, const struct kernels *k, int traffic, double seconds, struct kernel_speed *s,
                     struct err *e)
{
    size_t n;
    struct kernel_arrays v = {.k = k};
    struct picked p = pick_case(i, &n);
    struct kernel_case c;
    struct probe_run probe;
    struct arena a;
    const float *x = NULL;
    arena_init(&a);
    kernel_case(i, &c);
    measure_out(&v, &p);
    size_t floats = (size_t)(c.bytes / sizeof(float)) / PROBE_FLOATS * PROBE_FLOATS + PROBE_FLOATS;
    if (traffic)
        x = random_floats(&a, floats, 7, 1, 0);
    struct timing_turns *t = arena_take(&a, sizeof *t);
    int bad = fill_arrays(&v, p.row, &a) || (traffic && !x) || !t;
    if (bad) {
        err_set(e, ERR_NOMEM, "no memory to measure %s", p.row->name);
    } else {
        struct timed call = {p.row->call, &v}, beside[] = {{probe_fma, &probe}, {probe_read, &probe}};
        probe_run_init(&probe, k, x, floats);
        timing_turns(&call, beside, traffic ? 2 : 1, seconds, t);
        *s = speed_of(&c, t, probe_fma_flop(&probe), traffic ? (double)floats * sizeof(float) : 0);
    }
    arena_release(&a);
    return bad ? -1 : 0;
}
