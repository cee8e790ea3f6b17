/* steps.c - the steps of the two passes: nodes and stages in their order, with the slots that they read and write. */
#include "nn/plan/draft.h"

#include <string.h>

/* --- forward --- */

/* May the node write over its input? Not when somebody reads it later, nor when it is the caller's. */
static int in_place_forward(const struct drafting *w, int node)
{
    const struct nn_node *nd = &w->g->node[node];
    int v = draft_input(w, node, 0);
    return w->o->share && nd->flags & INPLACE && nd->nin == 1 && v != 0 && v != w->out &&
           w->value[v].last_reader == node && !w->value[v].kept;
}

static void copy_input(const struct layer_call *c)
{
    memcpy(c->y, c->x[0], floats_of(c->node->y, c->pass->blocks) * sizeof *c->y);
}

/* A network that does nothing in this mode: its output is its input. */
static void draft_copy(struct drafting *w)
{
    struct draft_step *s = draft_step_new(w, w->n - 1, 1);
    s->run = copy_input;
    s->x[0] = w->value[0].content;
    s->y = draft_slot(w, IN_Z, floats_of(w->in, w->blocks));
    draft_touch(w, s, w->d->nforward++);
}

/* All stages work in the same floats: they are still in the cache when the next one begins. */
static int stage_scratch_slot(struct drafting *w, const struct stage *s, int backward)
{
    size_t n = PAD16(stage_scratch(w->g, s, w->blocks, w->o->members, backward));
    if (w->stage_scratch == NO_SLOT || !w->o->share)
        w->stage_scratch = draft_slot(w, IN_POOL, 0);
    struct slot *slot = &w->d->slot[w->stage_scratch];
    slot->floats = n > slot->floats ? n : slot->floats;
    return w->stage_scratch;
}

/* The table of a norm: made by the stage that takes its statistics; in evaluation by the one that normalizes. */
static int table_slot(struct drafting *w, int norm)
{
    if (norm >= 0 && w->saved[norm] == NO_SLOT)
        w->saved[norm] = draft_slot(w, IN_POOL, layer_saved_floats(&w->g->node[norm], w->blocks));
    return norm < 0 ? NO_SLOT : w->saved[norm];
}

/* The values that a stage reads: what its first part does, and what is added. Returns how many. */
static int stage_inputs(const struct drafting *w, const struct stage *stage, int inputs[2])
{
    inputs[0] = draft_input(w, stage->first, 0);
    inputs[1] = stage->added;
    return stage->part[PART_SUM] < 0 ? 1 : 2;
}

static void forward_stage(struct drafting *w, const struct stage *stage)
{
    int inputs[2], nin = stage_inputs(w, stage, inputs);
    struct draft_step *s = draft_step_new(w, stage->last, nin);
    s->run_stage = stage_forward;
    s->stage = *stage;
    for (int k = 0; k < nin; k++)
        s->x[k] = w->value[inputs[k]].content;
    s->y = draft_slot(w, stage->last + 1 == w->out ? IN_Z : IN_POOL, draft_value_floats(w, stage->last + 1));
    w->value[stage->last + 1].content = s->y;
    s->saved = table_slot(w, stage->part[PART_NORM]);
    if (w->training || stage->finishes)
        s->next_saved = table_slot(w, stage->next);
    s->scratch = stage_scratch_slot(w, stage, 0);
    draft_touch(w, s, w->d->nforward++);
}

void draft_forward(struct drafting *w)
{
    for (int i = 0; i < w->n; i++) {
        const struct nn_node *nd = &w->g->node[i];
        if (!draft_runs(w, i))
            continue;
        if (draft_stage_of(w, i)) {
            if (draft_stage_of(w, i)->first == i)
                forward_stage(w, draft_stage_of(w, i));
            continue;
        }
        struct draft_step *s = draft_step_new(w, i, nd->nin);
        s->run = nd->type->forward;
        for (int k = 0; k < nd->nin; k++)
            s->x[k] = w->value[draft_input(w, i, k)].content;
        if (in_place_forward(w, i))
            s->y = s->x[0];
        else
            s->y = draft_slot(w, IN_POOL, floats_of(nd->y, w->blocks));
        if (i + 1 == w->out)
            w->d->slot[s->y].place = IN_Z;
        w->value[i + 1].content = s->y;
        if (w->training && layer_saved_floats(nd, w->blocks))
            s->saved = w->saved[i] = draft_slot(w, IN_POOL, layer_saved_floats(nd, w->blocks));
        s->rounds = draft_rounds(w, i, 0);
        s->evaluates = draft_evaluates(w, i);
        s->scratch = draft_scratch(w, i, s->rounds);
        draft_touch(w, s, w->d->nforward++);
    }
    if (!w->out)
        draft_copy(w);
}

