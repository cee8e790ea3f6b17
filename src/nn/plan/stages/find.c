/* find.c - which nodes become stages. */
#include "nn/plan/stages/stage.h"

struct fusing {
    const struct nn_graph *g;
    const int *value;
    int *readers; /* [nnodes + 1] node that reads the value; NOBODY, SEVERAL */
};
enum { NOBODY = -1, SEVERAL = -2 };

static int runs(const struct fusing *f, int node)
{
    return f->value[node + 1] == node + 1;
}

static void find_readers(struct fusing *f)
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
static int kind_of(const struct fusing *f, int node)
{
    struct stage_part p;
    if (!f->g->node[node].type->part)
        return -1;
    f->g->node[node].type->part(&f->g->node[node], &p);
    return (int)p.kind;
}

/* The only reader of a node's output, if it sees the same channels, rows and columns (it does not behind a flatten). */
static int only_reader(const struct fusing *f, int node)
{
    int r = f->readers[node + 1];
    if (r < 0)
        return -1;
    struct shape y = f->g->node[node].y, x = f->g->node[r].x[0];
    return y.c == x.c && y.h == x.h && y.w == x.w ? r : -1;
}

static int behind_convolution(const struct fusing *f, int node)
{
    int v = f->value[f->g->node[node].in[0] + 1];
    return v > 0 && kind_of(f, v - 1) == PART_CONV && only_reader(f, v - 1) == node;
}

/* The longest stage that begins with the node. */
static struct stage stage_from(const struct fusing *f, int node)
{
    struct stage s = {.first = node, .last = node, .part = {-1, -1, -1, -1, -1}, .next = -1, .group = 1};
    int last = -1;
    for (int i = node; i >= 0; i = only_reader(f, i)) {
        int kind = kind_of(f, i);
        if (kind <= last || (kind == PART_NORM && !behind_convolution(f, i)) || (kind == PART_ACT && last != PART_NORM))
            break;
        s.part[kind] = s.last = i;
        last = kind;
    }
    if (last == PART_CONV) {
        int r = only_reader(f, s.last);
        s.next = r >= 0 && kind_of(f, r) == PART_NORM ? r : -1;
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

static int rows_of(const struct nn_graph *g, const struct stage *s)
{
    if (s->part[PART_CONV] < 0)
        return 0;
    const struct nn_node *conv = &g->node[s->part[PART_CONV]];
    size_t row = (floats_of(conv->x[0], 1) + floats_of(conv->y, 1)) / (size_t)conv->y.h, fit = BAND / row;
    return fit < 2 ? 2 : fit > 1024 ? 1024 : (int)fit & ~1;
}

int stage_find(const struct nn_graph *g, const int *value, struct stage *stage, int *of, int *readers)
{
    struct fusing f = {g, value, readers};
    int n = 0;
    find_readers(&f);
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
        s.rows = rows_of(g, &s);
        s.descending = n % 2;
        stage[n++] = s;
    }
    return n;
}
