/* stage_rows.c - a block through a stage that ends with a convolution, a band of rows at a time: what stands before the
 * convolution is made row by row into a ring of rows that stays in the cache while the convolution reads it, and so is,
 * on the way back, the gradient at its output. While it computes, what the next band reads is on its way from memory.
 */
#include "nn/plan/stages/pass.h"

#include <string.h>

/* Where a block stands in the arrays of the pass. */
struct block_place {
    const float *x, *y, *dy;
    float *to_y, *dx;
    int live;
};

static struct block_place block_at(const struct stage_pass *w, int b)
{
    size_t x_first = (size_t)(w->c0 * w->x.w) * LANES >> w->x_16bit,
           y_first = (size_t)(w->c0 * w->y.w) * LANES >> w->y_16bit;
    size_t x = ((size_t)b * w->nx >> w->x_16bit) + x_first, y = ((size_t)b * w->ny >> w->y_16bit) + y_first;
    float *output = w->call->y ? w->call->y + y : NULL; /* a gradient may do without */
    struct block_place a = {.x = w->call->x[0] + x, .y = output, .to_y = output, .live = stage_live(w, b)};
    if (w->backward) {
        a.dy = w->call->dy + (size_t)b * w->s->dy_block + y_first;
        a.dx = w->call->dx[0] ? w->call->dx[0] + (size_t)b * w->s->dx_block + x_first : NULL;
    }
    return a;
}

/* From a row to the next one, of all channels; stored in 16 bits where they may be. */
static size_t x_row(const struct stage_pass *w)
{
    return w->nx / (size_t)w->x.h;
}

static size_t x_step(const struct stage_pass *w)
{
    return x_row(w) >> w->x_16bit;
}

static size_t y_row(const struct stage_pass *w)
{
    return w->ny / (size_t)w->y.h;
}

static size_t y_step(const struct stage_pass *w)
{
    return y_row(w) >> w->y_16bit;
}

static void table_of_rows(float **table, int rows, float *from, size_t row)
{
    for (int i = 0; i < rows; i++)
        table[i] = from + (size_t)i * row;
}

/* Fills a table so that row i of n stands in place i % kept of a ring. */
static void table_of_ring(float **table, int n, int kept, float *from, size_t row)
{
    for (int i = 0; i < n; i++)
        table[i] = from + (size_t)(i % kept) * row;
}

/* All channels of a value of n floats. */
static size_t channels_of(size_t n, struct shape s)
{
    return n / ((size_t)(s.h * s.w) * LANES);
}

/* Floats of a row of a ring. */
static size_t near_row(const struct stage_pass *w, struct shape s)
{
    s.c = w->channels < w->conv.conv.ci ? w->channels : s.c;
    return stage_row(s);
}

static int lesser(int a, int b)
{
    return a < b ? a : b;
}

/* Rows of the convolution's input that its outputs below row r read. */
static int inputs_of(const struct conv_dims *d, int r)
{
    int end = (r - 1) * d->sh - d->ph + (d->kh - 1) * d->dh + 1;
    return end > d->h ? d->h : end > 0 ? end : 0;
}

int stage_inputs_done(const struct conv_dims *d, int bf16, int r)
{
    int end = r * d->sh - d->ph;
    return r == d->ho || end > d->h ? d->h : end > 0 ? end - end % conv_row_step(d, CONV_BACKWARD_DATA, bf16) : 0;
}

/* Rows of its output that read inputs below row i only. */
static int outputs_done(const struct conv_dims *d, int i)
{
    int last = i - ((d->kh - 1) * d->dh + 1) + d->ph;
    return i == d->h ? d->ho : last < 0 ? 0 : lesser(last / d->sh + 1, d->ho);
}

/* Rows first..first+n-1 of an array of `all` rows, those that there are, `step` from one to the next. */
static struct prefetch_range rows_to_prefetch(const float *array, size_t row, size_t step, int first, int n, int all)
{
    n = lesser(n, all - first);
    if (n <= 0) /* the array may be none, and none has no place but its beginning */
        return (struct prefetch_range){.at = array};
    return (struct prefetch_range){array + (size_t)first * step, row, n, (ptrdiff_t)step};
}

