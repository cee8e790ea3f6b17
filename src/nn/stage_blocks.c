/* stage_blocks.c - a group of blocks through a stage, part after part. */
#include "nn/stage_work.h"

#include "nn/layers/batchnorm.h"

#include <string.h>

static void pointwise_forward(const struct work *w, struct group g, const float *x, float *y)
{
    for (int b = 0; b < g.blocks; b++) {
        stage_seed(w, g.first + b);
        struct pointwise f = w->f;
        w->k->pointwise_forward(&f, w->x.h, x + (size_t)b * w->nx, y + (size_t)b * w->nx);
    }
}

static void pool_forward(const struct work *w, struct group g, const float *x, float *y)
{
    (w->pool.pool.max ? w->k->maxpool_forward : w->k->avgpool_forward)(&w->pool.pool.d, g.blocks, x, y);
}

static void block_moments(const struct work *w, int b)
{
    int c = w->y.c, n = stage_live(w, b);
    w->k->bn_moments(c, w->y.w, w->y.h, n, 1, w->io->y + (size_t)b * w->ny, w->r.about, w->r.lanes);
    w->k->bn_moments_end(c, w->y.w, w->y.h, n, w->r.about, w->r.lanes, w->r.moments + (size_t)b * (size_t)c);
}

void stage_blocks_forward(void *ctx, int i, int member)
{
    const struct work own = stage_member(ctx, member), *w = &own;
    struct group g = stage_group(w, i);
    const float *v = w->io->x + (size_t)g.first * w->nx;
    float *y = w->io->y + (size_t)g.first * w->ny;
    int conv = has(w->s, PART_CONV), pool = has(w->s, PART_POOL);
    if (has_pointwise(w->s)) {
        float *to = pool || conv ? w->r.u : y;
        pointwise_forward(w, g, v, to);
        v = to;
    }
    if (pool) {
        float *to = conv ? w->r.z : y;
        pool_forward(w, g, v, to);
        v = to;
    }
    if (conv)
        w->k->conv_forward(&w->conv.conv, g.blocks, v, w->w, w->b, y, w->r.conv);
    for (int b = g.first; w->next_table && b < g.first + g.blocks; b++)
        block_moments(w, b);
}

/* What the parts in front of the convolution put out, computed again: *u in front of the pool, *z behind. */
static void look_ahead(const struct work *w, struct group g, const float *x, const float **u, const float **z)
{
    *u = *z = x;
    if (!stage_looks_ahead(w->net->graph, w->s))
        return;
    if (w->r.u) {
        pointwise_forward(w, g, x, w->r.u);
        *u = *z = w->r.u;
    }
    if (w->r.z) {
        pool_forward(w, g, *u, w->r.z);
        *z = w->r.z;
    }
}

static void weight_gradient(const struct work *w, struct group g, int i, const float *z, const float *dy)
{
    float *db, *dw = stage_share(w, i, &db);
    w->k->conv_backward_weights(&w->conv.conv, g.blocks, z, dy, dw, db, w->r.conv);
}

/* dy at the output of the convolution itself, from what the stage behind left. */
static const float *behind_next(const struct work *w, struct group g, const float *dy)
{
    if (!w->next_table)
        return dy;
    const struct nn_node *next = &w->net->graph->node[w->s->next];
    w->k->bn_backward(w->y.c, w->y.h, w->y.w, g.images, w->io->y + (size_t)g.first * w->ny, dy,
                      bn_row(next, w->next_table, BN_A), bn_row(next, w->next_table, BN_P),
                      bn_row(next, w->next_table, BN_Q), w->r.dyc);
    return w->r.dyc;
}

static void pool_backward(const struct work *w, struct group g, const float *u, const float *z, const float *dz,
                          float *du)
{
    if (w->pool.pool.max)
        w->k->maxpool_backward(&w->pool.pool.d, g.blocks, u, z, dz, du);
    else
        w->k->avgpool_backward(&w->pool.pool.d, g.blocks, dz, du);
}

/* z: NULL, or where the way forward goes at the same time. */
static void pointwise_backward(const struct work *w, struct group g, const float *dz, float *z, float *to)
{
    const float *x = w->io->x + (size_t)g.first * w->nx, *mean = NULL;
    if (has(w->s, PART_NORM))
        mean = bn_row(&w->net->graph->node[w->s->part[PART_NORM]], w->io->saved, BN_MEAN);
    for (int b = 0; b < g.blocks; b++) {
        size_t at = (size_t)b * w->nx, channel = (size_t)(g.first + b) * (size_t)w->x.c;
        struct pointwise f = w->f;
        stage_seed(w, g.first + b);
        if (mean)
            memset(w->r.lanes, 0, (size_t)w->x.c * 2 * LANES * sizeof *w->r.lanes);
        w->k->pointwise_backward(&f, w->x.h, x + at, dz + at, mean, z ? z + at : NULL, to + at, w->r.lanes);
        if (mean)
            w->k->pointwise_sums(w->x.c, stage_live(w, g.first + b), w->r.lanes, w->r.sums + 2 * channel);
    }
}

/* Pointwise parts and a convolution alone, the most frequent case: what the convolution read is computed again in the
 * pass that goes back, in the place of dz, and then the gradient of the weights is due. */
static void backward_group_in_one_pass(const struct work *w, struct group g, int i, float *dx)
{
    const float *dyc = behind_next(w, g, w->io->dy + (size_t)g.first * w->ny);
    w->k->conv_backward_data(&w->conv.conv, g.blocks, dyc, w->w, w->r.u, w->r.conv);
    pointwise_backward(w, g, w->r.u, w->r.u, dx);
    weight_gradient(w, g, i, w->r.u, dyc);
}

/* The gradient goes from dy over dyc and dz to dx. */
void stage_blocks_backward(void *ctx, int i, int member)
{
    const struct work own = stage_member(ctx, member), *w = &own;
    struct group g = stage_group(w, i);
    const float *x = w->io->x + (size_t)g.first * w->nx, *u, *z, *dz = w->io->dy + (size_t)g.first * w->ny;
    float *dx = w->io->dx ? w->io->dx + (size_t)g.first * w->nx : NULL;
    int conv = has(w->s, PART_CONV), pool = has(w->s, PART_POOL);
    if (dx && conv && !pool && has_pointwise(w->s)) {
        backward_group_in_one_pass(w, g, i, dx);
        return;
    }
    look_ahead(w, g, x, &u, &z);
    if (conv) {
        dz = behind_next(w, g, dz);
        weight_gradient(w, g, i, z, dz);
    }
    if (!dx)
        return;
    if (conv) {
        float *to = pool ? w->r.dz : dx;
        w->k->conv_backward_data(&w->conv.conv, g.blocks, dz, w->w, to, w->r.conv);
        dz = to;
    }
    if (pool) {
        pool_backward(w, g, u, z, dz, dx);
        dz = dx;
    }
    if (has_pointwise(w->s))
        pointwise_backward(w, g, dz, NULL, dx);
}
