/* steps.c - lifetimes and offsets.
 *
 * A value is what a node puts out; values are numbered 0 (the network's input), then node + 1. Nodes that are the
 * identity in this mode do not run: their value is their input's. A stage runs in the place of its first node, and in
 * that of its last in the backward pass; inside it there are no values. */
#include "nn/plan/plan.h"

#include <stdlib.h>
#include <string.h>

struct drafting {
    const struct nn_graph *g;
    struct draft *d;
    int blocks, training, share, fuse, group, rows, n; /* n = nodes */
    int *value;                                        /* [n + 1] the value that holds a value's floats */
    unsigned char *wanted;   /* [n + 1] a gradient is needed: there are parameters in it or before it */
    unsigned char *kept;     /* [n + 1] read again by the backward pass */
    int *last_reader;        /* [n + 1] node, -1 */
    int *content, *gradient; /* [n + 1] slots */
    int *saved;              /* [n] slots */
    struct stage *stage;     /* [n], as many as there are */
    int *stage_of;           /* [n] NO_STAGE */
    size_t *block;           /* [n + 1] from one block of its gradient to the next, floats */
    unsigned char *halved;   /* [n + 1] it and its gradient are stored in 16 bits: between two stages */
    unsigned char *edge;     /* [n] what a step of the node has to round where stages would store in 16 bits */
    int *readers;            /* [n + 1] for stage_find */
    int out;                 /* value of the output */
    int members;             /* of the team */
    int stage_scratch;       /* slot */
    int *input_slots;        /* where the next step's slots of inputs and their gradients begin */
};

static int runs(const struct drafting *w, int node)
{
    unsigned f = w->g->node[node].flags;
    return !(f & IDENTITY) && (w->training || !(f & EVAL_IDENTITY));
}

static int input(const struct drafting *w, int node, int k)
{
    return w->value[w->g->node[node].in[k] + 1];
}

static int runs_backward(const struct drafting *w, int node)
{
    return w->training && runs(w, node) && w->wanted[node + 1];
}

/* --- what is needed --- */

static void find_values(struct drafting *w)
{
    for (int i = 0; i < w->n; i++) {
        const struct nn_node *nd = &w->g->node[i];
        w->value[i + 1] = runs(w, i) ? i + 1 : input(w, i, 0);
        w->wanted[i + 1] = nd->ntensors > 0;
        for (int k = 0; k < nd->nin; k++)
            w->wanted[i + 1] |= w->wanted[nd->in[k] + 1];
    }
    w->out = w->value[w->n];
}

/* The stage of a node, or NULL. */
static const struct stage *stage_of(const struct drafting *w, int node)
{
    return w->stage_of[node] == NO_STAGE ? NULL : &w->stage[w->stage_of[node]];
}

static void find_stages(struct drafting *w)
{
    for (int i = 0; i < w->n; i++)
        w->stage_of[i] = NO_STAGE;
    int n = stage_find(w->g, w->value, w->stage, w->stage_of, w->readers);
    for (int i = 0; i < n; i++) {
        struct stage *s = &w->stage[i];
        s->group = w->group ? w->group : s->group;
        s->rows = w->rows ? w->rows : s->rows;
        if (s->next < 0 || w->g->precision != NN_BF16)
            continue;
        w->halved[s->last + 1] = (unsigned char)w->fuse;
        w->edge[s->last] = ROUND_Y;
        w->edge[s->next] = ROUND_DY;
    }
    for (int i = 0; i < w->n && !w->fuse; i++)
        w->stage_of[i] = NO_STAGE;
}

/* What a step of a single node rounds. */
static unsigned rounds_of(const struct drafting *w, int node, int backward)
{
    unsigned operands = w->g->precision == NN_BF16 && w->g->node[node].flags & COUNTS ? ROUND_X | ROUND_W : 0;
    return backward ? operands | (operands || w->edge[node] & ROUND_DY ? ROUND_DY : 0)
                    : operands | (w->edge[node] & ROUND_Y);
}

/* Of a value: 0 is the network's input. */
static size_t value_floats(const struct drafting *w, int v)
{
    return floats_of(v ? w->g->node[v - 1].y : w->g->in, w->blocks) >> w->halved[v];
}