static struct prefetch_range x_to_prefetch(const struct stage_pass *w, const float *x, int first, int n)
{
    return rows_to_prefetch(x, stage_row(w->x) >> w->x_16bit, x_step(w), first * w->window, n * w->window,
                            x ? w->x.h : 0);
}

static struct prefetch_range y_to_prefetch(const struct stage_pass *w, const float *y, int first, int n)
{
    return rows_to_prefetch(y, stage_row(w->y) >> w->y_16bit, y_step(w), first, n, y ? w->y.h : 0);
}

/* --- forward --- */

static void pool_row(const struct stage_pass *w, const float *x, float *z)
{
    struct pool_dims d = w->pool.pool.d;
    d.h = d.sh;
    d.ho = 1;
    (w->pool.pool.max ? w->k->maxpool_forward : w->k->avgpool_forward)(&d, 1, x, z);
}

/* Makes row i of the convolution's input, but for rounding where there is a pool; returns what the pool read. */
static const float *make_row(struct stage_pass *w, const struct block_place *a, int i)
{
    const float *x = a->x + (size_t)(i * w->window) * x_step(w);
    if (!has_pointwise(w->s) && !has(w->s, PART_POOL)) {
        w->k->bf16_round(stage_row(w->x), x, w->buf.in_rows[i]);
        return x;
    }
    if (!has(w->s, PART_POOL)) {
        stage_pointwise(w, &w->f, 1, x, 1, w->buf.in_rows[i]);
        return x;
    }
    if (has_pointwise(w->s)) {
        stage_pointwise(w, &w->f, w->window, x, 0, w->buf.pointwise_out);
        x = w->buf.pointwise_out;
    }
    pool_row(w, x, w->buf.in_rows[i]);
    return x;
}

/* Rounds row i of the convolution's input where that is left to do, and gives it the form in which it is multiplied. */
static void finish_input(const struct stage_pass *w, int i)
{
    float *row = w->buf.in_rows[i];
    if (!w->bf16)
        return;
    if (has(w->s, PART_POOL))
        w->k->bf16_round(stage_row(w->z), row, row);
    w->k->conv_operand(&w->conv.conv, w->backward ? OPERAND_WEIGHTS_X : OPERAND_X, row, row);
}

static void make_inputs(struct stage_pass *w, const struct block_place *a, int from, int to)
{
    for (int i = from; i < to; i++) {
        make_row(w, a, i);
        finish_input(w, i);
    }
}

/* Does something stand before the convolution? And is its input made, or is it what the stage reads? */
static int has_parts_before(const struct stage_pass *w)
{
    return has_pointwise(w->s) || has(w->s, PART_POOL);
}

static int makes_inputs(const struct stage_pass *w)
{
    return has_parts_before(w) || w->bf16;
}

/* Rows that lie one after the other are handed on together. */
static void hand_rows_on(const struct stage_pass *w, const struct block_place *a, int from, int to)
{
    const int together = stage_row(w->y) < y_row(w) ? 1 : to - from;
    for (int r = from; r < to; r += together)
        stage_hand_on(w, a->live, r, r + together, w->buf.out_rows[r], a->to_y + (size_t)r * y_step(w));
}

