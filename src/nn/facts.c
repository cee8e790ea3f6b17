/* facts.c - what tables, conditions and `show` say about a network, one row a fact. */
#include "nn/graph.h"

#include <math.h>

/* --- the rows --- */

static double params(const struct nn_facts *f)
{
    return (double)f->params; /* at most INT_MAX */
}

static double macs(const struct nn_facts *f)
{
    return f->macs;
}

static double receptive_field(const struct nn_facts *f)
{
    return f->receptive_field;
}

static double depth(const struct nn_facts *f)
{
    return f->depth;
}

static double pool_distance(const struct nn_facts *f)
{
    return f->pool_distance < 0 ? NAN : f->pool_distance;
}

static double bn_distance(const struct nn_facts *f)
{
    return f->bn_distance < 0 ? NAN : f->bn_distance;
}

static double jump(const struct nn_facts *f)
{
    return f->jump;
}

const struct nn_fact nn_fact_rows[] = {
    {"params", "numbers that are trained: weights, biases, scales and shifts", params},
    {"macs", "multiply-adds of one image forward, taps on padding included", macs},
    {"receptive_field",
     "input pixels along the longest side that one value of the last maps sees, before global pooling, flatten or "
     "dense",
     receptive_field},
    {"depth", "convolutions and dense layers on the longest way from the input to the output", depth},
    {"head", "what turns maps into outputs: a word of `sweep list heads`", NULL},
    {"pool_distance",
     "convolutions and dense layers between the last pooling and the output; global pooling at the end does not count",
     pool_distance},
    {"bn_distance", "convolutions and dense layers between the last batchnorm and the output", bn_distance},
    {"jump", "input pixels between two neighbours in the last maps: the product of the strides", jump},
    {NULL, NULL, NULL},
};

enum { HEAD_WORD_CONV, HEAD_WORD_GAP, HEAD_WORD_GMP, HEAD_WORD_FC, HEAD_WORD_GAP_FC, HEAD_WORD_GMP_FC, HEAD_WORDS };
static const struct {
    const char *name, *help;
} heads[HEAD_WORDS] = {
    [HEAD_WORD_CONV] = {"conv", "the last convolution, which leaves one value a map"},
    [HEAD_WORD_GAP] = {"gap", "global average pooling: gap, or an avgpool over the whole map"},
    [HEAD_WORD_GMP] = {"gmp", "global max pooling: gmp, or a maxpool over the whole map"},
    [HEAD_WORD_FC] = {"fc", "dense layers"},
    [HEAD_WORD_GAP_FC] = {"gap+fc", "global average pooling, then dense layers"},
    [HEAD_WORD_GMP_FC] = {"gmp+fc", "global max pooling, then dense layers"},
};

const char *nn_head_name(size_t i)
{
    return i < HEAD_WORDS ? heads[i].name : NULL;
}

const char *nn_head_help(size_t i)
{
    return i < HEAD_WORDS ? heads[i].help : NULL;
}

/* --- the facts of a graph --- */

/* Longest way to the output, counted in convolution and dense layers. */
static void mark_distance(struct nn_graph *g)
{
    for (int i = g->nnodes - 1; i >= 0; i--) {
        const struct nn_node *nd = &g->node[i];
        int here = nd->distance + !!(nd->flags & COUNTS);
        for (int k = 0; k < nd->nin; k++)
            if (nd->in[k] == NN_INPUT)
                g->facts.depth = here > g->facts.depth ? here : g->facts.depth;
            else if (here > g->node[nd->in[k]].distance)
                g->node[nd->in[k]].distance = here;
    }
}

/* 1 where maps have been turned into a vector on every way: by global pooling, flatten or dense. */
static int behind_head(const struct nn_graph *g, const unsigned char *behind, const struct nn_node *nd)
{
    if (g->in.kind < MAPS || nd->y.kind < MAPS || nd->flags & (HEAD_GAP | HEAD_GMP | HEAD_FC))
        return 1;
    for (int k = 0; k < nd->nin; k++)
        if (nd->in[k] == NN_INPUT || !behind[nd->in[k]])
            return 0;
    return 1;
}

/* Takes the mark off where maps come again: what a squeeze and excitation pools is no head. */
static void unmark_excursions(const struct nn_graph *g, unsigned char *behind)
{
    for (int i = g->nnodes - 1; i >= 0; i--) {
        const struct nn_node *nd = &g->node[i];
        for (int k = 0; k < nd->nin; k++)
            if (nd->in[k] != NN_INPUT && !behind[i])
                behind[nd->in[k]] = 0;
    }
}

/* The distance of the last one so far (-1: none), or of the node where that is less. */
static int nearer(int distance, const struct nn_node *nd)
{
    return distance < 0 || nd->distance < distance ? nd->distance : distance;
}

static const char *head_of(unsigned flags)
{
    int fc = (flags & HEAD_FC) != 0;
    if (flags & HEAD_GAP)
        return heads[fc ? HEAD_WORD_GAP_FC : HEAD_WORD_GAP].name;
    if (flags & HEAD_GMP)
        return heads[fc ? HEAD_WORD_GMP_FC : HEAD_WORD_GMP].name;
    return heads[fc ? HEAD_WORD_FC : HEAD_WORD_CONV].name;
}

int nn_longest(const int side[NN_SIDES])
{
    int most = side[0];
    for (int i = 1; i < NN_SIDES; i++)
        most = side[i] > most ? side[i] : most;
    return most;
}

int graph_facts(struct nn_graph *g, struct arena *scratch, struct err *e)
{
    struct nn_facts *f = &g->facts;
    const struct nn_node *maps = NULL;
    unsigned seen = 0;
    unsigned char *behind = arena_take(scratch, (size_t)g->nnodes);
    if (!behind)
        return err_set(e, ERR_NOMEM, "no memory for the network");
    f->pool_distance = f->bn_distance = -1;
    mark_distance(g);
    for (int i = 0; i < g->nnodes; i++)
        behind[i] = (unsigned char)behind_head(g, behind, &g->node[i]);
    unmark_excursions(g, behind);
    for (int i = 0; i < g->nnodes; i++) {
        const struct nn_node *nd = &g->node[i];
        f->params += nd->params;
        f->macs += nd->macs;
        seen |= behind[i] ? nd->flags : 0;
        if (!behind[i])
            maps = nd;
        if (nd->flags & POOLS && !(nd->flags & (HEAD_GAP | HEAD_GMP)))
            f->pool_distance = nearer(f->pool_distance, nd);
        if (nd->flags & OVER_BATCH)
            f->bn_distance = nearer(f->bn_distance, nd);
    }
    if (!maps) /* no maps at all: what the logits see */
        maps = &g->node[g->nnodes - 1];
    f->receptive_field = nn_longest(maps->rf);
    f->jump = nn_longest(maps->jump);
    f->head = head_of(seen);
    return 0;
}