/* Backward a stage reads its input, and its output where a norm behind takes the gradient there. */
static void find_stage_readers(struct drafting *w, const struct stage *s)
{
    int v = input(w, s->first, 0), backward = runs_backward(w, s->last);
    w->last_reader[v] = s->first;
    w->kept[v] |= backward;
    w->kept[s->last + 1] |= backward && s->next >= 0;
}

static void find_readers(struct drafting *w)
{
    for (int v = 0; v <= w->n; v++)
        w->last_reader[v] = -1;
    for (int i = 0; i < w->n; i++) {
        const struct nn_node *nd = &w->g->node[i];
        if (!runs(w, i))
            continue;
        if (stage_of(w, i)) {
            if (stage_of(w, i)->first == i)
                find_stage_readers(w, stage_of(w, i));
            continue;
        }
        for (int k = 0; k < nd->nin; k++) {
            w->last_reader[input(w, i, k)] = i;
            if (runs_backward(w, i) && nd->flags & KEEPS_X)
                w->kept[input(w, i, k)] = 1;
        }
        if (runs_backward(w, i) && nd->flags & KEEPS_Y)
            w->kept[i + 1] = 1;
    }
}

/* --- slots --- */

static int new_slot(struct drafting *w, enum slot_place place, size_t floats)
{
    w->d->slot[w->d->nslots] = (struct slot){place, PAD16(floats), -1, -1, 0};
    return w->d->nslots++;
}

static void touch(struct drafting *w, int slot, int moment)
{
    if (slot == NO_SLOT)
        return;
    struct slot *s = &w->d->slot[slot];
    if (s->from < 0)
        s->from = moment;
    s->to = moment;
}

static int scratch_slot(struct drafting *w, int node, unsigned rounds)
{
    size_t n = rounded_scratch(&w->g->node[node], w->blocks, rounds);
    return n ? new_slot(w, IN_POOL, n) : NO_SLOT;
}

/* A step with `nin` inputs. */
static struct draft_step *new_step(struct drafting *w, int node, int nin)
{
    struct draft_step *s = &w->d->step[w->d->nforward + w->d->nbackward];
    *s = (struct draft_step){.node = node,
                             .nin = nin,
                             .x = w->input_slots,
                             .dx = w->input_slots + nin,
                             .y = NO_SLOT,
                             .dy = NO_SLOT,
                             .saved = NO_SLOT,
                             .next_saved = NO_SLOT,
                             .scratch = NO_SLOT};
    w->input_slots += 2 * nin;
    for (int k = 0; k < nin; k++)
        s->x[k] = s->dx[k] = NO_SLOT;
    return s;
}

static void touch_all(struct drafting *w, const struct draft_step *s, int moment)
{
    for (int k = 0; k < s->nin; k++) {
        touch(w, s->x[k], moment);
        touch(w, s->dx[k], moment);
    }
    touch(w, s->y, moment);
    touch(w, s->dy, moment);
    touch(w, s->saved, moment);
    touch(w, s->next_saved, moment);
    touch(w, s->scratch, moment);
}

/* --- forward --- */

/* May the node write over its input? Not when somebody reads it later, nor when it is the caller's. */
static int over_input(const struct drafting *w, int node)
{
    const struct nn_node *nd = &w->g->node[node];
    int v = input(w, node, 0);
    return w->share && nd->flags & INPLACE && nd->nin == 1 && v != 0 && v != w->out && w->last_reader[v] == node &&
           !w->kept[v];
}

static void copy_input(const struct layer_call *c)
{
    memcpy(c->y, c->x[0], floats_of(c->node->y, c->pass->blocks) * sizeof *c->y);
}

/* A network that does nothing in this mode: its logits are its input. */
static void draft_copy(struct drafting *w)
{
    struct draft_step *s = new_step(w, w->n - 1, 1);
    s->run = copy_input;
    s->x[0] = w->content[0];
    s->y = new_slot(w, IN_Z, floats_of(w->g->in, w->blocks));
    touch_all(w, s, w->d->nforward++);
}