/* --- backward --- */

/* Adds what a further reader of a node's output found, x, to the gradient y. */
static void add_gradient(const struct layer_call *c)
{
    c->kernels->add_scaled(floats_of(c->node->y, c->pass->blocks), 1, c->x[0], c->y, c->y);
}

static void end_step(struct drafting *w, const struct draft_step *s)
{
    draft_touch(w, s, w->d->nforward + w->d->nbackward++);
}

/* The same for the network's input, which its first node reads. */
static void add_input_gradient(const struct layer_call *c)
{
    c->kernels->add_scaled(floats_of(c->node->x[0], c->pass->blocks), 1, c->x[0], c->y, c->y);
}

/* Where a gradient for value v goes: its own slot, or dy's (`reuse`, NO_SLOT: not), when it is the first to arrive
 * (readers come in descending order), else a temporary one that is added afterwards. */
static int gradient_slot(struct drafting *w, int v, int reuse)
{
    int first = w->value[v].gradient == NO_SLOT;
    enum slot_place place = v == 0 && first ? IN_DX : IN_POOL;
    int slot = reuse != NO_SLOT && v ? reuse : draft_slot(w, place, draft_value_floats(w, v));
    if (first)
        w->value[v].gradient = slot;
    return slot;
}

/* May a gradient take dy's place at all? */
static int may_reuse_gradient(const struct drafting *w, int dy)
{
    return w->o->share && w->d->slot[dy].place == IN_POOL;
}

/* Ends the step s, which reads the values `inputs`, with places for their gradients; adds up where others came before.
 * over: the gradient of the first takes dy's place. */
static void give_input_gradients(struct drafting *w, struct draft_step *s, const int *inputs, int over)
{
    const struct draft_step *done = s;
    for (int k = 0; k < s->nin; k++)
        if (w->value[inputs[k]].wanted)
            s->dx[k] = gradient_slot(w, inputs[k], over && !k ? s->dy : NO_SLOT);
    end_step(w, s);
    for (int k = 0; k < done->nin; k++) {
        int v = inputs[k];
        if (done->dx[k] == NO_SLOT || done->dx[k] == w->value[v].gradient)
            continue; /* not wanted, or the first to arrive */
        struct draft_step *sum = draft_step_new(w, v ? v - 1 : w->o->first, 1);
        sum->run = v ? add_gradient : add_input_gradient;
        sum->x[0] = done->dx[k];
        sum->y = w->value[v].gradient;
        end_step(w, sum);
    }
}

static void backward_node(struct drafting *w, int i)
{
    const struct nn_node *nd = &w->g->node[i];
    struct draft_step *s = draft_step_new(w, i, nd->nin);
    s->run = nd->type->backward;
    s->dy = w->value[i + 1].gradient;
    for (int k = 0; k < nd->nin; k++) {
        w->reads[k] = draft_input(w, i, k);
        if (nd->flags & KEEPS_X)
            s->x[k] = w->value[w->reads[k]].content;
    }
    if (nd->flags & KEEPS_Y)
        s->y = w->value[i + 1].content;
    s->saved = w->saved[i];
    s->rounds = draft_rounds(w, i, 1);
    s->evaluates = draft_evaluates(w, i);
    s->scratch = draft_scratch(w, i, s->rounds);
    give_input_gradients(w, s, w->reads,
                         may_reuse_gradient(w, s->dy) && nd->flags & INPLACE && nd->nin == 1 &&
                             !w->value[w->reads[0]].stored_16bit);
}

/* Does the gradient at the stage's input take dy's place? */
static int in_place_backward(const struct drafting *w, const struct draft_step *s)
{
    const struct stage *stage = &s->stage;
    int v = draft_input(w, stage->first, 0);
    if (!may_reuse_gradient(w, s->dy))
        return 0;
    if (stage->part[PART_POOL] < 0 && stage->part[PART_CONV] < 0)
        return !w->value[v].stored_16bit;
    return v > 0 && draft_stage_of(w, v - 1) && stage_in_place_backward(w->g, stage, draft_stage_of(w, v - 1));
}

