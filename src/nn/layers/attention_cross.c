/* attention_cross.c - attention of the decoder to the encoder: the positions of x[0] look at those of x[1], of a padded
 * source at those that count. The tensors are those of any attention; the first third of the rows of W makes queries of
 * x[0], the rest keys and values of x[1], as PyTorch's MultiheadAttention does it with key and value another sequence.
 */
#include "nn/layers/attention.h"

#include <limits.h>
#include <math.h>
#include <string.h>

/* Of a block: floats of the queries, of what they look at, of both, and of the logarithms of their sums. */
static size_t query_floats(const struct nn_node *nd)
{
    return floats_of(nd->x[0], 1);
}

static size_t looked_at_floats(const struct nn_node *nd)
{
    return floats_of(nd->x[1], 1);
}

static size_t both_floats(const struct nn_node *nd)
{
    return query_floats(nd) + looked_at_floats(nd);
}

static size_t cross_logs(const struct nn_node *nd)
{
    const size_t positions = (size_t)(nd->x[0].h + nd->x[1].h);
    return (size_t)((const struct attention_args *)nd->args)->heads * positions * LANES;
}

int cross_shape(struct nn_node *nd, struct err *e)
{
    const int c = nd->x[0].c, t = nd->x[0].h, s = nd->x[1].h;
    char buf[48];
    if (nd->x[0].kind != SEQUENCE || nd->x[1].kind != SEQUENCE)
        return layer_error(nd, e, "looks from a sequence at a sequence, and %s is %s; leave out what makes one of it",
                           nd->x[0].kind != SEQUENCE ? "its input" : "what the encoder puts out",
                           shape_text(nd->x[nd->x[0].kind == SEQUENCE], buf, sizeof buf));
    if (nd->x[1].c != c)
        return layer_error(nd, e, "has %d channels, and the encoder puts out %d; end the encoder with dense %d", c,
                           nd->x[1].c, c);
    if ((double)(t + s) * (t + s) > INT_MAX)
        return layer_error(nd, e, "%d positions that look at %d are too many", t, s);
    nd->macs = 2.0 * t * c * c + 2.0 * s * c * c + 2.0 * t * s * c;
    nd->saved_block = 4 * both_floats(nd) + cross_logs(nd);
    return 0;
}

/* The kernels know one sequence: it is the encoder's positions, whose queries are 0, and after them those of x[0],
 * whose keys are beyond the lengths. So q of x[0] and k and v of x[1] are put together, and what comes of the first
 * positions is left out. */
static int both_positions(const struct nn_node *nd)
{
    return nd->x[0].h + nd->x[1].h;
}

static struct attention cross_attention(const struct nn_node *nd)
{
    const struct attention_args *a = nd->args;
    const int width = nd->x[0].c / a->heads;
    return (struct attention){
        .heads = a->heads, .width = width, .rows = both_positions(nd), .cols = 1, .scale = (float)(1 / sqrt(width))};
}

/* What the forward pass leaves, or in evaluation needs, of all blocks; or gradients like it: q, k and v of a block
 * together, y, logarithms. */
struct cross_parts {
    float *qkv, *y, *logs;
};

static struct cross_parts cross_parts_of(const struct layer_call *c, float *from)
{
    const size_t n = (size_t)c->pass->blocks * both_floats(c->node);
    return (struct cross_parts){from, from + 3 * n, from + 4 * n};
}

/* What the products and the kernels want, one after the other; the parts are after it. */
static size_t cross_kernels_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    const struct attention a = cross_attention(nd);
    const int c = nd->x[0].c;
    size_t (*const scratch)(int, int, int) = bf16 ? dense_scratch_bf16 : dense_scratch;
    const size_t each[] = {scratch(blocks * nd->x[0].h, c, c), scratch(blocks * nd->x[1].h, c, 2 * c),
                           attention_scratch(&a)};
    size_t most = each[0];
    for (size_t i = 1; i < sizeof each / sizeof *each; i++)
        most = each[i] > most ? each[i] : most;
    return PAD16(most);
}

