/* slots.c - the arrays of a plan: when each is needed, and where it lies. */
#include "nn/plan/draft.h"

#include <stdlib.h>

int draft_slot(struct drafting *w, enum slot_place place, size_t floats)
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

int draft_scratch(struct drafting *w, int node, unsigned rounds)
{
    size_t n = rounded_scratch(&w->g->node[node], w->blocks, rounds);
    return n ? draft_slot(w, IN_POOL, n) : NO_SLOT;
}

struct draft_step *draft_step_new(struct drafting *w, int node, int nin)
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

void draft_touch(struct drafting *w, const struct draft_step *s, int moment)
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
int draft_place(struct draft *d, int share, struct arena *a)
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