static void block_forward(struct stage_pass *w, int b)
{
    const struct conv_dims *d = &w->conv.conv;
    const struct block_place a = block_at(w, b);
    int step = w->band.rows, made = 0;
    if (!makes_inputs(w))
        table_of_rows(w->buf.in_rows, d->h, (float *)a.x, x_row(w));
    if (!w->y_16bit)
        table_of_rows(w->buf.out_rows, d->ho, a.to_y, y_row(w));
    stage_seed(w, b);
    w->f.half = 0;
    for (int r = 0, end; r < d->ho; r = end) {
        end = lesser(r + step, d->ho);
        int in = inputs_of(d, end);
        if (makes_inputs(w))
            make_inputs(w, &a, made, in);
        made = in;
        const struct prefetch_range next[PREFETCH_RANGES] = {x_to_prefetch(w, a.x, in, step * d->sh),
                                                             y_to_prefetch(w, a.y, end, step)};
        PRODUCT_OF(w->k, w->bf16, conv_rows)
        (d, CONV_FORWARD, r, end, (const float *const *)w->buf.in_rows, w->buf.packed, w->b,
         w->s->finishes ? &w->finish : NULL, w->buf.out_rows, next, w->buf.conv_scratch);
        hand_rows_on(w, &a, r, end);
    }
    if (w->next_table)
        w->k->bn_moments_end(d->co, d->wo, d->ho, a.live, w->buf.about, w->buf.lanes,
                             w->buf.moments + (size_t)b * channels_of(w->ny, w->y));
}

/* What is done to all channels, to c of them from c0 on. */
static void channels_from(struct pointwise *f, int c0, int c)
{
    f->c = c;
    f->scale = f->scale ? f->scale + c0 : NULL;
    f->shift = f->shift ? f->shift + c0 : NULL;
}

/* The i-th channels that go through the rows together; 0: there are no more. */
static int some_channels(const struct stage_pass *all, int i, struct stage_pass *w)
{
    const int n = all->channels, c0 = i * n, of = all->conv.conv.ci;
    *w = *all;
    if (c0 >= of || n == of)
        return !i;
    const int c = lesser(n, of - c0);
    const ptrdiff_t taps = (ptrdiff_t)w->conv.conv.kh * w->conv.conv.kw;
    w->c0 = c0;
    w->x.c = w->z.c = w->y.c = c;
    w->conv.conv.ci = w->conv.conv.co = w->conv.conv.groups = c;
    w->b = w->b ? w->b + c0 : NULL;
    w->buf.packed += c0 * taps;
    channels_from(&w->f, c0, c);
    channels_from(&w->finish, c0, c);
    w->buf.lanes = w->buf.lanes ? w->buf.lanes + c0 * 2 * LANES : NULL;
    w->buf.about = w->buf.about ? w->buf.about + c0 : NULL;
    w->buf.moments = w->buf.moments ? w->buf.moments + c0 : NULL;
    w->buf.sums = w->buf.sums ? w->buf.sums + 2 * c0 : NULL;
    w->buf.dw_sums = w->buf.dw_sums ? w->buf.dw_sums + c0 * taps * LANES : NULL;
    w->buf.db_sums = w->buf.db_sums ? w->buf.db_sums + (ptrdiff_t)c0 * LANES : NULL;
    return 1;
}

void stage_rows_forward(void *ctx, int i, int member)
{
    struct stage_pass w = stage_member(ctx, member), some;
    struct block_group g = stage_group(&w, i);
    if (makes_inputs(&w))
        table_of_ring(w.buf.in_rows, w.conv.conv.h, w.band.in, w.buf.conv_in, near_row(&w, w.z));
    if (w.y_16bit)
        table_of_ring(w.buf.out_rows, w.conv.conv.ho, w.band.rows, w.buf.conv_out, near_row(&w, w.y));
    for (int b = g.first; b < g.first + g.blocks; b++)
        for (int c = 0; some_channels(&w, c, &some); c++)
            block_forward(&some, b);
}

/* --- backward --- */

/* Is the gradient at the convolution's output made here? Otherwise it is dy itself. */
static int makes_gradient(const struct stage_pass *w)
{
    return w->next_table || w->bf16;
}

/* Makes rows of the gradient at the convolution's output from what the norm after it left at its own output. */
static void make_gradient(const struct stage_pass *w, const struct block_place *a, int from, int to)
{
    for (int r = from; r < to; r++) {
        const float *dy = a->dy + (size_t)r * y_step(w);
        if (w->next_table)
            stage_norm_back(w, 1, a->live, a->y + (size_t)r * y_step(w), dy, w->buf.out_rows[r]);
        else
            w->k->bf16_round(stage_row(w->y), dy, w->buf.out_rows[r]);
    }
}