/* And after them the parts, then q, and k and v, as the products make and read them. */
size_t cross_floats(const struct nn_node *nd, int blocks, int bf16)
{
    const size_t keys = 2 * looked_at_floats(nd), q = query_floats(nd), apart = q + (keys > q ? keys : q);
    return cross_kernels_scratch(nd, blocks, bf16) + (size_t)blocks * (nd->saved_block + apart);
}

/* Where those are. */
static float *cross_parts_scratch(const struct layer_call *c)
{
    return c->scratch + cross_kernels_scratch(c->node, c->pass->blocks, c->bf16);
}

static float *queries_apart(const struct layer_call *c)
{
    return cross_parts_scratch(c) + (size_t)c->pass->blocks * c->node->saved_block;
}

static float *keys_apart(const struct layer_call *c)
{
    return queries_apart(c) + (size_t)c->pass->blocks * query_floats(c->node);
}

/* Rows of `channels` vectors go between an array of `positions` rows and channels from `first` on of rows of `all`. */
static void move_rows(int positions, int channels, int back, float *apart, int all, int first, float *together)
{
    const size_t n = (size_t)channels * LANES;
    for (int t = 0; t < positions; t++) {
        float *a = apart + (size_t)t * n, *b = together + ((size_t)t * (size_t)all + (size_t)first) * LANES;
        memcpy(back ? a : b, back ? b : a, n * sizeof *a);
    }
}

/* Queries, and keys and values, of all blocks go into qkv, where everything else is 0, or come back. */
static void put_together(const struct layer_call *c, int back, float *qkv)
{
    const struct nn_node *nd = c->node;
    const int channels = nd->x[0].c, s = nd->x[1].h, t = nd->x[0].h;
    const size_t block = 3 * both_floats(nd);
    if (!back)
        memset(qkv, 0, (size_t)c->pass->blocks * block * sizeof *qkv);
    for (size_t b = 0; b < (size_t)c->pass->blocks; b++, qkv += block) {
        move_rows(s, 2 * channels, back, keys_apart(c) + 2 * b * looked_at_floats(nd), 3 * channels, channels, qkv);
        move_rows(t, channels, back, queries_apart(c) + b * query_floats(nd), 3 * channels, 0,
                  qkv + 3 * looked_at_floats(nd));
    }
}

/* A dense layer at each of `positions`: rows from..from + out of W and b, or of V and c. */
struct cross_dense {
    int positions, weight, from, out;
};

static struct cross_dense queries_of(const struct nn_node *nd)
{
    return (struct cross_dense){nd->x[0].h, IN_WEIGHT, 0, nd->x[0].c};
}

static struct cross_dense keys_and_values_of(const struct nn_node *nd)
{
    return (struct cross_dense){nd->x[1].h, IN_WEIGHT, nd->x[0].c, 2 * nd->x[0].c};
}

static struct cross_dense output_of(const struct nn_node *nd)
{
    return (struct cross_dense){nd->x[0].h, OUT_WEIGHT, 0, nd->x[0].c};
}

static size_t cross_weight_at(const struct nn_node *nd, const struct cross_dense *d)
{
    return nd->tensor[d->weight].at - nd->tensor[0].at + (size_t)d->from * (size_t)nd->x[0].c;
}

static size_t cross_bias_at(const struct nn_node *nd, const struct cross_dense *d)
{
    return nd->tensor[d->weight + 1].at - nd->tensor[0].at + (size_t)d->from;
}

static void cross_multiply(const struct layer_call *c, struct cross_dense d, const float *x, float *y)
{
    PRODUCT_OF(c->kernels, c->bf16, dense_forward)
    (c->pass->blocks * d.positions, c->node->x[0].c, d.out, x, c->w + cross_weight_at(c->node, &d),
     c->w + cross_bias_at(c->node, &d), y, c->scratch);
}

