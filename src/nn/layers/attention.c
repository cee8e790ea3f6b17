/* attention: every position of the input looks at all of them, or at those up to itself; of a padded sequence at none
 * beyond its length. With `cross` it looks at those of the encoder (attention_cross.c). With q, k, v = W x + b at each
 * position and, for each head of C / heads channels, y = softmax(q k^T / sqrt(C / heads)) v, the output is V y + c.
 * Tensors: W [3C][C] and b [3C] (q, then k, then v), V [C][C] and c [C], as PyTorch's MultiheadAttention has them. In
 * bf16 the two dense layers multiply rounded numbers, scores and what they weigh stay floats. */
#include "nn/layers/attention.h"

#include "base/maths.h"
#include "nn/layers/positions.h"
#include "nn/layers/rotary.h"

#include <limits.h>
#include <math.h>
#include <string.h>

// clang-format off
#define AT(field) offsetof(struct attention_args, field)
static const struct param attention_params[] = {
    { .name = "heads", .type = P_INT, .at = AT(heads), .min = 1, .max = 1024, .preset = "1",
      .help = "each looks with its share of the channels" },
    { .name = "rotary", .type = P_FLAG, .at = AT(rotary), .preset = "no",
      .help = "turn queries and keys by their position, so that scores go by distances (Su et al. 2021, arXiv:2104.09864)" },
    { .name = "causal", .type = P_FLAG, .at = AT(causal), .preset = "no",
      .help = "no position looks at a later one" },
    { .name = "cross", .type = P_FLAG, .at = AT(cross), .preset = "no",
      .help = "look at what the encoder puts out: keys and values are of it, after the word `target`" },
    { .name = "init", .type = P_CHOICE, .at = AT(init), .preset = "default", .word = layer_init_word,
      .help = "how the weights start; default: [model] init" },
    { 0 },
};
// clang-format on

static int attention_check(void *args, struct err *e)
{
    const struct attention_args *a = args;
    if (!a->cross || !(a->causal || a->rotary))
        return 0;
    return err_set(e, ERR_USAGE, "cross looks at all positions of another text, by what they are; leave out %s",
                   a->causal ? "causal" : "rotary");
}

static int attention_reads_encoder(const void *args)
{
    return ((const struct attention_args *)args)->cross;
}

static int is_cross(const struct nn_node *nd)
{
    return nd->nin > 1;
}

static struct attention attention_of(const struct nn_node *nd)
{
    const struct attention_args *a = nd->args;
    const int width = nd->x[0].c / a->heads;
    return (struct attention){.heads = a->heads,
                              .width = width,
                              .rows = nd->x[0].h,
                              .cols = nd->x[0].w,
                              .scale = (float)(1 / sqrt(width)),
                              .causal = a->causal};
}

/* Floats of a block of samples: of the input, of what its scores are made of, and of the logarithms of their sums. */
static size_t block_floats(const struct nn_node *nd)
{
    return floats_of(nd->x[0], 1);
}

static size_t log_floats(const struct nn_node *nd)
{
    const struct attention_args *a = nd->args;
    return (size_t)a->heads * (size_t)(nd->x[0].h * nd->x[0].w) * LANES;
}

static int attention_shape(struct nn_node *nd, struct err *e)
{
    const struct attention_args *a = nd->args;
    const struct shape x = nd->x[0];
    const int c = x.c, heads = a->heads;
    const double t = (double)x.h * x.w;
    if (positions_wanted(nd, e))
        return -1;
    if (c % heads)
        return layer_error(nd, e, "heads must divide the %d channels, %d does not", c, heads);
    if (a->rotary && c / heads % 2)
        return layer_error(nd, e, "rotary turns pairs of channels, and each head has %d", c / heads);
    if ((double)c * c * 3 > INT_MAX || t * t > INT_MAX)
        return layer_error(nd, e, "%d channels and %.0f positions are too many", c, t);
    nd->y = x;
    if (is_cross(nd)) {
        if (cross_shape(nd, e))
            return -1;
    } else {
        nd->flags |= a->causal ? 0 : LOOKS_AHEAD;
        nd->macs = t * 4 * c * c + t * t * 2 * c;
        nd->saved_block = 4 * block_floats(nd) + log_floats(nd);
    }
    layer_tensor(nd, "in_proj_weight", NN_WEIGHT, (size_t)(3 * c) * (size_t)c, c, 3 * c, a->init - 1);
    layer_dims(nd, 2, (const int[]){3 * c, c});
    layer_tensor(nd, "in_proj_bias", NN_BIAS, (size_t)(3 * c), c, 3 * c, -1);
    layer_tensor(nd, "out_proj.weight", NN_WEIGHT, (size_t)c * (size_t)c, c, c, a->init - 1);
    layer_dims(nd, 2, (const int[]){c, c});
    layer_tensor(nd, "out_proj.bias", NN_BIAS, (size_t)c, c, c, -1);
    return 0;
}

/* --- the dense layers at each position: a convolution of 1x1 on maps --- */

