/* joins: concat puts its inputs after each other along the channels; add, mul and mean work element by element. */
#include "nn/layers/joins.h"

#include <limits.h>
#include <string.h>

struct join_args {
    double scale; /* of the first input of an add */
};

int build_join(struct builder *b, const struct layer_type *join, double scale, const struct item *from, const int *in,
               int nin, int *out)
{
    struct join_args *a = arena_take(b->a, sizeof *a);
    if (!a)
        return err_set(b->e, ERR_NOMEM, "no memory for the network");
    a->scale = scale;
    return build_node(b, join, a, join->name, from, in, nin, out);
}

/* --- shapes --- */

static int differ(const struct nn_node *nd, int k, struct err *e)
{
    char a[48], b[48];
    return layer_error(nd, e, "it joins %s and %s", shape_text(nd->x[0], a, sizeof a),
                       shape_text(nd->x[k], b, sizeof b));
}

static int same_positions(const struct nn_node *nd, int k)
{
    return nd->x[k].kind == nd->x[0].kind && nd->x[k].h == nd->x[0].h && nd->x[k].w == nd->x[0].w;
}

static int elementwise_shape(struct nn_node *nd, struct err *e)
{
    for (int k = 1; k < nd->nin; k++)
        if (!same_positions(nd, k) || nd->x[k].c != nd->x[0].c)
            return differ(nd, k, e);
    return layer_same_shape(nd, e);
}

static int concat_shape(struct nn_node *nd, struct err *e)
{
    long long c = nd->x[0].c;
    for (int k = 1; k < nd->nin; k++) {
        if (!same_positions(nd, k))
            return differ(nd, k, e);
        c += nd->x[k].c;
    }
    if (c > INT_MAX)
        return layer_error(nd, e, "it would have %lld channels", c);
    nd->y = nd->x[0];
    nd->y.c = (int)c;
    return 0;
}

/* --- concat: rows [c][w][16] of the inputs after each other --- */

/* Floats of a row of a shape. */
static size_t row_floats(struct shape s)
{
    return (size_t)s.c * (size_t)s.w * LANES;
}

static void concat_forward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    size_t rows = (size_t)(c->pass->blocks * nd->y.h), to = row_floats(nd->y), at = 0;
    for (int k = 0; k < nd->nin; k++) {
        size_t n = row_floats(nd->x[k]);
        for (size_t r = 0; r < rows; r++)
            memcpy(c->y + r * to + at, c->x[k] + r * n, n * sizeof *c->y);
        at += n;
    }
}

static void concat_backward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    size_t rows = (size_t)(c->pass->blocks * nd->y.h), from = row_floats(nd->y), at = 0;
    for (int k = 0; k < nd->nin; k++) {
        size_t n = row_floats(nd->x[k]);
        for (size_t r = 0; c->dx[k] && r < rows; r++)
            memcpy(c->dx[k] + r * n, c->dy + r * from + at, n * sizeof *c->dy);
        at += n;
    }
}

/* --- add and mean: y = (s x0 + x1 + x2 ...) / n, in this order; n is 1 for add, s is 1 for mean --- */

static size_t floats_of_join(const struct layer_call *c)
{
    return floats_of(c->node->y, c->pass->blocks);
}

static float scale_of(const struct layer_call *c)
{
    return (float)((const struct join_args *)c->node->args)->scale;
}

/* y = scale x0 + x1 + x2 ... */
static void sum(const struct layer_call *c, float scale)
{
    for (int k = 1; k < c->node->nin; k++)
        c->kernels->add_scaled(floats_of_join(c), k == 1 ? scale : 1, k == 1 ? c->x[0] : c->y, c->x[k], c->y);
}

/* dx0 = first dy, and rest dy for all others. */
static void spread_gradient(const struct layer_call *c, float first, float rest)
{
    for (int k = 0; k < c->node->nin; k++)
        if (c->dx[k])
            c->kernels->scaled(floats_of_join(c), k ? rest : first, c->dy, c->dx[k]);
}

static void add_forward(const struct layer_call *c)
{
    sum(c, scale_of(c));
}

static void add_backward(const struct layer_call *c)
{
    spread_gradient(c, scale_of(c), 1);
}

/* A sum of two is a part of a stage; one that scales is not. */
static void add_part(const struct nn_node *nd, struct stage_part *out)
{
    const struct join_args *a = nd->args;
    out->kind = nd->nin == 2 && a->scale == 1 ? PART_SUM : PART_KINDS;
}

static void mean_forward(const struct layer_call *c)
{
    sum(c, 1);
    c->kernels->scaled(floats_of_join(c), 1 / (float)c->node->nin, c->y, c->y);
}

static void mean_backward(const struct layer_call *c)
{
    const float share = 1 / (float)c->node->nin;
    spread_gradient(c, share, share);
}

/* --- mul --- */

static void mul_forward(const struct layer_call *c)
{
    for (int k = 1; k < c->node->nin; k++)
        c->kernels->mul(floats_of_join(c), k == 1 ? c->x[0] : c->y, c->x[k], c->y);
}

/* dx[k] is dy times all the other inputs, in their order. */
static void mul_backward(const struct layer_call *c)
{
    for (int k = 0; k < c->node->nin; k++) {
        const float *product = c->dy;
        for (int j = 0; c->dx[k] && j < c->node->nin; j++)
            if (j != k) {
                c->kernels->mul(floats_of_join(c), product, c->x[j], c->dx[k]);
                product = c->dx[k];
            }
    }
}

/* --- the rows --- */

const struct layer_type join_concat = {
    .name = "concat",
    .sig = "[C1,...], [C2,...] -> [C1+C2,...]",
    .help = "joins along the channels",
    .source = "",
    .shape = concat_shape,
    .forward = concat_forward,
    .backward = concat_backward,
};
const struct layer_type join_add = {
    .name = "add",
    .sig = "any, any -> same",
    .help = "adds element by element",
    .source = "",
    .shape = elementwise_shape,
    .forward = add_forward,
    .backward = add_backward,
    .part = add_part,
};
const struct layer_type join_mul = {
    .name = "mul",
    .sig = "any, any -> same",
    .help = "multiplies element by element",
    .source = "",
    .flags = KEEPS_X,
    .shape = elementwise_shape,
    .forward = mul_forward,
    .backward = mul_backward,
};
const struct layer_type join_mean = {
    .name = "mean",
    .sig = "any, any -> same",
    .help = "takes the mean element by element",
    .source = "",
    .shape = elementwise_shape,
    .forward = mean_forward,
    .backward = mean_backward,
};

const struct layer_type *const join_types[] = {&join_concat, &join_add, &join_mul, &join_mean, NULL};

const char *join_name(size_t i)
{
    return i < sizeof join_types / sizeof join_types[0] - 1 ? join_types[i]->name : NULL;
}
