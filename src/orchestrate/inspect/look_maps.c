/* look_maps.c - a look at feature maps of single samples, and at the filters of the first convolution. */
#include "orchestrate/inspect/looking.h"

#include "nn/layer.h"

#include <string.h>

#define SIDE 56
#define CHANNELS 10
#define LAYERS 6

/* Layers that multiply and put out maps, evenly spread. Returns how many. */
static int layers_with_maps(const struct nn_graph *g, int node[LAYERS])
{
    int all = 0, n = 0, seen = 0;
    for (int i = 0; i < g->nnodes; i++)
        all += g->node[i].flags & COUNTS && g->node[i].y.kind == MAPS && g->node[i].y.h * g->node[i].y.w > 1;
    const int shown = all < LAYERS ? all : LAYERS;
    for (int i = 0; i < g->nnodes && n < shown; i++)
        if (g->node[i].flags & COUNTS && g->node[i].y.kind == MAPS && g->node[i].y.h * g->node[i].y.w > 1 &&
            seen++ == (shown < 2 ? 0 : n * (all - 1) / (shown - 1)))
            node[n++] = i;
    return n;
}

/* A row of the sheet for each of these layers, of the chosen sample number k. */
struct map_rows {
    struct looking *l;
    struct csv_out *csv;
    struct report_sheet *t;
    int node[LAYERS], layers;
    size_t k;
};

/* Channel c of sample 0 of the batch, into the table and the sheet. */
static void one_map(struct map_rows *to, const float *v, int node, int c, size_t row)
{
    const struct shape y = to->l->m->graph->node[node].y;
    double *map = arena_take(to->l->a, (size_t)(y.h * y.w) * sizeof *map);
    for (int i = 0; map && i < y.h * y.w; i++) {
        map[i] = look_number(v, y, 0, c, i / y.w, i % y.w);
        look_row(to->csv, (double[]){(double)to->l->out->chosen[to->k], node + 1, c + 1, i / y.w, i % y.w, map[i]}, 6);
    }
    if (map)
        look_picture(to->t, row, (size_t)c + 1, y.h, y.w, map);
}

static void see_maps(void *ctx, int node, const float *v)
{
    struct map_rows *to = ctx;
    for (int i = 0; i < to->layers; i++) {
        const size_t row = to->k * (size_t)to->layers + (size_t)i;
        if (to->node[i] != node)
            continue;
        ((const char **)(uintptr_t)to->t->label)[row] =
            arena_fmt(to->l->a, "%s, layer %d", look_label(to->l, to->k), node + 1);
        look_sample(to->l, to->t, row, 0, 0);
        for (int c = 0; c < to->l->m->graph->node[node].y.c && c < CHANNELS; c++)
            one_map(to, v, node, c, row);
    }
}

int look_maps(struct looking *l)
{
    static const char *const head[] = {"sample", "layer", "channel", "row", "column", "value"};
    struct map_rows to = {.l = l};
    to.layers = layers_with_maps(l->m->graph, to.node);
    if (!to.layers || l->m->graph->in.kind != MAPS)
        return 0;
    to.t = look_sheet(l, "what convolutions put out, each from dark (least) to light",
                      (size_t)to.layers * l->out->nchosen, CHANNELS + 1, SIDE);
    to.csv = to.t ? look_table(l, "maps.csv", head, 6) : NULL;
    if (!to.csv)
        return -1;
    for (to.k = 0; to.k < l->out->nchosen; to.k++)
        look_at(l, l->out->chosen[to.k] - 1, 1, see_maps, &to);
    l->out->pictures.features = to.t;
    return look_end(l, to.csv);
}

/* The first convolution of maps; NULL: there is none. */
static const struct nn_node *first_convolution(const struct nn_graph *g)
{
    for (int i = 0; i < g->nnodes; i++)
        if (nn_is_layer(&g->node[i], "conv2d") && g->node[i].tensor[0].rank == 4)
            return &g->node[i];
    return NULL;
}

int look_filters(struct looking *l)
{
    static const char *const head[] = {"filter", "channel", "row", "column", "weight"};
    const struct nn_node *nd = first_convolution(l->m->graph);
    if (!nd)
        return 0;
    const int *d = nd->tensor[0].dim, shown = d[0] < 64 ? d[0] : 64, across = shown < 16 ? shown : 16;
    struct report_sheet *t = look_sheet(l, "filters of the first convolution, the first channel of each",
                                        (size_t)((shown + across - 1) / across), (size_t)across, 35);
    struct csv_out *csv = t ? look_table(l, "filters.csv", head, 5) : NULL;
    double *one = arena_take(l->a, (size_t)(d[2] * d[3]) * sizeof *one);
    if (!csv || !one) {
        if (csv)
            csv_abort(csv);
        return -1;
    }
    const float *w = l->net->w + nd->tensor[0].at;
    for (int f = 0; f < d[0]; f++)
        for (int c = 0; c < d[1]; c++) {
            for (int i = 0; i < d[2] * d[3]; i++, w++) {
                one[i] = (double)*w;
                look_row(csv, (double[]){f + 1, c + 1, i / d[3], i % d[3], one[i]}, 5);
            }
            if (!c && f < shown)
                look_picture(t, (size_t)(f / across), (size_t)(f % across), d[2], d[3], one);
        }
    l->out->pictures.filters = t;
    return look_end(l, csv);
}
