/* tensors.c names the tensors of a graph as PyTorch names those of a Sequential. */
#include "model/model.h"

#include <stdio.h>
#include <string.h>

static size_t count_tensors(const struct nn_graph *g)
{
    size_t n = 0;
    for (int i = 0; i < g->nnodes; i++)
        n += (size_t)(g->node[i].ntensors + g->node[i].nnamed);
    return n;
}

static void describe_parameter(struct model_tensor *t, const struct nn_node *nd, const struct nn_tensor *p)
{
    snprintf(t->name, sizeof t->name, "%d.%s", nd->index, p->name);
    t->rank = p->rank;
    for (int d = 0; d < p->rank; d++)
        t->dim[d] = (uint64_t)p->dim[d];
    t->n = p->n;
    t->at = p->at;
    t->by_row = p->by_row;
    t->map = nd->x[0];
    t->node = nd;
}

static void describe_buffer(struct model_tensor *t, const struct nn_node *nd, const struct nn_buffer *b)
{
    snprintf(t->name, sizeof t->name, "%d.%s", nd->index, b->name);
    t->rank = 1;
    t->dim[0] = t->n = b->n;
    t->buffer = 1;
    t->at = nd->buffers_at + b->at;
    t->node = nd;
}

struct model_tensor *model_tensors(const struct nn_graph *g, size_t *n, struct arena *a)
{
    struct model_tensor *t = arena_take(a, count_tensors(g) * sizeof *t + 1);
    *n = 0;
    for (int i = 0; t && i < g->nnodes; i++) {
        const struct nn_node *nd = &g->node[i];
        for (int k = 0; k < nd->ntensors; k++)
            describe_parameter(&t[(*n)++], nd, &nd->tensor[k]);
        for (int k = 0; k < nd->nnamed; k++)
            describe_buffer(&t[(*n)++], nd, &nd->buffer[k]);
    }
    return t;
}

void model_tensor_order(const struct model_tensor *t, int back, const float *from, float *to)
{
    if (!t->by_row) {
        memcpy(to, from, t->n * sizeof *to);
        return;
    }
    for (int c = 0; c < t->map.c; c++)
        for (int h = 0; h < t->map.h; h++)
            for (int w = 0; w < t->map.w; w++) {
                size_t file = ((size_t)c * (size_t)t->map.h + (size_t)h) * (size_t)t->map.w + (size_t)w;
                size_t here = ((size_t)h * (size_t)t->map.c + (size_t)c) * (size_t)t->map.w + (size_t)w;
                to[back ? here : file] = from[back ? file : here];
            }
}