static struct conv_dims projection_of(const struct nn_node *nd, int in, int out)
{
    const struct shape x = nd->x[0];
    return (struct conv_dims){.ci = in,
                              .h = x.h,
                              .w = x.w,
                              .co = out,
                              .ho = x.h,
                              .wo = x.w,
                              .kh = 1,
                              .kw = 1,
                              .sh = 1,
                              .sw = 1,
                              .dh = 1,
                              .dw = 1,
                              .groups = 1};
}

static size_t projection_scratch(const struct nn_node *nd, int blocks, int bf16, int in, int out)
{
    const struct conv_dims d = projection_of(nd, in, out);
    if (d.w > 1)
        return (bf16 ? conv_scratch_bf16 : conv_scratch)(&d, blocks);
    return (bf16 ? dense_scratch_bf16 : dense_scratch)(blocks * d.h, in, out);
}

static size_t tensor_at(const struct nn_node *nd, int i)
{
    return nd->tensor[i].at - nd->tensor[0].at;
}

static void project_forward(const struct layer_call *c, int in, int out, const float *x, int weight, float *y,
                            float *scratch)
{
    const struct conv_dims d = projection_of(c->node, in, out);
    const float *w = c->w + tensor_at(c->node, weight), *b = c->w + tensor_at(c->node, weight + 1);
    if (d.w > 1)
        PRODUCT_OF(c->kernels, c->bf16, conv_forward)(&d, c->pass->blocks, x, w, b, y, scratch);
    else
        PRODUCT_OF(c->kernels, c->bf16, dense_forward)(c->pass->blocks * d.h, in, out, x, w, b, y, scratch);
}

/* The gradients of weights, bias and, if dx is not NULL, input. */
static void project_backward(const struct layer_call *c, int in, int out, const float *x, int weight, const float *dy,
                             float *dx, float *scratch)
{
    const struct conv_dims d = projection_of(c->node, in, out);
    const int blocks = c->pass->blocks;
    const float *w = c->w + tensor_at(c->node, weight);
    float *dw = c->dw + tensor_at(c->node, weight), *db = c->dw + tensor_at(c->node, weight + 1);
    if (d.w > 1)
        PRODUCT_OF(c->kernels, c->bf16, conv_backward_weights)(&d, blocks, x, dy, dw, db, scratch);
    else
        PRODUCT_OF(c->kernels, c->bf16, dense_backward_weights)(blocks * d.h, in, out, x, dy, dw, db, scratch);
    if (dx && d.w > 1)
        PRODUCT_OF(c->kernels, c->bf16, conv_backward_data)(&d, blocks, dy, w, dx, scratch);
    else if (dx)
        PRODUCT_OF(c->kernels, c->bf16, dense_backward_data)(blocks * d.h, in, out, dy, w, dx, scratch);
}

/* --- the passes --- */

/* What the forward pass leaves, or in evaluation needs: q, k and v, y, logarithms; of all blocks one after the other.
 */
struct attention_parts {
    float *qkv, *y, *logs;
};

static struct attention_parts parts_of(const struct layer_call *c, float *from)
{
    const size_t n = (size_t)c->pass->blocks * block_floats(c->node);
    return (struct attention_parts){from, from + 3 * n, from + 4 * n};
}

static int is_rotary(const struct nn_node *nd)
{
    return ((const struct attention_args *)nd->args)->rotary;
}

/* First what the projections and the kernels want, one after the other; then what is not saved, or gradients like it;
 * then what turning wants. */
static size_t kernels_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    const struct attention a = attention_of(nd);
    const int c = nd->x[0].c;
    size_t in = projection_scratch(nd, blocks, bf16, c, 3 * c), out = projection_scratch(nd, blocks, bf16, c, c);
    size_t most = in > out ? in : out;
    return PAD16(most > attention_scratch(&a) ? most : attention_scratch(&a));
}

static size_t attention_floats(const struct nn_node *nd, int blocks, int bf16)
{
    const struct attention a = attention_of(nd);
    if (is_cross(nd))
        return cross_floats(nd, blocks, bf16);
    return kernels_scratch(nd, blocks, bf16) + (size_t)blocks * nd->saved_block +
           (is_rotary(nd) ? rotary_scratch(&a) : 0);
}

static void turn_queries(const struct layer_call *c, int back, float *qkv)
{
    const struct attention a = attention_of(c->node);
    const int blocks = c->pass->blocks;
    if (is_rotary(c->node))
        rotary_turn(c, &a, back, qkv,
                    c->scratch + kernels_scratch(c->node, blocks, c->bf16) + (size_t)blocks * c->node->saved_block);
}

/* The caller of the layer has rounded x, dy and the weights; what stands between the projections is rounded here. */
static void round_operand(const struct layer_call *c, size_t n, float *x)
{
    if (c->bf16)
        c->kernels->bf16_round(n, x, x);
}

static const int32_t *block_lengths_of(const struct layer_call *c, int block)
{
    const int32_t *lengths = layer_lengths(c);
    return lengths ? lengths + (size_t)block * LANES : NULL;
}

