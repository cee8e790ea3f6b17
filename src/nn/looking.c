/* looking.c - a net with memory of its own for every value: a plan without sharing and without stages, in which all
 * normalizations over batches are frozen and nothing else is, and what is noise while training changes nothing. */
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

struct nn_net *nn_look_new(const struct nn_graph *g, int batch, const struct kernels *k, struct arena *a, struct err *e)
{
    const struct plan_options all = {.members = 1, .input_gradient = 1};
    const struct nn_graph *own = graph_in_evaluation(g, a);
    if (own)
        return plan_net_new(own, batch, 1, &all, k, a, e);
    err_set(e, ERR_NOMEM, "no memory to look into a network of %zu parameters", g->facts.params);
    return NULL;
}

static struct nn_pass look_pass(const struct nn_net *net, int n, const uint32_t *sample)
{
    return (struct nn_pass){
        .n = n, .blocks = blocks_of(n), .training = 1, .keep_all = 2, .frozen = net->graph->frozen, .sample = sample};
}

void nn_look_forward(struct nn_net *net, int n, const uint32_t *sample)
{
    const struct nn_pass p = look_pass(net, n, sample);
    nn_forward(net, &p);
}

void nn_look_backward(struct nn_net *net, int n, const uint32_t *sample)
{
    const struct nn_pass p = look_pass(net, n, sample);
    nn_backward(net, &p);
}

/* The node that has the value of node i; NN_INPUT: the network's input has it. */
static int value_owner(const struct nn_graph *g, int i)
{
    while (i >= 0 && g->node[i].flags & IDENTITY)
        i = g->node[i].in[0];
    return i;
}

/* The first step of a pass that is of the node and, on the way back, reads its gradient. */
static const struct layer_call *call_of_node(const struct nn_net *net, enum plan_pass pass, int node, int backward)
{
    const struct plan *plan = net->plan;
    for (int i = 0; i < plan->nsteps[pass]; i++) {
        const struct layer_call *c = &plan->step[pass][i].call;
        if (c->node == &net->graph->node[node] && (!backward || c->dy))
            return c;
    }
    return NULL;
}

const float *nn_look_value(const struct nn_net *net, int i)
{
    const int node = value_owner(net->graph, i);
    const enum plan_pass pass = net->graph->frozen ? PLAN_FROZEN_FORWARD : PLAN_FORWARD;
    const struct layer_call *c = node < 0 ? NULL : call_of_node(net, pass, node, 0);
    return node < 0 ? net->x : c ? c->y : NULL;
}

const float *nn_look_gradient(const struct nn_net *net, int i)
{
    const int node = value_owner(net->graph, i);
    const enum plan_pass pass = net->graph->frozen ? PLAN_FROZEN_BACKWARD : PLAN_BACKWARD;
    const struct layer_call *c = node < 0 ? NULL : call_of_node(net, pass, node, 1);
    return node < 0 ? net->dx : c ? c->dy : NULL;
}

int nn_look_heads(const struct nn_node *nd)
{
    return attention_heads(nd);
}

void nn_look_attention(const struct nn_net *net, int i, int s, float *share)
{
    const enum plan_pass pass = net->graph->frozen ? PLAN_FROZEN_FORWARD : PLAN_FORWARD;
    attention_shares(call_of_node(net, pass, i, 0), s, share);
}
