/* source and target: the ids of one text of a pair, which are positions of the network's input. */
#include "nn/layers/sides.h"

#include <string.h>

struct side_args {
    int side, first, positions, vocabulary;
};

static int side_shape(struct nn_node *nd, struct err *e)
{
    const struct side_args *a = nd->args;
    (void)e;
    nd->side = a->side;
    nd->ids = a->vocabulary;
    nd->y = (struct shape){SEQUENCE, 1, a->positions, 1, 1};
    return 0;
}

static void side_forward(const struct layer_call *c)
{
    const struct side_args *a = c->node->args;
    const size_t from = floats_of(c->node->x[0], 1), n = floats_of(c->node->y, 1);
    for (size_t b = 0; b < (size_t)c->pass->blocks; b++)
        memcpy(c->y + b * n, c->x[0] + b * from + (size_t)a->first * LANES, n * sizeof *c->y);
}

static void side_backward(const struct layer_call *c)
{
    if (c->dx[0]) /* ids have none */
        memset(c->dx[0], 0, floats_of(c->node->x[0], c->pass->blocks) * sizeof *c->dx[0]);
}

static const struct layer_type layer_side = {
    .name = "side",
    .sig = "ids [1,S+T] -> ids [1,S] or [1,T]",
    .help = "one text of a pair",
    .source = "",
    .flags = READS_IDS | KNOWS_LENGTHS,
    .shape = side_shape,
    .forward = side_forward,
    .backward = side_backward,
};

int build_side(struct builder *b, const struct item *from, int side, int *out)
{
    const struct nn_graph *g = b->g;
    const int input = NN_INPUT, source = g->in.h - g->target;
    struct side_args *a = arena_take(b->a, sizeof *a);
    if (!a)
        return err_set(b->e, ERR_NOMEM, "no memory for the network");
    *a = side ? (struct side_args){1, source, g->target, g->target_vocabulary}
              : (struct side_args){0, 0, source, g->vocabulary};
    return build_node(b, &layer_side, a, side ? "target" : "source", from, &input, 1, out);
}
