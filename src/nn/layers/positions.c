/* mean, first and last: a sequence becomes a vector, the mean of its positions or one of them; of a padded one, of
 * those that count. */
#include "nn/layers/positions.h"

#include "nn/layers/pooling.h"

#include <string.h>

int positions_wanted(const struct nn_node *nd, struct err *e)
{
    char buf[48];
    if (nd->x[0].kind != VECTOR)
        return 0;
    return layer_error(nd, e,
                       "wants maps or a sequence, but its input is a vector of %s features; put it before flatten and "
                       "dense",
                       shape_text(nd->x[0], buf, sizeof buf));
}

static int positions_shape(struct nn_node *nd, struct err *e)
{
    char buf[48];
    const struct shape x = nd->x[0];
    if (x.kind != SEQUENCE)
        return layer_error(nd, e, "wants a sequence [C,T], but its input is %s; gap and gmp do this for maps",
                           shape_text(x, buf, sizeof buf));
    nd->y = (struct shape){VECTOR, x.c, 1, 1, 1};
    if (x.h == 1)
        nd->flags |= IDENTITY;
    return 0;
}

/* A weight for each position and lane, where not all positions count. */
static size_t weights_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    (void)blocks, (void)bf16;
    return (size_t)nd->x[0].h * LANES;
}

/* Of a block: an equal share to each position that counts, or all to the last one. */
static const float *fill_weights(const struct layer_call *c, int last, const int32_t *lengths)
{
    for (int t = 0; t < c->node->x[0].h; t++)
        for (int l = 0; l < LANES; l++) {
            const int n = lengths[l];
            c->scratch[t * LANES + l] = t >= n || (last && t < n - 1) ? 0 : last ? 1 : 1 / (float)n;
        }
    return c->scratch;
}

static void weigh_block_positions(const struct layer_call *c, int last)
{
    const struct shape x = c->node->x[0];
    for (int b = 0; b < c->pass->blocks; b++)
        c->kernels->weigh_positions(x.h, x.c, fill_weights(c, last, layer_lengths(c) + b * LANES),
                                    c->x[0] + (size_t)b * floats_of(x, 1), c->y + b * x.c * LANES);
}

static void weigh_block_positions_back(const struct layer_call *c, int last)
{
    const struct shape x = c->node->x[0];
    for (int b = 0; b < c->pass->blocks && c->dx[0]; b++)
        c->kernels->spread_positions(x.h, x.c, fill_weights(c, last, layer_lengths(c) + b * LANES),
                                     c->dy + b * x.c * LANES, c->dx[0] + (size_t)b * floats_of(x, 1));
}

static void mean_of_positions(const struct layer_call *c)
{
    const struct pool_plan p = pool_whole_geometry(c->node);
    if (layer_lengths(c))
        weigh_block_positions(c, 0);
    else
        c->kernels->avgpool_forward(&p.map, c->pass->blocks, c->x[0], c->y);
}

static void mean_of_positions_back(const struct layer_call *c)
{
    const struct pool_plan p = pool_whole_geometry(c->node);
    if (layer_lengths(c))
        weigh_block_positions_back(c, 0);
    else if (c->dx[0])
        c->kernels->avgpool_backward(&p.map, c->pass->blocks, c->dy, c->dx[0]);
}

/* Floats of a position, and where position t of a block begins. */
static size_t position_floats(const struct layer_call *c)
{
    return (size_t)c->node->y.c * LANES;
}

static size_t position_at(const struct layer_call *c, int block, int t)
{
    return ((size_t)block * (size_t)c->node->x[0].h + (size_t)t) * position_floats(c);
}

static void take_position(const struct layer_call *c, int t)
{
    size_t n = position_floats(c);
    for (int b = 0; b < c->pass->blocks; b++)
        memcpy(c->y + (size_t)b * n, c->x[0] + position_at(c, b, t), n * sizeof *c->y);
}

static void take_position_back(const struct layer_call *c, int t)
{
    size_t n = position_floats(c);
    if (!c->dx[0])
        return;
    memset(c->dx[0], 0, floats_of(c->node->x[0], c->pass->blocks) * sizeof *c->dx[0]);
    for (int b = 0; b < c->pass->blocks; b++)
        memcpy(c->dx[0] + position_at(c, b, t), c->dy + (size_t)b * n, n * sizeof *c->dy);
}

static void first_position(const struct layer_call *c)
{
    take_position(c, 0);
}

static void first_position_back(const struct layer_call *c)
{
    take_position_back(c, 0);
}

static void last_position(const struct layer_call *c)
{
    if (layer_lengths(c))
        weigh_block_positions(c, 1);
    else
        take_position(c, c->node->x[0].h - 1);
}

static void last_position_back(const struct layer_call *c)
{
    if (layer_lengths(c))
        weigh_block_positions_back(c, 1);
    else
        take_position_back(c, c->node->x[0].h - 1);
}

const struct layer_type layer_mean = {
    .name = "mean",
    .sig = "[C,T] -> [C]",
    .help = "the mean of the positions of a sequence, of a padded one of those that count",
    .source = "",
    .flags = KNOWS_LENGTHS,
    .shape = positions_shape,
    .window = layer_whole_window,
    .scratch = weights_scratch,
    .forward = mean_of_positions,
    .backward = mean_of_positions_back,
};
const struct layer_type layer_first = {
    .name = "first",
    .sig = "[C,T] -> [C]",
    .help = "the first position of a sequence, where class_token puts its own",
    .source = "",
    .flags = KNOWS_LENGTHS,
    .shape = positions_shape,
    .window = layer_whole_window,
    .forward = first_position,
    .backward = first_position_back,
};
const struct layer_type layer_last = {
    .name = "last",
    .sig = "[C,T] -> [C]",
    .help = "the last position of a sequence, of a padded one the last that counts",
    .source = "",
    .flags = KNOWS_LENGTHS,
    .shape = positions_shape,
    .window = layer_whole_window,
    .scratch = weights_scratch,
    .forward = last_position,
    .backward = last_position_back,
};
