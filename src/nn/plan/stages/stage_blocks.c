/* stage_blocks.c - a group of blocks through a stage, part after part. */
#include "nn/plan/stages/pass.h"

#include <string.h>

/* What a group reads and writes, which may be stored in 16 bits. */
static size_t x_at(const struct stage_pass *w, int block)
{
    return (size_t)block * w->nx >> w->x_16bit;
}

static size_t y_at(const struct stage_pass *w, int block)
{
    return (size_t)block * w->ny >> w->y_16bit;
}

/* A convolution that reads y after it wants it rounded. */
static void pointwise_forward(const struct stage_pass *w, struct block_group g, const float *x, float *y)
{
    int round = has(w->s, PART_CONV) && !has(w->s, PART_POOL);
    for (int b = 0; b < g.blocks; b++) {
        stage_seed(w, g.first + b);
        struct pointwise f = w->f;
        stage_pointwise(w, &f, w->x.h, x + x_at(w, b), round, y + (size_t)b * w->nx);
    }
}

static void pool_forward(const struct stage_pass *w, struct block_group g, const float *x, float *y)
{
    (w->pool.pool.max ? w->k->maxpool_forward : w->k->avgpool_forward)(&w->pool.pool.d, g.blocks, x, y);
}

/* The convolution's input z as it is multiplied; what was made for it is rounded in its place. */
static const float *operand(const struct stage_pass *w, struct block_group g, const float *z)
{
    if (!w->bf16 || z == w->buf.pointwise_out)
        return z;
    w->k->bf16_round((size_t)g.blocks * w->nz, z, w->buf.conv_in);
    return w->buf.conv_in;
}

/* A block of what the convolution has put out. */
static void hand_block_on(const struct stage_pass *w, int b, const float *y)
{
    int live = stage_live(w, b), c = w->y.c;
    stage_hand_on(w, live, 0, w->y.h, y, w->call->y + y_at(w, b));
    if (w->next_table)
        w->k->bn_moments_end(c, w->y.w, w->y.h, live, w->buf.about, w->buf.lanes,
                             w->buf.moments + (size_t)b * (size_t)c);
}

void stage_blocks_forward(void *ctx, int i, int member)
{
    const struct stage_pass own = stage_member(ctx, member), *w = &own;
    struct block_group g = stage_group(w, i);
    const float *v = w->call->x[0] + x_at(w, g.first);
    float *y = w->y_16bit ? w->buf.conv_out : w->call->y + (size_t)g.first * w->ny;
    int conv = has(w->s, PART_CONV), pool = has(w->s, PART_POOL);
    if (has_pointwise(w->s)) {
        float *to = pool || conv ? w->buf.pointwise_out : y;
        pointwise_forward(w, g, v, to);
        v = to;
    }
    if (pool) {
        float *to = conv ? w->buf.conv_in : y;
        pool_forward(w, g, v, to);
        v = to;
    }
    if (conv)
        PRODUCT_OF(w->k, w->bf16, conv_forward)
    (&w->conv.conv, g.blocks, operand(w, g, v), w->w, w->b, y, w->buf.conv_scratch);
    for (int b = 0; w->s->next >= 0 && b < g.blocks; b++)
        hand_block_on(w, g.first + b, y + (size_t)b * w->ny);
}

/* What the parts in front of the convolution put out, computed again: *u in front of the pool, *z after it. */
static void look_ahead(const struct stage_pass *w, struct block_group g, const float *x, const float **u,
                       const float **z)
{
    *u = *z = x;
    if (!stage_looks_ahead(w->net->graph, w->s))
        return;
    if (w->buf.pointwise_out) {
        pointwise_forward(w, g, x, w->buf.pointwise_out);
        *u = *z = w->buf.pointwise_out;
    }
    if (has(w->s, PART_POOL)) {
        pool_forward(w, g, *u, w->buf.conv_in);
        *z = w->buf.conv_in;
    }
}

static void weight_gradient(const struct stage_pass *w, struct block_group g, int i, const float *z, const float *dy)
{
    float *db, *dw = stage_share(w, i, &db);
    PRODUCT_OF(w->k, w->bf16, conv_backward_weights)(&w->conv.conv, g.blocks, z, dy, dw, db, w->buf.conv_scratch);
}

