/* look_attention.c - a look at what the positions of a sample look at. */
#include "orchestrate/inspect/looking.h"

#define SIDE 84
#define POSITIONS 512 /* of an attention that is looked at, at most */

static int looks(const struct nn_node *nd)
{
    return nn_look_heads(nd) && nd->y.h * nd->y.w <= POSITIONS;
}

/* A row of the sheet for each attention of the chosen sample number k. */
struct attention_rows {
    struct looking *l;
    struct csv_out *csv;
    struct report_sheet *t;
    size_t k, row;
};

/* An attention of sample 0 of the batch, head by head. */
static void see_attention(void *ctx, int node, const float *v)
{
    struct attention_rows *to = ctx;
    struct looking *l = to->l;
    const struct nn_node *nd = &l->m->graph->node[node];
    const int heads = nn_look_heads(nd), n = nd->y.h * nd->y.w;
    const size_t all = (size_t)n * (size_t)n;
    (void)v;
    if (!looks(nd))
        return;
    float *share = arena_take(l->a, (size_t)heads * all * sizeof *share);
    double *map = arena_take(l->a, all * sizeof *map);
    if (!share || !map)
        return;
    nn_look_attention(l->net, node, 0, share);
    ((const char **)(uintptr_t)to->t->label)[to->row] = arena_fmt(l->a, "%s, layer %d", look_label(l, to->k), node + 1);
    for (int h = 0; h < heads; h++) {
        for (size_t i = 0; i < all; i++) {
            map[i] = (double)share[(size_t)h * all + i];
            look_row(to->csv,
                     (double[]){(double)l->out->chosen[to->k], node + 1, h + 1, (double)(i / (size_t)n) + 1,
                                (double)(i % (size_t)n) + 1, map[i]},
                     6);
        }
        if ((size_t)h < to->t->columns)
            look_picture(to->t, to->row, (size_t)h, n, n, map);
    }
    to->row++;
}

int look_attention(struct looking *l)
{
    static const char *const head[] = {"sample", "layer", "head", "from", "to", "share"};
    const struct nn_graph *g = l->m->graph;
    size_t rows = 0, most = 0;
    for (int i = 0; i < g->nnodes; i++)
        if (looks(&g->node[i])) {
            rows++;
            most = (size_t)nn_look_heads(&g->node[i]) > most ? (size_t)nn_look_heads(&g->node[i]) : most;
        }
    if (!rows)
        return 0;
    struct attention_rows to = {.l = l};
    to.t = look_sheet(l, "what each position (row) looks at (column), head by head", rows * l->out->nchosen,
                      most < 10 ? most : 10, SIDE);
    to.csv = to.t ? look_table(l, "attention.csv", head, 6) : NULL;
    if (!to.csv)
        return -1;
    for (to.k = 0; to.k < l->out->nchosen; to.k++)
        look_at(l, l->out->chosen[to.k] - 1, 1, see_attention, &to);
    if (l->a->failed) {
        csv_abort(to.csv);
        return err_set(l->e, ERR_NOMEM, "no memory for what positions look at");
    }
    l->out->pictures.attention = to.t;
    return look_end(l, to.csv);
}
