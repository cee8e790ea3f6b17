/* tangent.c - a direction is led through a network: what a layer puts out changes along it as the layer's linear part
 * says, and an activation by its slopes. The gradient of the derivative that comes out has two parts. As the weights of
 * a layer act on what is led along, it is the layer's own gradient of that, with the gradient delta that the output has
 * there; and as they change the argument of a curved activation further on, and so its slope, a second gradient comes
 * down from each of these:
 *
 *     direction --[W]--> along --[slope(x)]--> along --[W']--> derivative
 *                               |
 *                               curvature(x) * along * delta, which goes back as any gradient of x
 */
#include "nn/tangent.h"

#include "nn/layer.h"
#include "nn/plan/plan.h"

#include <assert.h>
#include <string.h>

#define CURVE_STEP 0.01f /* of what is led along, by which an argument is moved to see its slope change */
enum { BACK, OTHER_BACK, MOVED, PUT_OUT, SLOPES };

/* Whether a layer is linear in what it reads. */
static int is_linear(const struct nn_node *nd)
{
    static const char *const word[] = {"conv2d",  "depthwise",        "conv_transpose", "dense", "avgpool",
                                       "gap",     "adaptive_avgpool", "upsample",       "pad",   "crop",
                                       "dropout", "flatten",          "reshape",        "rows"};
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        if (nn_is_layer(nd, word[i]))
            return 1;
    return nd->flags & IDENTITY;
}

/* Whether it is an activation, and then which. */
static int is_activation(const struct nn_node *nd, struct stage_part *part)
{
    if (!nd->type->part)
        return 0;
    nd->type->part(nd, part);
    return part->kind == PART_ACT;
}

static int is_curved(enum act f)
{
    return f != ACT_relu && f != ACT_leaky_relu && f != ACT_relu6;
}

/* Whether its slope jumps from one curve to another: there a difference of slopes is no curvature. */
static int has_corner(const struct stage_part *part)
{
    return part->act.f == ACT_selu || part->act.f == ACT_hardswish ||
           (part->act.f == ACT_elu && part->act.parameter != 1);
}

const struct nn_node *nn_tangent_stops(const struct nn_graph *g, int first)
{
    struct stage_part part;
    for (int i = first; i < g->nnodes; i++)
        if (g->node[i].nin != 1 || g->node[i].in[0] != i - 1 ||
            !(is_linear(&g->node[i]) || (is_activation(&g->node[i], &part) && !has_corner(&part))))
            return &g->node[i];
    return NULL;
}

/* Takes from the arena, or, where it is NULL, only adds up. */
struct tangent_room {
    struct arena *a;
    size_t bytes;
};

