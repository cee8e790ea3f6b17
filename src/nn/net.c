/* net.c - a network with its memory: one allocation, laid out by the drafts, walked by the passes. */
#include "nn/inits.h"
#include "nn/plan/plan.h"

#include <assert.h>
#include <string.h>

/* Pieces of one block, in order; with base = NULL only their sizes. */
struct carve {
    char *base;
    size_t at;
};

static void *carve_off(struct carve *c, size_t n, size_t size)
{
    size_t at = c->at;
    c->at += (n * size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    return c->base ? c->base + at : NULL;
}

struct drafts {
    struct draft mode[DRAFT_MODES]; /* without steps: there is no such plan */
};

/* Whether a net of the graph is ever in that mode. */
static int has_mode(const struct nn_graph *g, int training, enum draft_mode mode)
{
    const int wanted[DRAFT_MODES] = {1, training && (!g->frozen || g->unfreeze_at), training && g->frozen};
    return wanted[mode];
}

static int make_drafts(struct drafts *d, const struct nn_graph *g, int batch, int training,
                       const struct plan_options *o, struct arena *tmp)
{
    memset(d, 0, sizeof *d);
    for (int m = 0; m < DRAFT_MODES; m++)
        if (has_mode(g, training, m) && draft_make(&d->mode[m], g, blocks_of(batch), m, o, tmp))
            return -1;
    return 0;
}

static const struct {
    enum draft_mode mode;
    int backward;
} passes[PLAN_PASSES] = {[PLAN_INFER] = {DRAFT_INFER, 0},
                         [PLAN_FORWARD] = {DRAFT_TRAIN, 0},
                         [PLAN_BACKWARD] = {DRAFT_TRAIN, 1},
                         [PLAN_FROZEN_FORWARD] = {DRAFT_FROZEN, 0},
                         [PLAN_FROZEN_BACKWARD] = {DRAFT_FROZEN, 1}};

static int first_step(const struct draft *d, enum plan_pass pass)
{
    return passes[pass].backward ? d->nforward : 0;
}

static int steps_of(const struct draft *d, enum plan_pass pass)
{
    return passes[pass].backward ? d->nbackward : d->nforward;
}

static float *slot_floats(const struct nn_net *net, const struct draft *d, int slot)
{
    const struct plan *plan = net->plan;
    if (slot == NO_SLOT)
        return NULL;
    switch (d->slot[slot].place) {
    case IN_X:
        return net->x;
    case IN_DX:
        return net->dx;
    case IN_Z:
        return net->z;
    case IN_DZ:
        return net->dz;
    case IN_POOL:
        return plan->pool + d->slot[slot].at;
    }
    __builtin_trap();
}

/* Makes the steps of a pass from those of its draft: pointers instead of slots. */
static void realize_pass(const struct nn_net *net, const struct draft *d, enum plan_pass pass)
{
    const int first = first_step(d, pass);
    const struct plan *plan = net->plan;
    const float **x = plan->x[pass];
    float **dx = plan->dx[pass];
    for (int i = 0; i < plan->nsteps[pass]; i++) {
        const struct draft_step *s = &d->step[first + i];
        const struct nn_node *nd = &net->graph->node[s->node];
        size_t at = nd->ntensors ? nd->tensor[0].at : 0;
        const size_t table = nd->tied >= 0 ? net->graph->node[nd->tied].tensor[0].at : 0;
        for (int k = 0; k < s->nin; k++) {
            x[k] = slot_floats(net, d, s->x[k]);
            dx[k] = slot_floats(net, d, s->dx[k]);
        }
        plan->step[pass][i] = (struct step){.run = s->run,
                                            .run_stage = s->run_stage,
                                            .stage = s->stage,
                                            .rounds = s->rounds,
                                            .evaluates = s->evaluates,
                                            .next_saved = slot_floats(net, d, s->next_saved),
                                            .call = {.node = nd,
                                                     .kernels = net->k,
                                                     .x = x,
                                                     .y = slot_floats(net, d, s->y),
                                                     .dy = slot_floats(net, d, s->dy),
                                                     .dx = dx,
                                                     .w = nd->ntensors ? net->w + at : NULL,
                                                     .dw = nd->ntensors && net->dw ? net->dw + at : NULL,
                                                     .tied = nd->tied >= 0 ? net->w + table : NULL,
                                                     .dtied = nd->tied >= 0 && net->dw ? net->dw + table : NULL,
                                                     .buffers = nd->nbuffers ? net->buffers + nd->buffers_at : NULL,
                                                     .saved = slot_floats(net, d, s->saved),
                                                     .scratch = slot_floats(net, d, s->scratch)}};
        x += s->nin;
        dx += s->nin;
    }
}

static size_t count_inputs(const struct draft *d, int first, int n)
{
    size_t inputs = 0;
    for (int i = first; i < first + n; i++)
        inputs += (size_t)d->step[i].nin;
    return inputs;
}

/* Cuts the block; returns its length. With c->base set, *net is complete afterwards. */
static size_t lay_out_net(struct carve *c, const struct nn_graph *g, int batch, const struct drafts *d, int training,
                          const struct plan_options *o, struct nn_net **out)
{
    int blocks = blocks_of(batch);
    size_t logits = floats_of(g->node[g->nnodes - 1].y, blocks);
    const size_t input = floats_of(plan_input(g, o), blocks);
    size_t pool = 0;
    for (int m = 0; m < DRAFT_MODES; m++)
        pool = d->mode[m].pool_floats > pool ? d->mode[m].pool_floats : pool;
    struct nn_net *net = carve_off(c, 1, sizeof *net), shadow;
    struct plan *plan = carve_off(c, 1, sizeof *plan), plan_shadow;
    net = net ? net : &shadow;
    plan = plan ? plan : &plan_shadow;
    *net = (struct nn_net){.graph = g, .batch = batch, .plan = plan};
    *plan = (struct plan){.pool_floats = pool};
    for (int i = 0; i < PLAN_PASSES; i++) {
        const struct draft *draft = &d->mode[passes[i].mode];
        plan->nsteps[i] = steps_of(draft, i);
        size_t inputs = count_inputs(draft, first_step(draft, i), plan->nsteps[i]);
        plan->step[i] = carve_off(c, (size_t)plan->nsteps[i], sizeof(struct step));
        plan->x[i] = carve_off(c, inputs, sizeof(float *));
        plan->dx[i] = carve_off(c, inputs, sizeof(float *));
    }
    net->w = carve_off(c, g->param_floats, sizeof(float));
    net->dw = training ? carve_off(c, g->param_floats, sizeof(float)) : NULL;
    net->buffers = carve_off(c, g->buffer_floats, sizeof(float));
    net->x = carve_off(c, input, sizeof(float));
    net->dx = training && o->input_gradient ? carve_off(c, input, sizeof(float)) : NULL;
    net->z = carve_off(c, logits, sizeof(float));
    net->dz = training ? carve_off(c, logits, sizeof(float)) : NULL;
    plan->pool = carve_off(c, pool, sizeof(float));
    *out = net == &shadow ? NULL : net;
    return c->at;
}

size_t plan_net_bytes(const struct nn_graph *g, int batch, int training, const struct plan_options *o)
{
    struct arena tmp;
    struct drafts d;
    struct carve c = {0};
    struct nn_net *net;
    arena_init(&tmp);
    size_t bytes = SIZE_MAX; /* no memory even for the plan */
    if (!make_drafts(&d, g, batch, training, o, &tmp))
        bytes = lay_out_net(&c, g, batch, &d, training, o, &net);
    arena_release(&tmp);
    return bytes;
}

struct nn_net *plan_net_new(const struct nn_graph *g, int batch, int training, const struct plan_options *o,
                            const struct kernels *k, struct arena *a, struct err *e)
{
    struct arena tmp;
    struct drafts d;
    struct carve c = {0};
    struct nn_net *net = NULL;
    arena_init(&tmp);
    if (!make_drafts(&d, g, batch, training, o, &tmp)) {
        size_t bytes = lay_out_net(&c, g, batch, &d, training, o, &net);
        c = (struct carve){arena_take(a, bytes), 0};
        if (c.base) {
            lay_out_net(&c, g, batch, &d, training, o, &net);
            net->k = k;
            net->members = o->members;
            for (int i = 0; i < PLAN_PASSES; i++)
                realize_pass(net, &d.mode[passes[i].mode], i);
        }
    }
    arena_release(&tmp);
    if (!net)
        err_set(e, ERR_NOMEM, "no memory for a network with %zu parameters at batches of %d", g->facts.params, batch);
    return net;
}

size_t nn_net_bytes(const struct nn_graph *g, int batch, int training, int members)
{
    return nn_part_bytes(g, 0, batch, training, members);
}

static struct plan_options best_plan(int first, int training, int members)
{
    return (struct plan_options){
        .share = 1, .fuse = 1, .members = members, .first = first, .input_gradient = training == NN_INPUT_GRADIENT};
}

size_t nn_part_bytes(const struct nn_graph *g, int first, int batch, int training, int members)
{
    const struct plan_options best = best_plan(first, training, members);
    return plan_net_bytes(g, batch, training, &best);
}

struct nn_net *nn_net_new(const struct nn_graph *g, int batch, int training, struct team *team, const struct kernels *k,
                          struct arena *a, struct err *e)
{
    return nn_part_new(g, 0, batch, training, team, k, a, e);
}

struct nn_net *nn_part_new(const struct nn_graph *g, int first, int batch, int training, struct team *team,
                           const struct kernels *k, struct arena *a, struct err *e)
{
    const struct plan_options best = best_plan(first, training, team_size(team));
    struct nn_net *net = plan_net_new(g, batch, training, &best, k, a, e);
    if (net)
        net->team = team;
    return net;
}

/* --- nodes that never change --- */

/* Does it make the same of a sample in each pass of a training? */
static int is_fixed(const struct nn_node *nd)
{
    if (nd->ntensors ? !nd->frozen : nd->flags & OVER_BATCH)
        return 0;
    return nd->flags & IDENTITY || !(nd->flags & (EVAL_IDENTITY | ADDS_LOSS));
}

int nn_may_begin_at(const struct nn_graph *g, int n)
{
    for (int i = n; i < g->nnodes; i++)
        for (int k = 0; k < g->node[i].nin; k++)
            if (g->node[i].in[k] < n - 1 || (g->node[i].in[k] == n - 1 && g->node[i].flags & OVER_BATCH))
                return 0;
    return 1;
}

int nn_fixed_nodes(const struct nn_graph *g)
{
    int n = 0, weights = 0;
    if (!g->frozen || g->unfreeze_at || g->critic || g->target)
        return 0;
    while (n < g->nnodes - 1 && is_fixed(&g->node[n]))
        n++;
    while (n && !nn_may_begin_at(g, n))
        n--;
    for (int i = 0; i < n; i++)
        weights |= g->node[i].ntensors;
    return weights ? n : 0;
}

/* --- weights --- */

static void init_tensor(const struct nn_net *net, uint64_t seed, const struct nn_node *nd, int t)
{
    const struct nn_tensor *tensor = &nd->tensor[t];
    float *w = net->w + tensor->at;
    struct rng r;
    rng_init(&r, seed, RNG_INIT, (uint32_t)nd->index, (uint32_t)t);
    if (tensor->init >= 0)
        init_types[tensor->init].fill(&r, tensor->fan_in, tensor->fan_out, tensor->n, w);
    else
        for (size_t i = 0; i < tensor->n; i++)
            w[i] = tensor->start;
}

void nn_net_init(struct nn_net *net, uint64_t seed)
{
    const struct nn_graph *g = net->graph;
    for (size_t i = 0; i < g->param_floats; i++)
        net->w[i] = 0;
    for (size_t i = 0; i < g->buffer_floats; i++)
        net->buffers[i] = 0;
    for (int i = 0; i < g->nnodes; i++) {
        const struct nn_node *nd = &g->node[i];
        for (int t = 0; t < nd->ntensors; t++)
            init_tensor(net, seed, nd, t);
        if (nd->type->reset)
            nd->type->reset(nd, net->buffers + nd->buffers_at);
    }
}

void plan_run_step(const struct nn_net *net, const struct step *s, const struct nn_pass *p)
{
    struct nn_pass evaluation = *p;
    struct layer_call c = s->call;
    evaluation.training = 0;
    c.pass = s->evaluates ? &evaluation : p;
    if (s->run_stage)
        s->run_stage(net, s, p);
    else if (s->rounds)
        rounded_run(s, c.pass);
    else
        s->run(&c);
}

static void run_steps(const struct nn_net *net, enum plan_pass pass, const struct nn_pass *p)
{
    const struct plan *plan = net->plan;
    for (int i = 0; i < plan->nsteps[pass]; i++)
        plan_run_step(net, &plan->step[pass][i], p);
}

void nn_forward(struct nn_net *net, const struct nn_pass *p)
{
    assert(p->n > 0 && p->n <= net->batch && p->blocks == blocks_of(p->n));
    assert(!p->training || net->dw); /* a net for evaluation has no training plan */
    run_steps(net, !p->training ? PLAN_INFER : p->frozen ? PLAN_FROZEN_FORWARD : PLAN_FORWARD, p);
}

void nn_backward(struct nn_net *net, const struct nn_pass *p)
{
    assert(p->training && net->dw);
    run_steps(net, p->frozen ? PLAN_FROZEN_BACKWARD : PLAN_BACKWARD, p);
}