static void self_forward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    struct attention a = attention_of(nd);
    const int channels = nd->x[0].c;
    float *rest = c->scratch + kernels_scratch(nd, c->pass->blocks, c->bf16);
    const struct attention_parts p = parts_of(c, c->saved ? c->saved : rest);
    const size_t n = block_floats(nd), logs = log_floats(nd);
    project_forward(c, channels, 3 * channels, c->x[0], IN_WEIGHT, p.qkv, c->scratch);
    turn_queries(c, 0, p.qkv);
    for (int b = 0; b < c->pass->blocks; b++) {
        a.lengths = block_lengths_of(c, b);
        c->kernels->attention_forward(&a, p.qkv + 3 * (size_t)b * n, p.y + (size_t)b * n, p.logs + (size_t)b * logs,
                                      c->scratch);
    }
    round_operand(c, (size_t)c->pass->blocks * n, p.y);
    project_forward(c, channels, channels, p.y, OUT_WEIGHT, c->y, c->scratch);
}

static void self_backward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    struct attention a = attention_of(nd);
    const int channels = nd->x[0].c;
    const struct attention_parts p = parts_of(c, c->saved);
    const struct attention_parts d =
        parts_of(c, c->scratch + kernels_scratch(nd, c->pass->blocks, c->bf16)); /* gradients */
    const size_t n = block_floats(nd), logs = log_floats(nd);
    project_backward(c, channels, channels, p.y, OUT_WEIGHT, c->dy, d.y, c->scratch);
    for (int b = 0; b < c->pass->blocks; b++) {
        a.lengths = block_lengths_of(c, b);
        c->kernels->attention_backward(&a, p.qkv + 3 * (size_t)b * n, p.y + (size_t)b * n, p.logs + (size_t)b * logs,
                                       d.y + (size_t)b * n, d.qkv + 3 * (size_t)b * n, c->scratch);
    }
    turn_queries(c, 1, d.qkv);
    round_operand(c, 3 * (size_t)c->pass->blocks * n, d.qkv);
    project_backward(c, channels, 3 * channels, c->x[0], IN_WEIGHT, d.qkv, c->dx[0], c->scratch);
}

static void attention_forward(const struct layer_call *c)
{
    (is_cross(c->node) ? cross_forward : self_forward)(c);
}

static void attention_backward(const struct layer_call *c)
{
    (is_cross(c->node) ? cross_backward : self_backward)(c);
}

/* --- looking at it --- */

int attention_heads(const struct nn_node *nd)
{
    return nd->type == &layer_attention && !is_cross(nd) ? ((const struct attention_args *)nd->args)->heads : 0;
}

/* Number k of the 3C channels of q, k and v at position t, of lane `lane` of a block. */
static float projection_at(const struct attention *a, const float *qkv, int channel, int t, int lane)
{
    const int channels = 3 * a->heads * a->width;
    return qkv[(((size_t)(t / a->cols) * (size_t)channels + (size_t)channel) * (size_t)a->cols +
                (size_t)(t % a->cols)) *
                   LANES +
               (size_t)lane];
}

/* A row of shares: the softmax of the scores from position t. */
static void shares_from(const struct attention *a, const float *qkv, int head, int t, int lane, float *share)
{
    const int all = a->heads * a->width, positions = a->rows * a->cols, seen = a->causal ? t + 1 : positions;
    double most = -HUGE_VAL, sum = 0;
    for (int k = 0; k < seen; k++) {
        double score = 0;
        for (int i = head * a->width; i < (head + 1) * a->width; i++)
            score += (double)projection_at(a, qkv, i, t, lane) * (double)projection_at(a, qkv, all + i, k, lane);
        share[k] = (float)(score * (double)a->scale);
        most = (double)share[k] > most ? (double)share[k] : most;
    }
    for (int k = 0; k < seen; k++)
        sum += share[k] = (float)m_exp((double)share[k] - most);
    for (int k = 0; k < seen; k++)
        share[k] = (float)((double)share[k] / sum);
    for (int k = seen; k < positions; k++)
        share[k] = 0;
}

void attention_shares(const struct layer_call *c, int s, float *share)
{
    const struct attention a = attention_of(c->node);
    const int positions = a.rows * a.cols;
    const float *qkv = c->saved + 3 * (size_t)(s / LANES) * block_floats(c->node);
    for (int h = 0; h < a.heads; h++)
        for (int t = 0; t < positions; t++, share += positions)
            shares_from(&a, qkv, h, t, s % LANES, share);
}

const struct layer_type layer_attention = {
    .name = "attention",
    .sig = "[C,H,W] or [C,T] -> same",
    .help =
        "self-attention over the positions: softmax(q k^T / sqrt(C / heads)) v of dense layers q, k, v at each, then "
        "a dense layer",
    .source = "Vaswani et al. 2017, arXiv:1706.03762; computed as in Dao et al. 2022, arXiv:2205.14135",
    .params = attention_params,
    .args_size = sizeof(struct attention_args),
    .check = attention_check,
    .reads_encoder = attention_reads_encoder,
    .flags = KEEPS_X | COUNTS | KNOWS_LENGTHS,
    .shape = attention_shape,
    .window = layer_whole_window,
    .scratch = attention_floats,
    .forward = attention_forward,
    .backward = attention_backward,
};
