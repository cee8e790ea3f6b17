/* rows: each row of maps becomes a position of a sequence, its numbers in the order channel, column. That is how maps
 * lie, so nothing runs. */
#include "nn/layer.h"

static int rows_shape(struct nn_node *nd, struct err *e)
{
    const struct shape x = nd->x[0];
    if (layer_wants_maps(nd, e))
        return -1;
    nd->y = (struct shape){SEQUENCE, x.c * x.w, x.h, 1, 1};
    return 0;
}

static void row_window(const struct nn_node *nd, struct nn_window *w)
{
    w->kernel[1] = nd->x[0].w;
}

const struct layer_type layer_rows = {
    .name = "rows",
    .sig = "[C,H,W] -> [C*W,H]",
    .help = "maps as a sequence that is read row by row",
    .source = "",
    .flags = IDENTITY,
    .shape = rows_shape,
    .window = row_window,
};