/* Rows of the gradient at the convolution's output are there: adds them to that of the bias, and gives them the forms
 * in which they are multiplied. */
static void finish_gradient_rows(const struct stage_pass *w, const struct block_place *a, int from, int to)
{
    const struct conv_dims *d = &w->conv.conv;
    if (w->buf.db_sums)
        w->k->conv_bias_rows(d, from, to, (const float *const *)w->buf.out_rows, w->buf.db_sums);
    for (int r = from; r < to && w->bf16; r++) {
        float *row = w->buf.out_rows[r], *room = w->buf.weight_grad + (size_t)(r % w->band.out) * stage_row(w->y);
        w->buf.weight_rows[r] = w->k->conv_operand(d, OPERAND_WEIGHTS_DY, row, room);
        if (a->dx)
            w->k->conv_operand(d, OPERAND_DY, row, row);
    }
}

/* Takes the gradient of row i of the convolution's input back through the pool and what stands before it; makes the
 * row itself again. */
static void pool_back(struct stage_pass *w, const struct block_place *a, int i)
{
    struct pool_dims d = w->pool.pool.d;
    size_t at = (size_t)(i * w->window) * x_step(w);
    const float *x = make_row(w, a, i);
    float *to = has_pointwise(w->s) ? w->buf.pool_in_grad : a->dx + at;
    d.h = d.sh;
    d.ho = 1;
    if (w->pool.pool.max)
        w->k->maxpool_backward(&d, 1, x, w->buf.in_rows[i], w->buf.in_grad_rows[i], to);
    else
        w->k->avgpool_backward(&d, 1, w->buf.in_grad_rows[i], to);
    if (has_pointwise(w->s))
        stage_pointwise_back(w, &w->back, w->window, a->x + at, to, NULL, a->dx + at);
    finish_input(w, i);
}

/* Gives the rows of the pool's input below its last window their gradient, which is 0. */
static void rows_below(struct stage_pass *w, const struct block_place *a)
{
    for (int i = w->z.h * w->window; i < w->x.h; i++) {
        size_t at = (size_t)i * x_step(w);
        float *nothing = has_pointwise(w->s) ? w->buf.pool_in_grad : a->dx + at;
        memset(nothing, 0, stage_row(w->x) * sizeof *nothing);
        if (has_pointwise(w->s))
            stage_pointwise_back(w, &w->back, 1, a->x + at, nothing, NULL, a->dx + at);
    }
}

/* Takes the gradient of the convolution's input rows on to dx. Without a pool what the convolution read takes its place
 * in the ring. */
static void input_gradient(struct stage_pass *w, const struct block_place *a, int from, int to,
                           const struct prefetch_range *next)
{
    const struct conv_dims *d = &w->conv.conv;
    PRODUCT_OF(w->k, w->bf16, conv_rows)
    (d, CONV_BACKWARD_DATA, from, to, (const float *const *)w->buf.out_rows, w->buf.packed, NULL, NULL,
     w->buf.in_grad_rows, next, w->buf.conv_scratch);
    if (!has_parts_before(w) && w->bf16)
        make_inputs(w, a, from, to);
    for (int i = from; i < to && has_parts_before(w); i++) {
        size_t at = (size_t)i * x_step(w);
        if (has(w->s, PART_POOL))
            pool_back(w, a, i);
        else {
            stage_pointwise_back(w, &w->f, 1, a->x + at, w->buf.in_grad_rows[i], w->buf.in_rows[i], a->dx + at);
            finish_input(w, i);
        }
    }
    if (to == w->z.h && has(w->s, PART_POOL))
        rows_below(w, a);
}