/* The gradients of weights, bias and, if dx is not NULL, input. */
static void cross_multiply_back(const struct layer_call *c, struct cross_dense d, const float *x, const float *dy,
                                float *dx)
{
    const int rows = c->pass->blocks * d.positions, in = c->node->x[0].c;
    const size_t weight = cross_weight_at(c->node, &d), bias = cross_bias_at(c->node, &d);
    PRODUCT_OF(c->kernels, c->bf16, dense_backward_weights)
    (rows, in, d.out, x, dy, c->dw + weight, c->dw + bias, c->scratch);
    if (dx)
        PRODUCT_OF(c->kernels, c->bf16, dense_backward_data)(rows, in, d.out, dy, c->w + weight, dx, c->scratch);
}

/* The caller of the layer has rounded x, dy and the weights; what stands between the products is rounded here. */
static void cross_round(const struct layer_call *c, size_t n, float *x)
{
    if (c->bf16)
        c->kernels->bf16_round(n, x, x);
}

/* How many positions there are to look at for each sample of block b. */
static const int32_t *looked_at_lengths(const struct layer_call *c, int b, int32_t all[LANES])
{
    for (int lane = 0; lane < LANES; lane++)
        all[lane] = c->node->x[1].h;
    return c->pass->lengths ? c->pass->lengths + (size_t)b * LANES : all;
}

void cross_forward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    _Alignas(64) int32_t all[LANES];
    struct attention a = cross_attention(nd);
    const struct cross_parts p = cross_parts_of(c, c->saved ? c->saved : cross_parts_scratch(c));
    const size_t n = both_floats(nd), q = query_floats(nd), source = looked_at_floats(nd);
    cross_multiply(c, queries_of(nd), c->x[0], queries_apart(c));
    cross_multiply(c, keys_and_values_of(nd), c->x[1], keys_apart(c));
    put_together(c, 0, p.qkv);
    for (int b = 0; b < c->pass->blocks; b++) {
        const size_t at = (size_t)b * n;
        a.lengths = looked_at_lengths(c, b, all);
        c->kernels->attention_forward(&a, p.qkv + 3 * at, p.y + at, p.logs + (size_t)b * cross_logs(nd), c->scratch);
        cross_round(c, n, p.y + at);
        memcpy(queries_apart(c) + (size_t)b * q, p.y + at + source, q * sizeof *p.y);
    }
    cross_multiply(c, output_of(nd), queries_apart(c), c->y);
}

void cross_backward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    _Alignas(64) int32_t all[LANES];
    struct attention a = cross_attention(nd);
    const struct cross_parts p = cross_parts_of(c, c->saved),
                             d = cross_parts_of(c, cross_parts_scratch(c)); /* gradients */
    const size_t n = both_floats(nd), q = query_floats(nd), source = looked_at_floats(nd);
    for (size_t b = 0; b < (size_t)c->pass->blocks; b++)
        memcpy(queries_apart(c) + b * q, p.y + b * n + source, q * sizeof *p.y);
    cross_multiply_back(c, output_of(nd), queries_apart(c), c->dy, keys_apart(c)); /* where there is room for it */
    for (size_t b = 0; b < (size_t)c->pass->blocks; b++) {
        memset(d.y + b * n, 0, source * sizeof *d.y);
        memcpy(d.y + b * n + source, keys_apart(c) + b * q, q * sizeof *d.y);
    }
    for (int b = 0; b < c->pass->blocks; b++) {
        const size_t at = (size_t)b * n;
        a.lengths = looked_at_lengths(c, b, all);
        c->kernels->attention_backward(&a, p.qkv + 3 * at, p.y + at, p.logs + (size_t)b * cross_logs(nd), d.y + at,
                                       d.qkv + 3 * at, c->scratch);
    }
    cross_round(c, 3 * (size_t)c->pass->blocks * n, d.qkv);
    put_together(c, 1, d.qkv);
    cross_multiply_back(c, queries_of(nd), c->x[0], queries_apart(c), c->dx[0]);
    cross_multiply_back(c, keys_and_values_of(nd), c->x[1], keys_apart(c), c->dx[1]);
}