static void *take_room(struct tangent_room *r, size_t n, size_t size)
{
    r->bytes += (n * size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    return r->a ? arena_take(r->a, n * size) : NULL;
}

static const struct plan_options apart = {.members = 1, .input_gradient = 1};

static void plan_with(struct plan_options *o, int first)
{
    *o = apart;
    o->first = first;
}

static void lay_out_tangent(struct nn_tangent *t, const struct nn_graph *g, int first, int batch,
                            struct tangent_room *r)
{
    const int blocks = blocks_of(batch), nodes = g->nnodes - first;
    size_t largest = floats_of(g->node[first].x[0], blocks);
    t->graph = *g;
    t->graph.frozen = t->graph.unfreeze_at = 0;
    t->unbiased = take_room(r, g->param_floats, sizeof(float));
    t->dw = take_room(r, g->param_floats, sizeof(float));
    t->along = take_room(r, (size_t)nodes, sizeof *t->along);
    for (int i = first; i < g->nnodes; i++) {
        if (g->node[i].flags & IDENTITY) /* it makes no step */
            continue;
        const size_t n = floats_of(g->node[i].y, blocks);
        float *along = take_room(r, n, sizeof(float));
        if (t->along)
            t->along[t->steps] = along;
        t->steps++;
        largest = n > largest ? n : largest;
    }
    for (size_t i = 0; i < sizeof t->scratch / sizeof *t->scratch; i++)
        t->scratch[i] = take_room(r, largest, sizeof(float));
}

size_t nn_tangent_bytes(const struct nn_graph *g, int first, int batch)
{
    struct nn_tangent t = {0};
    struct tangent_room room = {0};
    struct plan_options o;
    plan_with(&o, first);
    take_room(&room, 1, sizeof t);
    lay_out_tangent(&t, g, first, batch, &room);
    const size_t net = plan_net_bytes(&t.graph, batch, 1, &o);
    return net == SIZE_MAX ? net : room.bytes + (net + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

struct nn_tangent *nn_tangent_new(const struct nn_graph *g, int first, int batch, const struct kernels *k,
                                  struct arena *a, struct err *e)
{
    struct tangent_room room = {a, 0};
    struct plan_options o;
    struct nn_tangent *t = take_room(&room, 1, sizeof *t);
    plan_with(&o, first);
    if (t)
        lay_out_tangent(t, g, first, batch, &room);
    if (!a->failed)
        t->net = plan_net_new(&t->graph, batch, 1, &o, k, a, e);
    else
        err_set(e, ERR_NOMEM, "no memory for the tangents of a network with %zu parameters", g->facts.params);
    return t && t->net ? t : NULL;
}

/* --- along --- */

static void clear_biases(const struct nn_node *nd, float *w)
{
    for (int t = 0; t < nd->ntensors; t++)
        if (nd->tensor[t].role == NN_BIAS)
            memset(w + nd->tensor[t].at, 0, nd->tensor[t].n * sizeof *w);
}

/* What the slope of an activation is computed of. */
static const float *slope_of(const struct layer_call *c)
{
    return c->node->flags & KEEPS_X ? c->x[0] : c->y;
}

static void lead_along(struct nn_tangent *t, const struct nn_pass *p, const float *in)
{
    struct nn_net *net = t->net;
    const struct plan *plan = net->plan;
    struct stage_part part;
    assert(plan->nsteps[PLAN_FORWARD] == t->steps);
    memcpy(t->unbiased, net->w, t->graph.param_floats * sizeof *net->w);
    for (int i = 0; i < plan->nsteps[PLAN_FORWARD]; i++) {
        struct layer_call c = plan->step[PLAN_FORWARD][i].call;
        const size_t n = floats_of(c.node->y, p->blocks);
        float *out = t->along[i];
        clear_biases(c.node, t->unbiased);
        if (is_activation(c.node, &part)) {
            net->k->act_backward(part.act.f, part.act.parameter, n, slope_of(&c), in, out);
        } else {
            c.pass = p;
            c.x = &in;
            c.y = out;
            c.w = c.w ? t->unbiased + (c.w - net->w) : NULL;
            plan->step[PLAN_FORWARD][i].run(&c);
        }
        in = out;
    }
}

/* --- and back --- */

/* Adds curvature(x) * along * delta to sum, as the difference of slopes at both sides of x. */
static void add_curvature(struct nn_tangent *t, const struct layer_call *c, const struct stage_part *part, size_t n,
                          const float *along, const float *delta, float *sum)
{
    const struct kernels *k = t->net->k;
    for (int side = -1; side <= 1; side += 2) {
        const float *v = t->scratch[MOVED];
        k->add_scaled(n, (float)side * CURVE_STEP, along, c->x[0], t->scratch[MOVED]);
        if (!(c->node->flags & KEEPS_X)) {
            k->act_forward(part->act.f, part->act.parameter, n, v, t->scratch[PUT_OUT]);
            v = t->scratch[PUT_OUT];
        }
        k->act_backward(part->act.f, part->act.parameter, n, v, delta, t->scratch[SLOPES]);
        k->add_scaled(n, (float)side / (2 * CURVE_STEP), t->scratch[SLOPES], sum, sum);
    }
}

/* Through an activation: `second` comes down to its output, NULL: nothing does; returns what comes to its argument. */
static const float *activation_down(struct nn_tangent *t, const struct layer_call *c, const struct stage_part *part,
                                    size_t n, const float *along, const float *delta, const float *second, float *to)
{
    if (!second && !is_curved(part->act.f))
        return NULL;
    if (second)
        t->net->k->act_backward(part->act.f, part->act.parameter, n, slope_of(c), second, to);
    else
        memset(to, 0, n * sizeof *to);
    if (is_curved(part->act.f))
        add_curvature(t, c, part, n, along, delta, to);
    return to;
}

/* Through a linear layer: its weights' gradient of what is led along joins that of what comes down. */
static const float *linear_down(struct nn_tangent *t, struct layer_call c, const struct step *s, const float *along,
                                const float *second, float *to)
{
    const struct nn_node *nd = c.node;
    const float *const *x = c.x;
    float *none = NULL, *dw = c.dw;
    if (nd->ntensors) {
        c.x = &along;
        c.dx = &none;
        s->run(&c);
        clear_biases(nd, t->net->dw);
    }
    if (!second)
        return NULL;
    c.x = x;
    c.dy = second;
    c.dx = &to;
    c.dw = dw ? t->dw + (dw - t->net->dw) : NULL;
    s->run(&c);
    if (nd->ntensors)
        t->net->k->add_scaled(layer_tensor_floats(nd), 1, c.dw, dw, dw);
    return to;
}

void nn_tangent_gradient(struct nn_tangent *t, const struct nn_pass *p, const float *direction, const float *factor)
{
    struct nn_net *net = t->net;
    const struct plan *plan = net->plan;
    const int steps = t->steps;
    const float *second = NULL;
    struct stage_part part;
    memset(net->dz, 0, (size_t)p->blocks * LANES * sizeof *net->dz);
    memcpy(net->dz, factor, (size_t)p->n * sizeof *net->dz);
    nn_backward(net, p);
    lead_along(t, p, direction);
    assert(plan->nsteps[PLAN_BACKWARD] == steps);
    for (int i = steps - 1, down = BACK; i >= 0; i--, down = down == BACK ? OTHER_BACK : BACK) {
        const struct step *s = &plan->step[PLAN_BACKWARD][steps - 1 - i];
        const struct layer_call *up = &plan->step[PLAN_FORWARD][i].call;
        const float *along = i ? t->along[i - 1] : direction;
        struct layer_call c = s->call;
        assert(c.node == up->node);
        c.pass = p;
        if (is_activation(c.node, &part))
            second =
                activation_down(t, up, &part, floats_of(c.node->y, p->blocks), along, c.dy, second, t->scratch[down]);
        else
            second = linear_down(t, c, s, along, second, t->scratch[down]);
    }
}