/* All stages work in the same floats: they are still in the cache when the next one begins. */
static int stage_scratch_slot(struct drafting *w, const struct stage *s, int backward)
{
    size_t n = PAD16(stage_scratch(w->g, s, w->blocks, w->members, backward));
    if (w->stage_scratch == NO_SLOT || !w->share)
        w->stage_scratch = new_slot(w, IN_POOL, 0);
    struct slot *slot = &w->d->slot[w->stage_scratch];
    slot->floats = n > slot->floats ? n : slot->floats;
    return w->stage_scratch;
}

/* The table of a norm: made by the stage that takes its statistics; in evaluation there are none to take. */
static int table_slot(struct drafting *w, int norm)
{
    if (norm >= 0 && w->saved[norm] == NO_SLOT)
        w->saved[norm] = new_slot(w, IN_POOL, w->g->node[norm].nsaved);
    return norm < 0 ? NO_SLOT : w->saved[norm];
}

static void forward_stage(struct drafting *w, const struct stage *stage)
{
    struct draft_step *s = new_step(w, stage->last, 1);
    s->run_stage = stage_forward;
    s->stage = *stage;
    s->x[0] = w->content[input(w, stage->first, 0)];
    s->y = new_slot(w, stage->last + 1 == w->out ? IN_Z : IN_POOL, value_floats(w, stage->last + 1));
    w->content[stage->last + 1] = s->y;
    s->saved = table_slot(w, stage->part[PART_NORM]);
    if (w->training)
        s->next_saved = table_slot(w, stage->next);
    s->scratch = stage_scratch_slot(w, stage, 0);
    touch_all(w, s, w->d->nforward++);
}

static void draft_forward(struct drafting *w)
{
    for (int i = 0; i < w->n; i++) {
        const struct nn_node *nd = &w->g->node[i];
        if (!runs(w, i))
            continue;
        if (stage_of(w, i)) {
            if (stage_of(w, i)->first == i)
                forward_stage(w, stage_of(w, i));
            continue;
        }
        struct draft_step *s = new_step(w, i, nd->nin);
        s->run = nd->type->forward;
        for (int k = 0; k < nd->nin; k++)
            s->x[k] = w->content[input(w, i, k)];
        if (over_input(w, i))
            s->y = s->x[0];
        else
            s->y = new_slot(w, IN_POOL, floats_of(nd->y, w->blocks));
        if (i + 1 == w->out)
            w->d->slot[s->y].place = IN_Z;
        w->content[i + 1] = s->y;
        if (w->training && nd->nsaved)
            s->saved = w->saved[i] = new_slot(w, IN_POOL, nd->nsaved);
        s->rounds = rounds_of(w, i, 0);
        s->scratch = scratch_slot(w, i, s->rounds);
        touch_all(w, s, w->d->nforward++);
    }
}

/* --- backward --- */

/* dx += what a further reader of the value found: the step that adds up gradients. io: x is added to y. */
static void add_gradient(const struct layer_call *c)
{
    size_t n = floats_of(c->node->y, c->pass->blocks);
    for (size_t i = 0; i < n; i++)
        c->y[i] += c->x[0][i];
}

static void end_step(struct drafting *w, const struct draft_step *s)
{
    touch_all(w, s, w->d->nforward + w->d->nbackward++);
}

/* Where a gradient for value v goes: its own slot, or dy's (`reuse`, NO_SLOT: not), when it is the first to arrive
 * (readers come in descending order), else a temporary one that is added afterwards. */
static int gradient_slot(struct drafting *w, int v, int reuse)
{
    int slot = reuse != NO_SLOT ? reuse : new_slot(w, IN_POOL, value_floats(w, v));
    if (w->gradient[v] == NO_SLOT)
        w->gradient[v] = slot;
    return slot;
}

/* May a gradient take dy's place at all? */
static int spare(const struct drafting *w, int dy)
{
    return w->share && w->d->slot[dy].place == IN_POOL;
}

/* Places for the gradients of the inputs of s, which run backward next; sums up where others came before. over: the
 * gradient takes dy's place. */
