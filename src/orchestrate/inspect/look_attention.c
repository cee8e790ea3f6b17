/* look_attention.c - a look at what the positions of a sample look at. */
#include "orchestrate/inspect/looking.h"

#define SIDE 84
#define POSITIONS 512 /* of an attention that is looked at, at most */

static int looks(const struct nn_node *nd)
{
    return nn_look_heads(nd) && nd->y.h * nd->y.w <= POSITIONS;
}

/* A row of the sheet: an attention of sample 0 of the batch, head by head. */
static int one_attention(struct looking *l, struct csv_out *csv, struct report_sheet *t, size_t which, int node,
                         size_t row)
{
    const struct nn_node *nd = &l->m->graph->node[node];
    const int heads = nn_look_heads(nd), n = nd->y.h * nd->y.w;
    const size_t all = (size_t)n * (size_t)n;
    float *share = arena_take(l->a, (size_t)heads * all * sizeof *share);
    double *map = arena_take(l->a, all * sizeof *map);
    if (!share || !map)
        return -1;
    nn_look_attention(l->net, node, 0, share);
    for (int h = 0; h < heads; h++) {
        for (size_t i = 0; i < all; i++) {
            map[i] = (double)share[(size_t)h * all + i];
            look_row(csv,
                     (double[]){(double)l->out->chosen[which], node + 1, h + 1, (double)(i / (size_t)n) + 1,
                                (double)(i % (size_t)n) + 1, map[i]},
                     6);
        }
        if ((size_t)h < t->columns)
            look_picture(t, row, (size_t)h, n, n, map);
    }
    return 0;
}

int look_attention(struct looking *l)
{
    static const char *const head[] = {"sample", "layer", "head", "from", "to", "share"};
    const struct nn_graph *g = l->m->graph;
    size_t rows = 0, most = 0, row = 0;
    for (int i = 0; i < g->nnodes; i++)
        if (looks(&g->node[i])) {
            rows++;
            most = (size_t)nn_look_heads(&g->node[i]) > most ? (size_t)nn_look_heads(&g->node[i]) : most;
        }
    if (!rows)
        return 0;
    struct report_sheet *t = look_sheet(l, "what each position (row) looks at (column), head by head",
                                        rows * l->out->nchosen, most < 10 ? most : 10, SIDE);
    struct csv_out *csv = t ? look_table(l, "attention.csv", head, 6) : NULL;
    if (!csv)
        return -1;
    for (size_t k = 0; k < l->out->nchosen; k++) {
        look_at(l, l->out->chosen[k] - 1, 1);
        for (int i = 0; i < g->nnodes; i++) {
            if (!looks(&g->node[i]))
                continue;
            ((const char **)(uintptr_t)t->label)[row] = arena_fmt(l->a, "%s, layer %d", look_label(l, k), i + 1);
            if (one_attention(l, csv, t, k, i, row++)) {
                csv_abort(csv);
                return err_set(l->e, ERR_NOMEM, "no memory for what positions look at");
            }
        }
    }
    l->out->pictures.attention = t;
    return look_end(l, csv);
}