static void start_block(struct stage_pass *w, const struct block_place *a, int b)
{
    const struct conv_dims *d = &w->conv.conv;
    if (!makes_inputs(w))
        table_of_rows(w->buf.in_rows, d->h, (float *)a->x, x_row(w));
    if (!has_parts_before(w) && a->dx)
        table_of_rows(w->buf.in_grad_rows, d->h, a->dx, x_row(w));
    if (!makes_gradient(w))
        table_of_rows(w->buf.out_rows, d->ho, (float *)a->dy, y_row(w));
    stage_seed(w, b);
    w->f.half = 0;
    w->back = w->f;
    if (w->f.seed && w->buf.seed_back) {
        memcpy(w->buf.seed_back, w->f.seed, LANES * sizeof *w->f.seed);
        w->back.seed = w->buf.seed_back;
    }
    if (w->buf.lanes)
        memset(w->buf.lanes, 0, (size_t)w->x.c * 2 * LANES * sizeof *w->buf.lanes);
}

static void block_backward(struct stage_pass *w, int b)
{
    const struct conv_dims *d = &w->conv.conv;
    const struct block_place a = block_at(w, b);
    int step = w->band.rows, in = 0, out = 0;
    start_block(w, &a, b);
    for (int r = 0, end; r < d->ho; r = end) {
        end = lesser(r + step, d->ho);
        if (makes_gradient(w))
            make_gradient(w, &a, r, end);
        finish_gradient_rows(w, &a, r, end);
        int in_end = stage_inputs_done(d, w->bf16, end);
        const struct prefetch_range next[PREFETCH_RANGES] = {
            y_to_prefetch(w, w->next_table ? a.y : NULL, end, step), y_to_prefetch(w, a.dy, end, step),
            x_to_prefetch(w, a.x, in_end, step * d->sh), x_to_prefetch(w, a.dx, in_end, step * d->sh)};
        if (a.dx)
            input_gradient(w, &a, in, in_end, next);
        else if (makes_inputs(w))
            make_inputs(w, &a, in, in_end);
        in = in_end;
        int out_end = lesser(outputs_done(d, in), end);
        out_end -= out_end < d->ho ? (out_end - out) % w->band.weights : 0;
        if (out_end - out < w->band.late && end < d->ho)
            continue;
        PRODUCT_OF(w->k, w->bf16, conv_weight_rows)
        (d, out, out_end, (const float *const *)w->buf.in_rows, w->buf.weight_rows, w->buf.dw_sums,
         w->buf.weight_scratch);
        out = out_end;
    }
    if (has(w->s, PART_NORM))
        w->k->pointwise_sums(w->x.c, a.live, w->buf.lanes, w->buf.sums + 2 * (size_t)b * channels_of(w->nx, w->x));
}

void stage_rows_backward(void *ctx, int i, int member)
{
    struct stage_pass w = stage_member(ctx, member), some;
    const struct conv_dims *d = &w.conv.conv;
    struct block_group g = stage_group(&w, i);
    float *db, *dw = stage_share(&w, i, &db);
    if (makes_inputs(&w))
        table_of_ring(w.buf.in_rows, d->h, w.band.in, w.buf.conv_in, near_row(&w, w.z));
    if (has(w.s, PART_POOL))
        table_of_ring(w.buf.in_grad_rows, d->h, w.band.in, w.buf.conv_in_grad, near_row(&w, w.z));
    if (makes_gradient(&w))
        table_of_ring(w.buf.out_rows, d->ho, w.band.out, w.buf.conv_out_grad, near_row(&w, w.y));
    memset(w.buf.dw_sums, 0, conv_sums(d, w.bf16) * sizeof *w.buf.dw_sums);
    if (db)
        memset(w.buf.db_sums, 0, (size_t)d->co * LANES * sizeof *w.buf.db_sums);
    for (int b = g.first; b < g.first + g.blocks; b++)
        for (int c = 0; some_channels(&w, c, &some); c++)
            block_backward(&some, b);
    PRODUCT_OF(w.k, w.bf16, conv_weight_sums)(d, w.buf.dw_sums, dw);
    if (db)
        w.k->conv_bias_sums(d, w.buf.db_sums, db);
}
