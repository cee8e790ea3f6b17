/* detail.c - what `sweep.detail = layers` keeps: the norm of the gradient of each layer that has parameters, in the
 * last step of every epoch, after l1 and clip_value as grad_norm. It is looked at once an epoch, where it stands
 * anyway. */
#include "nn/layer.h"
#include "train/training.h"

#include <math.h>

/* The layers that have parameters, from the i-th node on; the number of nodes: there is none. */
static int next_layer(const struct nn_graph *g, int i)
{
    while (i < g->nnodes && !g->node[i].ntensors)
        i++;
    return i;
}

static size_t kept_layers(const struct train_spec *s, const struct nn_graph *g)
{
    size_t n = 0;
    for (int i = next_layer(g, 0); s->detail && i < g->nnodes; i = next_layer(g, i + 1))
        n++;
    return n;
}

size_t train_detail_values(const struct train_spec *s, const struct nn_graph *g)
{
    return kept_layers(s, g) * ((size_t)s->epochs + 1);
}

void train_detail_lay_out(struct training *r, struct train_taker *t)
{
    const size_t epochs = (size_t)r->job.spec->epochs;
    r->layers = kept_layers(r->job.spec, r->job.graph);
    if (!r->layers)
        return;
    r->layer_norm = train_take(t, epochs * r->layers, sizeof *r->layer_norm);
    r->layer_number = train_take(t, r->layers, sizeof *r->layer_number);
    r->layer_table = train_take(t, epochs * r->layers, sizeof *r->layer_table);
}

/* Of what is frozen there is no gradient. */
static double layer_squares(const struct training *r, const struct nn_node *nd)
{
    double sum = 0;
    if (!train_freezes(r))
        return r->job.k->sum_squares(layer_tensor_floats(nd), r->net->dw + nd->tensor[0].at);
    for (int t = 0; t < nd->ntensors; t++)
        if (!nd->tensor[t].frozen)
            sum += r->job.k->sum_squares(PAD16(nd->tensor[t].n), r->net->dw + nd->tensor[t].at);
    return sum;
}

void train_detail_epoch(struct training *r)
{
    const struct nn_graph *g = r->job.graph;
    if (!r->layers)
        return;
    float *norm = r->layer_norm + (size_t)r->p.epoch * r->layers;
    for (int i = next_layer(g, 0); i < g->nnodes; i = next_layer(g, i + 1)) {
        const struct nn_node *nd = &g->node[i];
        *norm++ = (float)sqrt(layer_squares(r, nd));
    }
}

void train_detail(struct training *r, int *ntables, struct train_table table[TRAIN_TABLES])
{
    const struct nn_graph *g = r->job.graph;
    double *number = r->layer_number;
    if (!r->layers || !r->p.epoch)
        return;
    for (int i = next_layer(g, 0); i < g->nnodes; i = next_layer(g, i + 1))
        *number++ = i + 1;
    for (size_t i = 0; i < (size_t)r->p.epoch * r->layers; i++)
        r->layer_table[i] = (double)r->layer_norm[i];
    table[(*ntables)++] = (struct train_table){"layers", 1, (int)r->layers, 1, r->layer_number};
    table[(*ntables)++] = (struct train_table){"gradients", r->p.epoch, (int)r->layers, 0, r->layer_table};
}
