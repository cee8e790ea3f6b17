/* history.c keeps what a search that listens knows: the points of the plan, and the results of the first of them. */
#include "search/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void search_forget(struct search_history *h)
{
    keymap_release(&h->seen);
    free(h->value);
    free(h->unit);
    free(h->result);
    free(h->order);
    free(h->ordered);
    free(h->refused_value);
    *h = (struct search_history){.asked = 0};
}

/* Gives an array room for so many items; 1: there is none, and it is as before. */
static int grow_array(void *array, size_t items, size_t size)
{
    void **to = array, *more = realloc(*to, items * size + 1);
    *to = more ? more : *to;
    return !more;
}

/* Moves the rows of order[axes][h->cap] apart, the last first. */
static void spread_orders(struct search_history *h, size_t axes, size_t cap)
{
    for (size_t i = axes; i-- > 1;)
        memmove(h->order + i * cap, h->order + i * h->cap, h->ordered[i] * sizeof *h->order);
}

static int grow_history(struct search_history *h, size_t axes)
{
    size_t cap = h->cap ? 2 * h->cap : 64;
    if (!h->ordered && !(h->ordered = calloc(axes + 1, sizeof *h->ordered)))
        return -1;
    if (grow_array(&h->value, cap * axes, sizeof *h->value) || grow_array(&h->unit, cap * axes, sizeof *h->unit) ||
        grow_array(&h->result, cap, sizeof *h->result) || grow_array(&h->order, cap * axes, sizeof *h->order))
        return -1;
    spread_orders(h, axes, cap);
    h->cap = cap;
    return 0;
}

/* Puts the last point into the order of an axis that it has, after those with the same unit. */
static void insert_point(struct search_history *h, size_t axes, size_t axis)
{
    const double unit = h->unit[h->points * axes + axis];
    uint32_t *order = h->order + axis * h->cap, n = h->ordered[axis], lo = 0, hi = n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (h->unit[order[mid] * axes + axis] <= unit)
            lo = mid + 1;
        else
            hi = mid;
    }
    memmove(order + lo + 1, order + lo, (n - lo) * sizeof *order);
    order[lo] = (uint32_t)h->points;
    h->ordered[axis]++;
}

int search_accept(const struct search *s, struct search_history *h, const struct proposal *p, struct err *e)
{
    if (h->points == h->cap && grow_history(h, s->axes))
        return err_set(e, ERR_NOMEM, "no memory for %zu points of the search", h->points + 1);
    for (size_t i = 0; i < s->axes; i++) {
        double from = NAN, to = NAN;
        h->value[h->points * s->axes + i] = p->value[i];
        if (p->value[i] != SEARCH_ABSENT)
            search_cell(s, i, p->value[i], &from, &to);
        const double middle = (from + to) / 2;
        h->unit[h->points * s->axes + i] = middle < 1 - 0x1p-32 ? middle : from == from ? 1 - 0x1p-32 : NAN;
        if (p->value[i] != SEARCH_ABSENT)
            insert_point(h, s->axes, i);
    }
    h->points++;
    return 0;
}

int search_refuse(const struct search *s, struct search_history *h, const struct proposal *p, struct err *e)
{
    if (h->refused == h->refused_cap) {
        const size_t cap = 2 * h->refused_cap + 16;
        if (grow_array(&h->refused_value, cap * s->axes, sizeof *h->refused_value))
            return err_set(e, ERR_NOMEM, "no memory for %zu proposals of the search", h->refused + 1);
        h->refused_cap = cap;
    }
    memcpy(h->refused_value + h->refused++ * s->axes, p->value, s->axes * sizeof *p->value);
    return 0;
}

void search_tell(struct search_history *h, const struct search_result *r)
{
    h->result[h->told++] = *r;
}

size_t search_known(const struct search *s, const struct search_history *h)
{
    size_t lag = (size_t)s->args.lag, own = h->points - h->earlier + 1,
           known = h->earlier + (own > lag ? own - lag : 0);
    return known < h->told ? known : h->told;
}

/* 0: complete, 1: pruned, 2: failed */
static int kind_of_result(const struct search_result *r)
{
    return !(r->loss < INFINITY) ? 2 : r->pruned != 0;
}

int search_better(const struct search_result *a, const struct search_result *b)
{
    int kind_a = kind_of_result(a), kind_b = kind_of_result(b);
    if (kind_a != kind_b)
        return kind_a < kind_b;
    return a->pruned != b->pruned ? a->pruned > b->pruned : a->loss < b->loss;
}
