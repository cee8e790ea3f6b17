/* draft.c - lifetimes and offsets.
 *
 * A value is what a node puts out; values are numbered 0 (the network's input), then node + 1. Nodes that are the
 * identity in this mode do not run: their value is their input's. */
#include "nn/plan.h"

#include <stdlib.h>
#include <string.h>

struct drafting {
    const struct nn_graph *g;
    struct draft *d;
    int blocks, training, share, n; /* n = nodes */
    int *value;                     /* [n + 1] the value that holds a value's floats */
    unsigned char *wanted;          /* [n + 1] a gradient is needed: there are parameters in it or before it */
    unsigned char *kept;            /* [n + 1] read again by the backward pass */
    int *last_reader;               /* [n + 1] node, -1 */
    int *content, *gradient;        /* [n + 1] slots */
    int *saved;                     /* [n] slots */
    int out;                        /* value of the output */
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

static void find_readers(struct drafting *w)
{
    for (int v = 0; v <= w->n; v++)
        w->last_reader[v] = -1;
    for (int i = 0; i < w->n; i++) {
        const struct nn_node *nd = &w->g->node[i];
        if (!runs(w, i))
            continue;
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

static int scratch_slot(struct drafting *w, int node)
{
    const struct nn_node *nd = &w->g->node[node];
    size_t n = nd->type->scratch ? nd->type->scratch(nd, w->blocks) : 0;
    return n ? new_slot(w, IN_POOL, n) : NO_SLOT;
}

static struct draft_step *new_step(struct drafting *w, int node)
{
    struct draft_step *s = &w->d->step[w->d->nforward + w->d->nbackward];
    *s = (struct draft_step){NULL, node, {0}, NO_SLOT, NO_SLOT, {0}, NO_SLOT, NO_SLOT};
    for (int k = 0; k < NN_MAX_IN; k++)
        s->x[k] = s->dx[k] = NO_SLOT;
    return s;
}

static void touch_all(struct drafting *w, const struct draft_step *s, int moment)
{
    for (int k = 0; k < NN_MAX_IN; k++) {
        touch(w, s->x[k], moment);
        touch(w, s->dx[k], moment);
    }
    touch(w, s->y, moment);
    touch(w, s->dy, moment);
    touch(w, s->saved, moment);
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

static void copy_input(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                       const struct layer_io *io)
{
    (void)k;
    memcpy(io->y, io->x, layer_floats(nd->y, p->blocks) * sizeof *io->y);
}

/* A network that does nothing in this mode: its logits are its input. */
static void draft_copy(struct drafting *w)
{
    struct draft_step *s = new_step(w, w->n - 1);
    s->run = copy_input;
    s->x[0] = w->content[0];
    s->y = new_slot(w, IN_Z, layer_floats(w->g->in, w->blocks));
    touch_all(w, s, w->d->nforward++);
}

static void draft_forward(struct drafting *w)
{
    for (int i = 0; i < w->n; i++) {
        const struct nn_node *nd = &w->g->node[i];
        if (!runs(w, i))
            continue;
        struct draft_step *s = new_step(w, i);
        s->run = nd->type->forward;
        for (int k = 0; k < nd->nin; k++)
            s->x[k] = w->content[input(w, i, k)];
        if (over_input(w, i))
            s->y = s->x[0];
        else
            s->y = new_slot(w, IN_POOL, layer_floats(nd->y, w->blocks));
        if (i + 1 == w->out)
            w->d->slot[s->y].place = IN_Z;
        w->content[i + 1] = s->y;
        if (w->training && nd->nsaved)
            s->saved = w->saved[i] = new_slot(w, IN_POOL, nd->nsaved);
        s->scratch = scratch_slot(w, i);
        touch_all(w, s, w->d->nforward++);
    }
}

/* --- backward --- */

/* dx += what a further reader of the value found: the step that adds up gradients. io: x is added to y. */
static void add_gradient(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                         const struct layer_io *io)
{
    size_t n = layer_floats(nd->y, p->blocks);
    (void)k;
    for (size_t i = 0; i < n; i++)
        io->y[i] += io->x[i];
}

static void end_step(struct drafting *w, const struct draft_step *s)
{
    touch_all(w, s, w->d->nforward + w->d->nbackward++);
}

/* Where the node's gradient for input k goes: the value's own slot when it is the first to arrive (readers come in
 * descending order), else a temporary one that is added afterwards. Element-wise layers use up dy's. */
static int gradient_slot(struct drafting *w, int node, int k, int dy)
{
    const struct nn_node *nd = &w->g->node[node];
    int reuse = w->share && nd->flags & INPLACE && nd->nin == 1 && w->d->slot[dy].place == IN_POOL;
    int v = input(w, node, k);
    int slot = reuse ? dy : new_slot(w, IN_POOL, layer_floats(v ? w->g->node[v - 1].y : w->g->in, w->blocks));
    if (w->gradient[v] == NO_SLOT)
        w->gradient[v] = slot;
    return slot;
}

static void backward_node(struct drafting *w, int i)
{
    const struct nn_node *nd = &w->g->node[i];
    struct draft_step *s = new_step(w, i);
    int later[NN_MAX_IN], nlater = 0;
    s->run = nd->type->backward;
    s->dy = w->gradient[i + 1];
    for (int k = 0; k < nd->nin; k++) {
        int v = input(w, i, k);
        if (nd->flags & KEEPS_X)
            s->x[k] = w->content[v];
        if (!w->wanted[v])
            continue;
        int first = w->gradient[v] == NO_SLOT;
        s->dx[k] = gradient_slot(w, i, k, s->dy);
        if (!first)
            later[nlater++] = k;
    }
    if (nd->flags & KEEPS_Y)
        s->y = w->content[i + 1];
    s->saved = w->saved[i];
    s->scratch = scratch_slot(w, i);
    end_step(w, s);
    for (int l = 0; l < nlater; l++) {
        int v = input(w, i, later[l]);
        struct draft_step *sum = new_step(w, v - 1);
        sum->run = add_gradient;
        sum->x[0] = s->dx[later[l]];
        sum->y = w->gradient[v];
        end_step(w, sum);
    }
}

static void draft_backward(struct drafting *w)
{
    if (w->out && w->wanted[w->out])
        w->gradient[w->out] = new_slot(w, IN_DZ, layer_floats(w->g->node[w->n - 1].y, w->blocks));
    for (int i = w->n - 1; i >= 0; i--)
        if (runs_backward(w, i) && w->gradient[i + 1] != NO_SLOT) /* else nobody reads it */
            backward_node(w, i);
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
    w->d->slot = arena_take(a, (4 * n + inputs + 2) * sizeof *w->d->slot);
    w->d->step = arena_take(a, (2 * n + inputs + 1) * sizeof *w->d->step);
    if (!w->value || !w->wanted || !w->kept || !w->last_reader || !w->content || !w->gradient || !w->saved ||
        !w->d->slot || !w->d->step)
        return -1;
    for (size_t i = 0; i < n; i++)
        w->content[i] = w->gradient[i] = w->saved[i] = NO_SLOT;
    return 0;
}

int draft_make(struct draft *d, const struct nn_graph *g, int blocks, int training, int share, struct arena *a)
{
    struct drafting w = {.g = g, .d = d, .blocks = blocks, .training = training, .share = share, .n = g->nnodes};
    memset(d, 0, sizeof *d);
    if (take_tables(&w, a))
        return -1;
    find_values(&w);
    find_readers(&w);
    w.content[0] = new_slot(&w, IN_X, layer_floats(g->in, blocks));
    draft_forward(&w);
    if (!w.out)
        draft_copy(&w);
    if (training)
        draft_backward(&w);
    return place_slots(d, share, a);
}
