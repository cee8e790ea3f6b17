/* values.c - which values a plan has, which of them need a gradient, and who reads them last. */
#include "nn/plan/draft.h"

int draft_runs(const struct drafting *w, int node)
{
    unsigned f = w->g->node[node].flags;
    return node >= w->o->first && !(f & IDENTITY) && (w->training || !(f & EVAL_IDENTITY));
}

int draft_evaluates(const struct drafting *w, int node)
{
    return w->frozen && w->g->node[node].frozen && w->g->node[node].flags & OVER_BATCH;
}

static int has_gradient(const struct drafting *w, const struct nn_node *nd)
{
    return nd->ntensors > 0 && !(w->frozen && nd->frozen);
}

int draft_input(const struct drafting *w, int node, int k)
{
    return w->holder[w->g->node[node].in[k] + 1];
}

int draft_runs_backward(const struct drafting *w, int node)
{
    return w->training && draft_runs(w, node) && w->value[node + 1].wanted;
}

static void find_values(struct drafting *w)
{
    for (int v = 0; v <= w->o->first; v++) /* of what comes before, the last is the input in its place */
        w->value[v].wanted = (unsigned char)w->o->input_gradient;
    for (int i = w->o->first; i < w->n; i++) { /* what comes before, if anything reads it, is the input */
        const struct nn_node *nd = &w->g->node[i];
        w->holder[i + 1] = draft_runs(w, i) ? i + 1 : draft_input(w, i, 0);
        w->value[i + 1].wanted = (unsigned char)has_gradient(w, nd);
        for (int k = 0; k < nd->nin; k++)
            w->value[i + 1].wanted |= w->value[nd->in[k] + 1].wanted;
    }
    w->out = w->holder[w->n];
}

const struct stage *draft_stage_of(const struct drafting *w, int node)
{
    return w->stage_of[node] == NO_STAGE ? NULL : &w->stage[w->stage_of[node]];
}

static void find_stages(struct drafting *w)
{
    for (int i = 0; i < w->n; i++)
        w->stage_of[i] = NO_STAGE;
    for (int i = 0; i < w->n; i++) /* a stage leaves the gradient of its norm where that of its input belongs */
        w->single[i] = w->training && w->g->node[i].flags & OVER_BATCH &&
                       (draft_evaluates(w, i) || !w->value[draft_input(w, i, 0)].wanted);
    int n = stage_find(w->g, w->holder, w->single, w->stage, w->stage_of, w->readers);
    for (int i = 0; i < n; i++) {
        struct stage *s = &w->stage[i];
        s->group = w->o->group ? w->o->group : s->group;
        s->rows = stage_rows(w->g, s, w->o->rows);
        if (s->next < 0 || w->g->precision != NN_BF16)
            continue;
        w->value[s->last + 1].stored_16bit = (unsigned char)w->o->fuse;
        w->rounds_at_edge[s->last] = ROUND_Y;
        w->rounds_at_edge[s->next] = ROUND_DY;
    }
    for (int i = 0; i < n && !w->training; i++)
        if (w->stage[i].next >= 0)
            stage_finish(w->g, &w->stage[i], &w->stage[w->stage_of[w->stage[i].next]]);
    for (int i = 0; i < w->n && !w->o->fuse; i++)
        w->stage_of[i] = NO_STAGE;
}

unsigned draft_rounds(const struct drafting *w, int node, int backward)
{
    unsigned operands = w->g->precision == NN_BF16 && w->g->node[node].flags & COUNTS ? ROUND_X | ROUND_W : 0;
    return backward ? operands | (operands || w->rounds_at_edge[node] & ROUND_DY ? ROUND_DY : 0)
                    : operands | (w->rounds_at_edge[node] & ROUND_Y);
}

size_t draft_value_floats(const struct drafting *w, int v)
{
    return floats_of(v ? w->g->node[v - 1].y : w->in, w->blocks) >> w->value[v].stored_16bit;
}

/* Backward a stage reads its input, and its output where a norm after it takes the gradient there. */
static void find_stage_readers(struct drafting *w, const struct stage *s)
{
    int v = draft_input(w, s->first, 0), backward = draft_runs_backward(w, s->last);
    w->value[v].last_reader = s->first;
    w->value[v].kept |= backward;
    w->value[s->last + 1].kept |= backward && s->next >= 0;
    if (s->part[PART_SUM] >= 0) {
        w->value[s->added].last_reader = s->first;
        w->value[s->added].kept |= backward;
    }
}

static void find_readers(struct drafting *w)
{
    for (int v = 0; v <= w->n; v++)
        w->value[v].last_reader = -1;
    for (int i = 0; i < w->n; i++) {
        const struct nn_node *nd = &w->g->node[i];
        if (!draft_runs(w, i))
            continue;
        if (draft_stage_of(w, i)) {
            if (draft_stage_of(w, i)->first == i)
                find_stage_readers(w, draft_stage_of(w, i));
            continue;
        }
        for (int k = 0; k < nd->nin; k++) {
            w->value[draft_input(w, i, k)].last_reader = i;
            if (draft_runs_backward(w, i) && nd->flags & KEEPS_X)
                w->value[draft_input(w, i, k)].kept = 1;
        }
        if (draft_runs_backward(w, i) && nd->flags & KEEPS_Y)
            w->value[i + 1].kept = 1;
    }
}

void draft_values(struct drafting *w)
{
    find_values(w);
    find_stages(w);
    find_readers(w);
    for (int v = 0; v <= w->n; v++)
        w->value[v].block = draft_value_floats(w, v) / (size_t)w->blocks;
}
