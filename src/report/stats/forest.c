/* forest.c - grows regression trees by the splits that leave the least squares. */
#include "report/stats/forest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEEPEST 64

struct forest_item {
    uint32_t point;
    double weight;
};

/* Sums over points. */
struct forest_sum {
    double w, wy;
};

struct forest_split {
    size_t axis;
    double gain;
    double at;     /* of an axis in order */
    uint64_t left; /* of any other */
    double share;  /* of the side to the left, where a point does not have the axis */
};

struct growing {
    struct forest_tree *tree;
    const struct forest_data *d;
    double least;
    struct rng *r;
    struct forest_item *item; /* those of a node come after those of the nodes that it is in */
    size_t cap;
    /* [cap][axes]: beside item[from .. to) of a node stand, for each axis, their places in the node, those that do not
     * have the axis first, then by its values; equal ones in the order of their places */
    uint32_t *sorted;
    size_t sorted_cap;
    uint32_t *place; /* [place_cap] scratch: where an item of a node stands in a side of it */
    size_t place_cap;
    struct forest_side *box; /* [axes] of the node */
    uint32_t *order;         /* [axes] scratch */
    struct level_point *by_level;
    size_t level_cap;
    int failed;
};

/* A point of a node that has an axis. */
struct level_point {
    int code;
    struct forest_sum sum;
};

#define NOWHERE UINT32_MAX

/* Gives the array room for n items. 0, or -1 without memory. */
static int make_room(void *array, size_t *cap, size_t n, size_t size)
{
    void **to = array;
    if (n <= *cap)
        return 0;
    size_t more = 2 * n;
    void *v = realloc(*to, more * size);
    if (!v)
        return -1;
    *to = v;
    *cap = more;
    return 0;
}

static void add_sum(struct forest_sum *s, double by, struct forest_sum t)
{
    s->w += by * t.w;
    s->wy += by * t.wy;
}

static double squares_of(struct forest_sum s)
{
    return s.wy * s.wy / s.w;
}

static double width_of_set(const struct forest_axis *a, uint64_t set)
{
    double width = 0;
    for (size_t i = 0; i < a->levels && i < FOREST_VALUES; i++)
        width += set >> i & 1 ? a->to[i] - a->from[i] : 0;
    return width;
}

static struct forest_sum sum_of_item(const struct growing *g, const struct forest_item *i)
{
    return (struct forest_sum){i->weight, i->weight * g->d->y[i->point]};
}

/* Takes the split where it leaves less than the best one so far. */
static void try_split(const struct growing *g, struct forest_split *best, const struct forest_split *s,
                      struct forest_sum left, struct forest_sum all)
{
    struct forest_sum right = all;
    add_sum(&right, -1, left);
    if (left.w < g->least || right.w < g->least)
        return;
    double gain = squares_of(left) + squares_of(right) - squares_of(all);
    if (!(gain > best->gain))
        return;
    *best = *s;
    best->gain = gain;
}

/* Looks at all splits between two values of an axis in order, by_level[n] ascending. `none`: of the points that do not
 * have it. */
static void try_ordered(struct growing *g, size_t n, size_t axis, struct forest_sum none, struct forest_sum all,
                        struct forest_split *best)
{
    const struct forest_axis *a = &g->d->axis[axis];
    const struct forest_side *side = &g->box[axis];
    const struct level_point *v = g->by_level;
    struct forest_sum before = {0, 0};
    for (size_t i = 0; i + 1 < n; i++) {
        add_sum(&before, 1, v[i].sum);
        if (v[i].code == v[i + 1].code)
            continue;
        struct forest_split s = {.axis = axis, .at = (a->to[v[i].code] + a->from[v[i + 1].code]) / 2};
        s.share = (s.at - side->lo) / (side->hi - side->lo);
        struct forest_sum left = before;
        add_sum(&left, s.share, none);
        try_split(g, best, &s, left, all);
    }
}

struct value_sum {
    int code;
    struct forest_sum sum;
};

static int by_mean_of_value(const void *a, const void *b)
{
    const struct value_sum *x = a, *y = b;
    double mx = x->sum.wy / x->sum.w, my = y->sum.wy / y->sum.w;
    if (mx != my)
        return mx < my ? -1 : 1;
    return x->code < y->code ? -1 : 1;
}

/* Of an axis without order only those splits can be best that part its values in the order of their means (Breiman,
 * Friedman, Olshen & Stone 1984). Values that no point of the node has go with the heavier side. */