static void hand_on(struct drafting *w, struct draft_step *s, int node, int over)
{
    const struct draft_step *done = s;
    for (int k = 0; k < s->nin; k++)
        if (w->wanted[input(w, node, k)])
            s->dx[k] = gradient_slot(w, input(w, node, k), over ? s->dy : NO_SLOT);
    end_step(w, s);
    for (int k = 0; k < done->nin; k++) {
        int v = input(w, node, k);
        if (done->dx[k] == NO_SLOT || done->dx[k] == w->gradient[v])
            continue; /* not wanted, or the first to arrive */
        struct draft_step *sum = new_step(w, v - 1, 1);
        sum->run = add_gradient;
        sum->x[0] = done->dx[k];
        sum->y = w->gradient[v];
        end_step(w, sum);
    }
}

static void backward_node(struct drafting *w, int i)
{
    const struct nn_node *nd = &w->g->node[i];
    struct draft_step *s = new_step(w, i, nd->nin);
    s->run = nd->type->backward;
    s->dy = w->gradient[i + 1];
    for (int k = 0; k < nd->nin && nd->flags & KEEPS_X; k++)
        s->x[k] = w->content[input(w, i, k)];
    if (nd->flags & KEEPS_Y)
        s->y = w->content[i + 1];
    s->saved = w->saved[i];
    s->rounds = rounds_of(w, i, 1);
    s->scratch = scratch_slot(w, i, s->rounds);
    hand_on(w, s, i, spare(w, s->dy) && nd->flags & INPLACE && nd->nin == 1 && !w->halved[input(w, i, 0)]);
}

/* Does the gradient at the stage's input take dy's place? */
static int over_dy(const struct drafting *w, const struct draft_step *s)
{
    const struct stage *stage = &s->stage;
    int v = input(w, stage->first, 0);
    if (!spare(w, s->dy))
        return 0;
    if (stage->part[PART_POOL] < 0 && stage->part[PART_CONV] < 0)
        return !w->halved[v];
    return v > 0 && stage_of(w, v - 1) && stage_over_dy(w->g, stage, stage_of(w, v - 1));
}

static void backward_stage(struct drafting *w, const struct stage *stage)
{
    int v = input(w, stage->first, 0);
    struct draft_step *s = new_step(w, stage->last, 1);
    s->run_stage = stage_backward;
    s->stage = *stage;
    s->dy = w->gradient[stage->last + 1];
    s->x[0] = w->content[v];
    if (stage->next >= 0)
        s->y = w->content[stage->last + 1];
    s->saved = table_slot(w, stage->part[PART_NORM]);
    s->next_saved = table_slot(w, stage->next);
    s->scratch = stage_scratch_slot(w, stage, 1);
    s->stage.dy_block = w->block[stage->last + 1];
    int over = over_dy(w, s);
    if (over)
        w->block[v] = s->stage.dy_block;
    s->stage.dx_block = w->block[v];
    hand_on(w, s, stage->first, over);
}

static void draft_backward(struct drafting *w)
{
    if (w->out && w->wanted[w->out])
        w->gradient[w->out] = new_slot(w, IN_DZ, floats_of(w->g->node[w->n - 1].y, w->blocks));
    for (int i = w->n - 1; i >= 0; i--) {
        if (!runs_backward(w, i) || w->gradient[i + 1] == NO_SLOT) /* nobody reads it, or a stage knows */
            continue;
        if (stage_of(w, i))
            backward_stage(w, stage_of(w, i));
        else
            backward_node(w, i);
    }
}

/* --- offsets --- */

static int by_size(const void *a, const void *b)
{
    const struct slot *x = *(const struct slot *const *)a, *y = *(const struct slot *const *)b;
    if (x->floats != y->floats)
        return x->floats < y->floats ? 1 : -1;
    return x < y ? -1 : x > y;
}

static int together(const struct slot *a, const struct slot *b)
{
    return a->from <= b->to && b->from <= a->to;
}

/* Inserts `s` in a list ordered by offset at the first gap that is wide enough among those alive at the same time. */
static void place_slot(struct slot **placed, int n, struct slot *s)
{
    size_t at = 0;
    int i;
    for (i = 0; i < n; i++) {
        const struct slot *q = placed[i];
        if (!together(q, s))
            continue;
        if (q->at >= at + s->floats)
            break;
        if (q->at + q->floats > at)
            at = q->at + q->floats;
    }
    s->at = at;
    for (i = n; i > 0 && placed[i - 1]->at > at; i--)
        placed[i] = placed[i - 1];
    placed[i] = s;
}