static void backward_stage(struct drafting *w, const struct stage *stage)
{
    int inputs[2], nin = stage_inputs(w, stage, inputs), v = inputs[0];
    struct draft_step *s = draft_step_new(w, stage->last, nin);
    s->run_stage = stage_backward;
    s->stage = *stage;
    s->dy = w->value[stage->last + 1].gradient;
    for (int k = 0; k < nin; k++)
        s->x[k] = w->value[inputs[k]].content;
    if (stage->next >= 0)
        s->y = w->value[stage->last + 1].content;
    s->saved = table_slot(w, stage->part[PART_NORM]);
    s->next_saved = table_slot(w, stage->next);
    s->scratch = stage_scratch_slot(w, stage, 1);
    s->stage.dy_block = w->value[stage->last + 1].block;
    int over = in_place_backward(w, s);
    if (over)
        w->value[v].block = s->stage.dy_block;
    s->stage.dx_block = w->value[v].block;
    give_input_gradients(w, s, inputs, over);
}

void draft_backward(struct drafting *w)
{
    if (w->out && w->value[w->out].wanted)
        w->value[w->out].gradient = draft_slot(w, IN_DZ, floats_of(w->g->node[w->n - 1].y, w->blocks));
    for (int i = w->n - 1; i >= 0; i--) {
        if (!draft_runs_backward(w, i) || w->value[i + 1].gradient == NO_SLOT) /* nobody reads it, or a stage knows */
            continue;
        if (draft_stage_of(w, i))
            backward_stage(w, draft_stage_of(w, i));
        else
            backward_node(w, i);
    }
}

/* --- the whole --- */

static int take_tables(struct drafting *w, struct arena *a)
{
    size_t n = (size_t)w->n + 1, inputs = 0;
    for (int i = 0; i < w->n; i++)
        inputs += (size_t)w->g->node[i].nin;
    w->holder = arena_take(a, n * sizeof(int));
    w->value = arena_take(a, n * sizeof *w->value);
    w->saved = arena_take(a, n * sizeof(int));
    w->stage = arena_take(a, n * sizeof *w->stage);
    w->stage_of = arena_take(a, n * sizeof(int));
    w->rounds_at_edge = arena_take(a, n);
    w->single = arena_take(a, n);
    w->readers = arena_take(a, n * sizeof(int));
    w->reads = arena_take(a, (inputs + 1) * sizeof(int));
    w->d->slot = arena_take(a, (4 * n + inputs + 2) * sizeof *w->d->slot);
    w->d->step = arena_take(a, (2 * n + inputs + 1) * sizeof *w->d->step);
    w->input_slots = arena_take(a, (6 * inputs + 2) * sizeof *w->input_slots); /* of nodes twice, of sums once */
    if (!w->holder || !w->value || !w->saved || !w->stage || !w->stage_of || !w->rounds_at_edge || !w->single ||
        !w->readers || !w->reads || !w->d->slot || !w->d->step || !w->input_slots)
        return -1;
    for (size_t i = 0; i < n; i++)
        w->value[i].content = w->value[i].gradient = w->saved[i] = NO_SLOT;
    return 0;
}

struct shape plan_input(const struct nn_graph *g, const struct plan_options *o)
{
    return o->first ? g->node[o->first - 1].y : g->in;
}

int draft_make(struct draft *d, const struct nn_graph *g, int blocks, enum draft_mode mode,
               const struct plan_options *o, struct arena *a)
{
    const int training = mode != DRAFT_INFER;
    struct drafting w = {
        .g = g, .d = d, .o = o, .blocks = blocks, .training = training, .n = g->nnodes, .stage_scratch = NO_SLOT};
    w.in = plan_input(g, o);
    w.frozen = mode == DRAFT_FROZEN;
    memset(d, 0, sizeof *d);
    if (take_tables(&w, a))
        return -1;
    draft_values(&w);
    w.value[0].content = draft_slot(&w, IN_X, floats_of(w.in, blocks));
    draft_forward(&w);
    if (training)
        draft_backward(&w);
    return draft_place(d, o->share, a);
}