static void try_listed(struct growing *g, size_t n, size_t axis, struct forest_sum none, struct forest_sum all,
                       struct forest_split *best)
{
    const struct forest_axis *a = &g->d->axis[axis];
    struct value_sum v[FOREST_VALUES];
    struct forest_sum sum[FOREST_VALUES] = {{0, 0}}, before = {0, 0};
    size_t met = 0;
    uint64_t seen = 0, left = 0;
    for (size_t i = 0; i < n; i++)
        add_sum(&sum[g->by_level[i].code], 1, g->by_level[i].sum);
    for (int c = 0; c < FOREST_VALUES; c++)
        if (sum[c].w > 0) {
            v[met++] = (struct value_sum){c, sum[c]};
            seen |= (uint64_t)1 << c;
        }
    qsort(v, met, sizeof *v, by_mean_of_value);
    for (size_t i = 0; i + 1 < met; i++) {
        add_sum(&before, 1, v[i].sum);
        left |= (uint64_t)1 << v[i].code;
        uint64_t unseen = g->box[axis].set & ~seen, heavier = 2 * before.w > all.w - none.w ? unseen : 0;
        struct forest_split s = {.axis = axis, .left = left | heavier};
        s.share = width_of_set(a, s.left) / g->box[axis].width;
        struct forest_sum both = before;
        add_sum(&both, s.share, none);
        try_split(g, best, &s, both, all);
    }
}

/* The points of a node that have the axis, ascending (by_level[], their number), and the sum of the others. */
static size_t take_axis(struct growing *g, size_t from, size_t to, size_t axis, struct forest_sum *none)
{
    const size_t axes = g->d->axes;
    size_t n = 0;
    *none = (struct forest_sum){0, 0};
    for (size_t i = from; i < to; i++) {
        const struct forest_item *item = &g->item[from + g->sorted[i * axes + axis]];
        int code = g->d->axis[axis].code[item->point];
        if (code < 0)
            add_sum(none, 1, sum_of_item(g, item));
        else
            g->by_level[n++] = (struct level_point){code, sum_of_item(g, item)};
    }
    return n;
}

static struct forest_split best_split(struct growing *g, size_t from, size_t to, struct forest_sum all)
{
    struct forest_split best = {.gain = 1e-12 * fabs(squares_of(all))};
    best.axis = SIZE_MAX;
    if (make_room(&g->by_level, &g->level_cap, to - from, sizeof *g->by_level)) {
        g->failed = 1;
        return best;
    }
    for (size_t i = 0; i < g->d->axes; i++)
        g->order[i] = (uint32_t)i;
    rng_shuffle(g->r, g->order, (uint32_t)g->d->axes);
    for (size_t i = 0; i < g->d->axes; i++) {
        struct forest_sum none;
        size_t axis = g->order[i], n = take_axis(g, from, to, axis, &none);
        if (g->d->axis[axis].ordered)
            try_ordered(g, n, axis, none, all, &best);
        else
            try_listed(g, n, axis, none, all, &best);
    }
    return best;
}

static void add_leaf(struct growing *g, struct forest_sum all)
{
    struct forest_tree *t = g->tree;
    const size_t axes = g->d->axes;
    if (t->leaves == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 64;
        double *value = realloc(t->value, cap * sizeof *value);
        t->value = value ? value : t->value;
        struct forest_side *box = realloc(t->box, (cap * axes + 1) * sizeof *box);
        t->box = box ? box : t->box;
        g->failed |= !value || !box;
        if (g->failed)
            return;
        t->cap = cap;
    }
    t->value[t->leaves] = all.wy / all.w;
    memcpy(t->box + t->leaves * axes, g->box, axes * sizeof *g->box);
    t->leaves++;
}

/* How much of a point goes to the left. */
static double share_to_left(const struct growing *g, const struct forest_split *s, uint32_t point)
{
    const struct forest_axis *a = &g->d->axis[s->axis];
    int code = a->code[point];
    if (code < 0)
        return s->share;
    return a->ordered ? (a->from[code] + a->to[code]) / 2 < s->at : s->left >> code & 1;
}

/* Room for n items. 0, or -1 without memory. */
static int make_item_room(struct growing *g, size_t n)
{
    return make_room(&g->item, &g->cap, n, sizeof *g->item) ||
                   make_room(&g->sorted, &g->sorted_cap, n * g->d->axes + 1, sizeof *g->sorted)
               ? -1
               : 0;
}

/* Puts the points of one side of a split after those of the node. Returns where they end. */
static size_t take_side(struct growing *g, size_t from, size_t to, const struct forest_split *s, int left)
{
    const size_t axes = g->d->axes;
    size_t n = to;
    if (make_item_room(g, to + (to - from)) || make_room(&g->place, &g->place_cap, to - from, sizeof *g->place)) {
        g->failed = 1;
        return to;
    }
    for (size_t i = from; i < to; i++) {
        double share = share_to_left(g, s, g->item[i].point);
        share = left ? share : 1 - share;
        g->place[i - from] = share > 0 ? (uint32_t)(n - to) : NOWHERE;
        if (share > 0)
            g->item[n++] = (struct forest_item){g->item[i].point, g->item[i].weight * share};
    }
    for (size_t axis = 0; axis < axes; axis++)
        for (size_t i = from, k = to; i < to; i++) {
            const uint32_t at = g->place[g->sorted[i * axes + axis]];
            if (at != NOWHERE)
                g->sorted[k++ * axes + axis] = at;
        }
    return n;
}

