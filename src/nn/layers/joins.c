/* joins: concat puts its inputs after each other along the channels; add, mul and mean work element by element, where
 * mul of two may also take one value for all positions of a channel (a gate, as squeeze and excitation have it). */
#include "nn/layers/joins.h"

#include <limits.h>
#include <string.h>

struct join_args {
    double scale; /* of the first input of an add */
};

/* --- shapes --- */

static int same_positions(struct shape a, struct shape b)
{
    a.c = b.c;
    return shape_equal(a, b);
}

/* Does g have one value for all positions of a channel of x, and x has several? */
static int is_gate_of(struct shape g, struct shape x)
{
    return g.c == x.c && g.h * g.w == 1 && x.h * x.w > 1;
}

/* Refuses inputs whose shapes cannot be joined, with the first and the k-th. */
static int refuse_join(struct builder *b, const struct layer_type *join, const struct item *from, int first, int other)
{
    char x[48], y[48], x_place[128], y_place[128];
    return build_error(b, from, "it joins %s (%s) and %s (%s); %s", shape_text(build_shape(b, first), x, sizeof x),
                       build_place(b, first, x_place, sizeof x_place), shape_text(build_shape(b, other), y, sizeof y),
                       build_place(b, other, y_place, sizeof y_place),
                       join == &join_concat ? "all must be alike but for the channels" : "all must be alike");
}

int build_join(struct builder *b, const struct layer_type *join, double scale, const struct item *from, const int *in,
               int nin, int *out)
{
    struct join_args *a = arena_take(b->a, sizeof *a);
    const struct shape x = build_shape(b, in[0]), y = build_shape(b, in[1]);
    const int gated[2] = {in[1], in[0]};
    if (!a)
        return err_set(b->e, ERR_NOMEM, "no memory for the network");
    a->scale = scale;
    if (join == &join_mul && nin == 2 && (is_gate_of(y, x) || is_gate_of(x, y)))
        return build_node(b, &join_gate, a, join->name, from, is_gate_of(y, x) ? in : gated, nin, out);
    for (int k = 1; k < nin; k++) {
        const struct shape other = build_shape(b, in[k]);
        if (!same_positions(x, other) || (join != &join_concat && x.c != other.c))
            return refuse_join(b, join, from, in[0], in[k]);
    }
    return build_node(b, join, a, join->name, from, in, nin, out);
}

static int concat_shape(struct nn_node *nd, struct err *e)
{
    long long c = nd->x[0].c;
    for (int k = 1; k < nd->nin; k++)
        c += nd->x[k].c;
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

double join_scale(const struct nn_node *nd)
{
    return ((const struct join_args *)nd->args)->scale;
}

static float scale_of(const struct layer_call *c)
{
    return (float)join_scale(c->node);
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

/* --- gate: y[c][h][w] = x0[c][h][w] x1[c] --- */

static void gate_forward(const struct layer_call *c)
{
    const struct shape x = c->node->x[0];
    c->kernels->gate(x.c, x.h, x.w, c->pass->blocks, c->x[0], c->x[1], c->y);
}

static void gate_backward(const struct layer_call *c)
{
    const struct shape x = c->node->x[0];
    if (c->dx[1])
        c->kernels->gate_sums(x.c, x.h, x.w, c->pass->blocks, c->x[0], c->dy, c->dx[1]);
    if (c->dx[0])
        c->kernels->gate(x.c, x.h, x.w, c->pass->blocks, c->dy, c->x[1], c->dx[0]);
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
    .shape = layer_same_shape,
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
    .shape = layer_same_shape,
    .forward = mul_forward,
    .backward = mul_backward,
};
const struct layer_type join_gate = {
    .name = "gate",
    .sig = "[C,...], [C] -> [C,...]",
    .help = "multiplies each channel by one value of the sample",
    .source = "",
    .flags = KEEPS_X,
    .shape = layer_same_shape,
    .forward = gate_forward,
    .backward = gate_backward,
};
const struct layer_type join_mean = {
    .name = "mean",
    .sig = "any, any -> same",
    .help = "takes the mean element by element",
    .source = "",
    .shape = layer_same_shape,
    .forward = mean_forward,
    .backward = mean_backward,
};

const struct layer_type *const join_types[] = {&join_concat, &join_add, &join_mul, &join_mean, NULL};

const char *join_name(size_t i)
{
    return i < sizeof join_types / sizeof join_types[0] - 1 ? join_types[i]->name : NULL;
}
