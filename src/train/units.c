/* units.c - which units learn. A unit is a row of a weight tensor: the weights into one output of a dense layer or a
 * convolution (of a transposed one, those from one channel of its input). It is dead in an epoch when the gradient of
 * all its weights was exactly 0 in every step: a relu behind it that is never active, or nothing but zeros in front of
 * it. A row is looked at until its first number that is not 0, and no more in the epoch once one was found. */
#include "train/training.h"

#include <string.h>

/* Of an embedding none: its rows are tokens, and one that does not come in an epoch is not dead. */
static size_t units_of(const struct nn_node *nd, const struct nn_tensor *w)
{
    return w->role == NN_WEIGHT && !nn_is_layer(nd, "embedding") ? w->n / nn_tensor_row(w) : 0;
}

size_t train_units(const struct nn_graph *g)
{
    size_t units = 0;
    for (int i = 0; i < g->nnodes; i++)
        for (int t = 0; t < g->node[i].ntensors; t++)
            units += units_of(&g->node[i], &g->node[i].tensor[t]);
    return units;
}

/* Those whose weights are trained in the epoch that is next. */
static size_t learning_units(const struct training *r)
{
    const struct nn_graph *g = r->job.graph;
    size_t units = 0;
    for (int i = 0; i < g->nnodes; i++)
        for (int t = 0; t < g->node[i].ntensors; t++)
            if (!train_skips(r, &g->node[i].tensor[t]))
                units += units_of(&g->node[i], &g->node[i].tensor[t]);
    return units;
}

void train_units_begin(struct training *r)
{
    if (r->units)
        memset(r->reached, 0, r->units);
    r->unreached = r->learning = learning_units(r);
}

static int all_zero(const float *v, size_t n)
{
    enum { TOGETHER = 64 };
    for (; n >= TOGETHER; v += TOGETHER, n -= TOGETHER) {
        int found = 0;
        for (int i = 0; i < TOGETHER; i++)
            found |= v[i] != 0;
        if (found)
            return 0;
    }
    for (size_t i = 0; i < n; i++)
        if (v[i] != 0)
            return 0;
    return 1;
}

void train_units_step(struct training *r)
{
    const struct nn_graph *g = r->job.graph;
    uint8_t *reached = r->reached;
    for (int i = 0; i < g->nnodes && r->unreached; i++)
        for (int t = 0; t < g->node[i].ntensors; t++) {
            const struct nn_tensor *w = &g->node[i].tensor[t];
            const size_t row = nn_tensor_row(w), units = units_of(&g->node[i], w);
            if (train_skips(r, w)) {
                reached += units;
                continue;
            }
            for (size_t unit = 0; unit < units; unit++, reached++)
                if (!*reached && !all_zero(r->net->dw + w->at + unit * row, row)) {
                    *reached = 1;
                    r->unreached--;
                }
        }
}

float train_units_dead(const struct training *r)
{
    return (float)((double)r->unreached / (double)r->learning);
}