/* The side of the box to the left or right of a split. */
static struct forest_side part_of_side(const struct growing *g, const struct forest_split *s, int left)
{
    struct forest_side side = g->box[s->axis];
    if (!g->d->axis[s->axis].ordered) {
        side.set &= left ? s->left : ~s->left;
        side.width = width_of_set(&g->d->axis[s->axis], side.set);
        return side;
    }
    side.lo = left ? side.lo : s->at;
    side.hi = left ? s->at : side.hi;
    side.width = side.hi - side.lo;
    return side;
}

/* Grows what is below the node of item[from .. to). */
static void grow_node(struct growing *g, size_t from, size_t to, int depth)
{
    struct forest_sum all = {0, 0};
    for (size_t i = from; i < to; i++)
        add_sum(&all, 1, sum_of_item(g, &g->item[i]));
    struct forest_split s = {.axis = SIZE_MAX};
    if (depth < DEEPEST && all.w >= 2 * g->least)
        s = best_split(g, from, to, all);
    if (s.axis == SIZE_MAX) {
        add_leaf(g, all);
        return;
    }
    const struct forest_side whole = g->box[s.axis];
    for (int left = 1; left >= 0 && !g->failed; left--) {
        size_t end = take_side(g, from, to, &s, left);
        g->box[s.axis] = part_of_side(g, &s, left);
        if (!g->failed)
            grow_node(g, to, end, depth + 1);
        g->box[s.axis] = whole;
    }
}

static struct forest_side whole_axis(const struct forest_axis *a)
{
    if (a->ordered)
        return (struct forest_side){0, 1, 0, 1};
    uint64_t all = a->levels < FOREST_VALUES ? ((uint64_t)1 << a->levels) - 1 : UINT64_MAX;
    return (struct forest_side){0, 1, all, width_of_set(a, all)};
}

struct place_of_code {
    int code;
    uint32_t at;
};

static int by_code(const void *a, const void *b)
{
    const struct place_of_code *x = a, *y = b;
    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    return x->at < y->at ? -1 : 1;
}

/* Sorts the n items of the whole tree along each axis. 0, or -1 without memory. */
static int sort_items(struct growing *g, size_t n)
{
    const size_t axes = g->d->axes;
    struct place_of_code *v = malloc((n + 1) * sizeof *v);
    for (size_t axis = 0; axis < axes && v; axis++) {
        for (size_t i = 0; i < n; i++)
            v[i] = (struct place_of_code){g->d->axis[axis].code[g->item[i].point], (uint32_t)i};
        qsort(v, n, sizeof *v, by_code);
        for (size_t i = 0; i < n; i++)
            g->sorted[i * axes + axis] = v[i].at;
    }
    const int bad = !v;
    free(v);
    return bad ? -1 : 0;
}

int forest_grow(struct forest_tree *t, const struct forest_data *d, const uint32_t *sample, size_t n, double least,
                struct rng *r)
{
    struct growing g = {.tree = t, .d = d, .least = least, .r = r};
    t->leaves = 0;
    g.box = malloc((d->axes + 1) * sizeof *g.box);
    g.order = malloc((d->axes + 1) * sizeof *g.order);
    g.failed = !g.box || !g.order || make_item_room(&g, n + 1);
    for (size_t i = 0; i < d->axes && !g.failed; i++)
        g.box[i] = whole_axis(&d->axis[i]);
    for (size_t i = 0; i < n && !g.failed; i++)
        g.item[i] = (struct forest_item){sample[i], 1};
    if (!g.failed && sort_items(&g, n))
        g.failed = 1;
    if (!g.failed)
        grow_node(&g, 0, n, 0);
    free(g.box);
    free(g.order);
    free(g.item);
    free(g.sorted);
    free(g.place);
    free(g.by_level);
    return g.failed ? -1 : 0;
}

void forest_release(struct forest_tree *t)
{
    free(t->value);
    free(t->box);
    *t = (struct forest_tree){.leaves = 0};
}

/* The share of a leaf's side that a point is in: 1 or 0, and of an axis that it does not have the width. */
static double share_in_side(const struct forest_axis *a, const struct forest_side *s, size_t point)
{
    int code = a->code[point];
    if (code < 0)
        return s->width;
    if (!a->ordered)
        return (double)(s->set >> code & 1);
    double middle = (a->from[code] + a->to[code]) / 2;
    return middle >= s->lo && middle < s->hi;
}

double forest_predict(const struct forest_tree *t, const struct forest_data *d, size_t point)
{
    double sum = 0, all = 0;
    for (size_t l = 0; l < t->leaves; l++) {
        double share = 1;
        for (size_t i = 0; i < d->axes && share > 0; i++)
            share *= share_in_side(&d->axis[i], &t->box[l * d->axes + i], point);
        sum += share * t->value[l];
        all += share;
    }
    return sum / all;
}

double forest_overlap(const struct forest_axis *a, const struct forest_side *x, const struct forest_side *y)
{
    if (!a->ordered)
        return width_of_set(a, x->set & y->set);
    const double lo = x->lo > y->lo ? x->lo : y->lo, hi = x->hi < y->hi ? x->hi : y->hi;
    return hi > lo ? hi - lo : 0;
}