/* Largest first, each as low as it fits: Pisarchyk & Lee 2020, arXiv:2001.03288, "greedy by size". */
static int place_slots(struct draft *d, int share, struct arena *a)
{
    struct slot **todo = arena_take(a, (size_t)(d->nslots + 1) * sizeof(struct slot *));
    struct slot **placed = arena_take(a, (size_t)(d->nslots + 1) * sizeof(struct slot *));
    int n = 0;
    if (!todo || !placed)
        return -1;
    for (int i = 0; i < d->nslots; i++)
        if (d->slot[i].place == IN_POOL)
            todo[n++] = &d->slot[i];
    qsort(todo, (size_t)n, sizeof(struct slot *), by_size);
    for (int i = 0; i < n; i++) {
        if (share)
            place_slot(placed, i, todo[i]);
        else
            todo[i]->at = d->pool_floats;
        size_t end = todo[i]->at + todo[i]->floats;
        d->pool_floats = end > d->pool_floats ? end : d->pool_floats;
    }
    return 0;
}

static int take_tables(struct drafting *w, struct arena *a)
{
    size_t n = (size_t)w->n + 1, inputs = 0;
    for (int i = 0; i < w->n; i++)
        inputs += (size_t)w->g->node[i].nin;
    w->value = arena_take(a, n * sizeof(int));
    w->wanted = arena_take(a, n);
    w->kept = arena_take(a, n);
    w->last_reader = arena_take(a, n * sizeof(int));
    w->content = arena_take(a, n * sizeof(int));
    w->gradient = arena_take(a, n * sizeof(int));
    w->saved = arena_take(a, n * sizeof(int));
    w->stage = arena_take(a, n * sizeof *w->stage);
    w->stage_of = arena_take(a, n * sizeof(int));
    w->halved = arena_take(a, n);
    w->edge = arena_take(a, n);
    w->block = arena_take(a, n * sizeof *w->block);
    w->readers = arena_take(a, n * sizeof(int));
    w->d->slot = arena_take(a, (4 * n + inputs + 2) * sizeof *w->d->slot);
    w->d->step = arena_take(a, (2 * n + inputs + 1) * sizeof *w->d->step);
    w->input_slots = arena_take(a, (6 * inputs + 2) * sizeof *w->input_slots); /* of nodes twice, of sums once */
    if (!w->value || !w->wanted || !w->kept || !w->last_reader || !w->content || !w->gradient || !w->saved ||
        !w->stage || !w->stage_of || !w->halved || !w->edge || !w->block || !w->readers || !w->d->slot || !w->d->step ||
        !w->input_slots)
        return -1;
    for (size_t i = 0; i < n; i++)
        w->content[i] = w->gradient[i] = w->saved[i] = NO_SLOT;
    return 0;
}

int draft_make(struct draft *d, const struct nn_graph *g, int blocks, int training, unsigned how, struct arena *a)
{
    struct drafting w = {.g = g,
                         .d = d,
                         .blocks = blocks,
                         .training = training,
                         .share = !!(how & PLAN_SHARE),
                         .fuse = !!(how & PLAN_FUSE),
                         .group = (int)(how >> 4 & 63),
                         .rows = 2 * (int)(how >> 10 & 63),
                         .n = g->nnodes,
                         .members = plan_members(how),
                         .stage_scratch = NO_SLOT};
    memset(d, 0, sizeof *d);
    if (take_tables(&w, a))
        return -1;
    find_values(&w);
    find_stages(&w);
    find_readers(&w);
    for (int v = 0; v <= w.n; v++)
        w.block[v] = value_floats(&w, v) / (size_t)blocks;
    w.content[0] = new_slot(&w, IN_X, floats_of(g->in, blocks));
    draft_forward(&w);
    if (!w.out)
        draft_copy(&w);
    if (training)
        draft_backward(&w);
    return place_slots(d, w.share, a);
}
