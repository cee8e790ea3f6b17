/* stage_find.c - which nodes become stages. */
#include "nn/plan/stages/pass.h"

struct fusing {
    const struct nn_graph *g;
    const int *value;
    const unsigned char *single;
    int *readers; /* [nnodes + 1] node that reads the value; NOBODY, SEVERAL */
};
enum { NOBODY = -1, SEVERAL = -2 };

static int runs(const struct fusing *f, int node)
{
    return f->value[node + 1] == node + 1;
}

static void find_readers_in_stages(struct fusing *f)
{
    for (int v = 0; v <= f->g->nnodes; v++)
        f->readers[v] = NOBODY;
    for (int i = 0; i < f->g->nnodes; i++)
        for (int k = 0; runs(f, i) && k < f->g->node[i].nin; k++) {
            int *r = &f->readers[f->value[f->g->node[i].in[k] + 1]];
            *r = *r == NOBODY ? i : SEVERAL;
        }
}

/* An enum part_kind, or -1. */
static int part_kind_of(const struct fusing *f, int node)
{
    struct stage_part p;
    if (!f->g->node[node].type->part || f->single[node])
        return -1;
    f->g->node[node].type->part(&f->g->node[node], &p);
    if (p.kind == PART_SUM && f->g->precision == NN_BF16) /* the passes over 16 bits know no sum */
        return -1;
    return p.kind == PART_KINDS ? -1 : (int)p.kind;
}

/* The only reader of a node's output, if it sees the same channels, rows and columns (it does not after a flatten). */
static int only_reader(const struct fusing *f, int node)
{
    int r = f->readers[node + 1];
    if (r < 0)
        return -1;
    for (int k = 0; k < f->g->node[r].nin; k++) {
        struct shape y = f->g->node[node].y, x = f->g->node[r].x[k];
        if (f->value[f->g->node[r].in[k] + 1] == node + 1)
            return y.c == x.c && y.h == x.h && y.w == x.w ? r : -1;
    }
    return -1;
}

/* Is the node the only reader of a convolution? */
static int reads_convolution(const struct fusing *f, int node)
{
    int v = f->value[f->g->node[node].in[0] + 1];
    return v > 0 && part_kind_of(f, v - 1) == PART_CONV && only_reader(f, v - 1) == node;
}

/* The value that a sum adds to that of its other input, which is `node`. */
static int other_input(const struct fusing *f, int sum, int node)
{
    const int *in = f->g->node[sum].in;
    int first = f->value[in[0] + 1], second = f->value[in[1] + 1];
    return first == node + 1 ? second : first;
}

/* May the node be the next part of the stage, whose last part is of kind `last`? */
static int continues(const struct fusing *f, const struct stage *s, int kind, int last, int node)
{
    if (kind <= last)
        return 0;
    switch (kind) {
    case PART_NORM:
        return reads_convolution(f, node);
    case PART_SUM: /* what is added is there when the stage begins */
        return last == PART_NORM && other_input(f, node, s->last) <= s->first;
    case PART_ACT:
        return last == PART_NORM || last == PART_SUM;
    case PART_DROPOUT:
        return s->part[PART_SUM] < 0;
    default:
        return 1;
    }
}

/* The longest stage that begins with the node. */
static struct stage stage_from(const struct fusing *f, int node)
{
    struct stage s = {.first = node, .last = node, .next = -1, .next_act = -1, .group = 1};
    for (int k = 0; k < PART_KINDS; k++)
        s.part[k] = -1;
    int last = -1;
    for (int i = node; i >= 0; i = only_reader(f, i)) {
        int kind = part_kind_of(f, i);
        if (!continues(f, &s, kind, last, i))
            break;
        if (kind == PART_SUM)
            s.added = other_input(f, i, s.last);
        s.part[kind] = s.last = i;
        last = kind;
    }
    if (last == PART_CONV) {
        int r = only_reader(f, s.last);
        s.next = r >= 0 && part_kind_of(f, r) == PART_NORM ? r : -1;
    }
    return s;
}

#define GROUP_FLOATS ((size_t)1 << 18) /* half of a second-level cache of 2 MiB */

/* As many blocks as what lies between fits into the cache; more where a group costs more than reading from memory does:
 * packing the weights and adding up their gradients is some 15 cycles a weight, the three passes over what has fallen
 * out of the cache some 30 a vector. */
static int group_of(const struct nn_graph *g, const struct stage *s)
{
    const struct nn_node *conv = s->part[PART_CONV] < 0 ? NULL : &g->node[s->part[PART_CONV]];
    size_t x = floats_of(g->node[s->first].x[0], 1), y = floats_of(g->node[s->last].y, 1);
    size_t weights = conv ? conv->tensor[0].n : 0;
    size_t fit = GROUP_FLOATS / (x + y), pay = weights * LANES / (x + y);
    size_t n = fit > pay ? fit : pay;
    return n < 1 ? 1 : n > 4096 ? 4096 : (int)n;
}

#define BAND                                                                                                           \
    ((size_t)1 << 15) /* floats of rows that are made together: twice the first cache, they only pass through */

int stage_rows(const struct nn_graph *g, const struct stage *s, int wanted)
{
    if (s->part[PART_CONV] < 0)
        return 0;
    const struct nn_node *conv = &g->node[s->part[PART_CONV]];
    struct stage_part part;
    conv->type->part(conv, &part);
    int step = conv_row_step(&part.conv, CONV_FORWARD, g->precision == NN_BF16);
    size_t row = (floats_of(conv->x[0], 1) + floats_of(conv->y, 1)) / (size_t)conv->y.h;
    size_t fit = BAND * (size_t)conv->x[0].c / ((size_t)stage_channels(g, s) * row);
    int rows = wanted ? wanted : fit > 1024 ? 1024 : (int)fit;
    return rows < step ? step : rows - rows % step;
}

void stage_finish(const struct nn_graph *g, struct stage *s, struct stage *next)
{
    if (g->precision == NN_BF16 || has(next, PART_SUM) || !stage_by_rows(g, s, 0) || !stage_by_rows(g, next, 0))
        return;
    s->finishes = 1;
    s->next_act = next->part[PART_ACT];
    next->part[PART_NORM] = next->part[PART_ACT] = -1;
}

int stage_find(const struct nn_graph *g, const int *value, const unsigned char *single, struct stage *stage, int *of,
               int *readers)
{
    struct fusing f = {g, value, single, readers};
    int n = 0;
    find_readers_in_stages(&f);
    for (int i = 0; i < g->nnodes; i++)
        of[i] = NO_STAGE;
    for (int i = 0; i < g->nnodes; i++) {
        struct stage s = stage_from(&f, i);
        if (!runs(&f, i) || of[i] != NO_STAGE || (s.part[PART_NORM] < 0 && s.next < 0))
            continue;
        for (int k = 0; k < PART_KINDS; k++)
            if (s.part[k] >= 0)
                of[s.part[k]] = n;
        s.group = group_of(g, &s);
        s.descending = n % 2;
        stage[n++] = s;
    }
    return n;
}