/* dy at the output of the convolution itself, as it is multiplied, from what the next stage left. */
static const float *behind_next(const struct stage_pass *w, struct block_group g)
{
    const float *dy = w->call->dy + y_at(w, g.first);
    if (w->next_table)
        stage_norm_back(w, w->y.h, g.images, w->call->y + y_at(w, g.first), dy, w->buf.conv_out_grad);
    else if (w->bf16)
        w->k->bf16_round((size_t)g.blocks * w->ny, dy, w->buf.conv_out_grad);
    else
        return dy;
    return w->buf.conv_out_grad;
}

static void pool_backward(const struct stage_pass *w, struct block_group g, const float *u, const float *z,
                          const float *dz, float *du)
{
    if (w->pool.pool.max)
        w->k->maxpool_backward(&w->pool.pool.d, g.blocks, u, z, dz, du);
    else
        w->k->avgpool_backward(&w->pool.pool.d, g.blocks, dz, du);
}

/* z: NULL, or where the way forward goes at the same time. */
static void pointwise_backward(const struct stage_pass *w, struct block_group g, const float *dz, float *z, float *to)
{
    const float *x = w->call->x[0] + x_at(w, g.first);
    for (int b = 0; b < g.blocks; b++) {
        size_t at = (size_t)b * w->nx, channel = (size_t)(g.first + b) * (size_t)w->x.c;
        struct pointwise f = w->f;
        stage_seed(w, g.first + b);
        if (w->buf.lanes)
            memset(w->buf.lanes, 0, (size_t)w->x.c * 2 * LANES * sizeof *w->buf.lanes);
        stage_pointwise_back(w, &f, w->x.h, x + x_at(w, b), dz + at, z ? z + at : NULL, to + x_at(w, b));
        if (w->buf.lanes)
            w->k->pointwise_sums(w->x.c, stage_live(w, g.first + b), w->buf.lanes, w->buf.sums + 2 * channel);
    }
}

/* Pointwise parts and a convolution alone, the most frequent case: what the convolution read is computed again in the
 * pass that goes back, in the place of dz, and then the gradient of the weights is due. */
static void backward_group_in_one_pass(const struct stage_pass *w, struct block_group g, int i, float *dx)
{
    const float *dyc = behind_next(w, g);
    PRODUCT_OF(w->k, w->bf16, conv_backward_data)
    (&w->conv.conv, g.blocks, dyc, w->w, w->buf.pointwise_out, w->buf.conv_scratch);
    pointwise_backward(w, g, w->buf.pointwise_out, w->buf.pointwise_out, dx);
    weight_gradient(w, g, i, w->buf.pointwise_out, dyc);
}

/* The gradient goes from dy over dyc, dz and du to dx. */
void stage_blocks_backward(void *ctx, int i, int member)
{
    const struct stage_pass own = stage_member(ctx, member), *w = &own;
    struct block_group g = stage_group(w, i);
    const float *x = w->call->x[0] + x_at(w, g.first), *u, *z, *dz = w->call->dy + y_at(w, g.first), *dyc = NULL;
    float *dx = w->call->dx[0] ? w->call->dx[0] + x_at(w, g.first) : NULL;
    int conv = has(w->s, PART_CONV), pool = has(w->s, PART_POOL);
    if (dx && conv && !pool && has_pointwise(w->s)) {
        backward_group_in_one_pass(w, g, i, dx);
        return;
    }
    look_ahead(w, g, x, &u, &z);
    if (conv)
        dz = dyc = behind_next(w, g);
    if (conv && dx) {
        float *to = pool ? w->buf.conv_in_grad : dx;
        PRODUCT_OF(w->k, w->bf16, conv_backward_data)(&w->conv.conv, g.blocks, dyc, w->w, to, w->buf.conv_scratch);
        dz = to;
    }
    if (pool && dx) {
        float *to = w->x_16bit ? w->buf.pool_in_grad : dx;
        pool_backward(w, g, u, z, dz, to);
        dz = to;
    }
    if (conv) /* now that nobody needs z as it was */
        weight_gradient(w, g, i, operand(w, g, z), dyc);
    if (dx && has_pointwise(w->s))
        pointwise_backward(w, g, dz, NULL, dx);
}
