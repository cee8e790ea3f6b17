/* batch.c fills a batch with samples of a split. */
#include "data/batch.h"

#include "data/transform.h"

size_t data_scratch(const struct data_view *v)
{
    size_t most = 0;
    for (int i = 0; v->transform && i < v->set->inputs + v->set->targets; i++)
        most = v->transform[i].scratch > most ? v->transform[i].scratch : most;
    return most;
}

void data_batch(const struct data_view *v, enum data_split split, const uint32_t *at, int n,
                const struct data_draw *draw, struct batch *b)
{
    b->n = n > 0 ? n : 0;
    b->blocks = blocks_of(b->n);
    for (int i = 0; i < b->n; i++)
        b->key[i] = v->index[split][at[i]];
    for (int i = b->x ? 0 : v->set->inputs; i < v->set->inputs + v->set->targets; i++)
        v->transform[i].type->fill(&v->transform[i], split, at, draw, b);
}
