/* looking.c - a net whose values can be seen: a plan without stages, in which all normalizations over batches are
 * frozen and nothing else is, and what is noise while training changes nothing. A value is shown between two steps,
 * before another takes its memory. */
#include "nn/looking.h"

#include "nn/layers/attention.h"
#include "nn/plan/plan.h"

#include <string.h>

/* The graph with its normalizations over batches frozen and without its noise. NULL without memory. */
static const struct nn_graph *graph_in_evaluation(const struct nn_graph *g, struct arena *a)
{
    struct nn_graph *to = arena_take(a, sizeof *to);
    struct nn_node *node = arena_take(a, (size_t)g->nnodes * sizeof *node);
    if (!to || !node)
        return NULL;
    *to = *g;
    memcpy(node, g->node, (size_t)g->nnodes * sizeof *node);
    to->node = node;
    to->frozen = to->unfreeze_at = 0;
    for (int i = 0; i < g->nnodes; i++) {
        node[i].frozen = (node[i].flags & OVER_BATCH) != 0;
        to->frozen |= node[i].frozen;
        if (node[i].flags & EVAL_IDENTITY)
            node[i].flags |= IDENTITY;
    }
    return to;
}

static const struct plan_options seen = {.share = 1, .members = 1, .input_gradient = 1};

struct nn_net *nn_look_new(const struct nn_graph *g, int batch, const struct kernels *k, struct arena *a, struct err *e)
{
    const struct nn_graph *own = graph_in_evaluation(g, a);
    if (own)
        return plan_net_new(own, batch, 1, &seen, k, a, e);
    err_set(e, ERR_NOMEM, "no memory to look into a network of %zu parameters", g->facts.params);
    return NULL;
}

size_t nn_look_bytes(const struct nn_graph *g, int batch)
{
    struct arena a;
    arena_init(&a);
    const struct nn_graph *own = graph_in_evaluation(g, &a);
    const size_t bytes = own ? plan_net_bytes(own, batch, 1, &seen) : SIZE_MAX;
    arena_release(&a);
    return bytes;
}

static struct nn_pass look_pass(const struct nn_net *net, int n, const uint32_t *sample)
{
    return (struct nn_pass){
        .n = n, .blocks = blocks_of(n), .training = 1, .keep_all = 2, .frozen = net->graph->frozen, .sample = sample};
}

/* The node that has the value of node i; NN_INPUT: the network's input has it. */
static int value_owner(const struct nn_graph *g, int i)
{
    while (i >= 0 && g->node[i].flags & IDENTITY)
        i = g->node[i].in[0];
    return i;
}

/* Shows the value of a node, which is that of those, too, that only change its shape. */
static void show_value(const struct nn_net *net, int owner, const float *v, nn_look_see *see, void *ctx)
{
    for (int i = owner < 0 ? 0 : owner; see && i < net->graph->nnodes; i++)
        if (value_owner(net->graph, i) == owner)
            see(ctx, i, v);
}

void nn_look_forward(struct nn_net *net, int n, const uint32_t *sample, nn_look_see *see, void *ctx)
{
    const struct plan *plan = net->plan;
    const struct nn_pass p = look_pass(net, n, sample);
    const enum plan_pass pass = p.frozen ? PLAN_FROZEN_FORWARD : PLAN_FORWARD;
    show_value(net, NN_INPUT, net->x, see, ctx);
    for (int i = 0; i < plan->nsteps[pass]; i++) {
        const struct step *s = &plan->step[pass][i];
        plan_run_step(net, s, &p);
        show_value(net, s->call.node->index, s->call.y, see, ctx);
    }
}

void nn_look_backward(struct nn_net *net, int n, const uint32_t *sample, nn_look_see *see, void *ctx)
{
    const struct plan *plan = net->plan;
    const struct nn_pass p = look_pass(net, n, sample);
    const enum plan_pass pass = p.frozen ? PLAN_FROZEN_BACKWARD : PLAN_BACKWARD;
    for (int i = 0; i < plan->nsteps[pass]; i++) {
        const struct step *s = &plan->step[pass][i];
        if (s->call.dy)
            show_value(net, s->call.node->index, s->call.dy, see, ctx);
        plan_run_step(net, s, &p);
    }
    show_value(net, NN_INPUT, net->dx, see, ctx);
}

int nn_look_heads(const struct nn_node *nd)
{
    return attention_heads(nd);
}

void nn_look_attention(const struct nn_net *net, int i, int s, float *share)
{
    const struct plan *plan = net->plan;
    const enum plan_pass pass = net->graph->frozen ? PLAN_FROZEN_FORWARD : PLAN_FORWARD;
    int at = 0;
    while (plan->step[pass][at].call.node->index != i)
        at++;
    attention_shares(&plan->step[pass][at].call, s, share);
}
