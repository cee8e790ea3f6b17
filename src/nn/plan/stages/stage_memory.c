/* stage_memory.c - how a stage goes through a batch, and the memory that it needs for that. */
#include "nn/plan/stages/pass.h"

static int pools_maximum(const struct nn_node *pool)
{
    struct stage_part part;
    if (!pool)
        return 0;
    pool->type->part(pool, &part);
    return part.pool.max;
}

struct cutter {
    float *base;
    size_t at;
};

static void *cut_buffer(struct cutter *c, int wanted, size_t floats)
{
    if (!wanted)
        return NULL;
    float *p = c->base ? c->base + c->at : NULL;
    c->at += PAD16(floats);
    return p;
}

int stage_looks_ahead(const struct nn_graph *g, const struct stage *s)
{
    return has(s, PART_CONV) || pools_maximum(node_of(g, s, PART_POOL));
}

static struct conv_dims conv_of(const struct nn_node *conv)
{
    struct stage_part part;
    conv->type->part(conv, &part);
    return part.conv;
}

int stage_window(const struct nn_graph *g, const struct stage *s)
{
    struct stage_part part;
    if (!has(s, PART_POOL))
        return 1;
    const struct nn_node *pool = node_of(g, s, PART_POOL);
    pool->type->part(pool, &part);
    return part.pool.d.kh == part.pool.d.sh && !part.pool.d.ph ? part.pool.d.sh : 0;
}

int stage_reads_one_row(const struct nn_graph *g, const struct stage *s)
{
    const struct conv_dims d = conv_of(node_of(g, s, PART_CONV));
    return d.kh == 1 && d.sh == 1 && d.h == d.ho;
}

#define ROW_SUMS ((size_t)1 << 18) /* lane sums that may wait in the second cache for their next rows: 1 MiB */

int stage_by_rows(const struct nn_graph *g, const struct stage *s, int backward)
{
    if (!has(s, PART_CONV) || (has(s, PART_POOL) && !stage_window(g, s)))
        return 0;
    struct conv_dims d = conv_of(node_of(g, s, PART_CONV));
    return !backward || conv_sums(&d, g->precision == NN_BF16) <= ROW_SUMS;
}

#define ROW_NEAR 8192 /* floats of rows of x and y of the channels that go together */

int stage_channels(const struct nn_graph *g, const struct stage *s)
{
    const struct nn_node *conv = node_of(g, s, PART_CONV);
    struct conv_dims d = conv_of(conv);
    if (d.groups < 2 || d.groups != d.ci || d.groups != d.co || has(s, PART_POOL) || has(s, PART_DROPOUT))
        return d.ci;
    const int fit = ROW_NEAR / ((d.w + d.wo) * LANES), all = d.ci, n = fit < 4 ? 4 : fit;
    return n < all ? (all + (all + n - 1) / n - 1) / ((all + n - 1) / n) : all;
}

/* Positions of the output: the sums of a tile of weights come from memory for them, and go back. Fewer where no row of
 * x is read for two of the output, so that the rings can be small. */
#define LATE 96
#define LATE_ONE_ROW 32

struct row_band stage_band(const struct nn_graph *g, const struct stage *s, int backward)
{
    const struct nn_node *conv = node_of(g, s, PART_CONV);
    struct conv_dims d = conv_of(conv);
    int rows = s->rows < d.ho ? s->rows : d.ho, reach = (d.kh - 1) * d.dh + 1;
    struct row_band b = {rows, 1, 0, (rows - 1) * d.sh + reach, rows};
    if (backward) { /* rows wait for those that come out of later ones */
        b.weights = conv_weight_band(&d, g->precision == NN_BF16);
        const int one_row = stage_reads_one_row(g, s),
                  step = conv_row_step(&d, CONV_BACKWARD_DATA, g->precision == NN_BF16);
        b.late = b.weights > 1 ? b.weights : (one_row ? LATE_ONE_ROW : LATE) / d.wo;
        b.in = (rows + b.late) * d.sh + (one_row ? 0 : 2 * (reach + d.sh) + step - 2);
        b.out = rows + b.late + (one_row ? 0 : (reach + d.sh - 1) / d.sh + step);
    }
    b.in = b.in < d.h ? b.in : d.h;
    b.out = b.out < d.ho ? b.out : d.ho;
    return b;
}

static size_t packed_floats(const struct nn_node *conv)
{
    struct conv_dims d = conv_of(conv);
    return conv_packed(&d);
}

int stage_x_16bit(const struct nn_graph *g, const struct stage *s)
{
    return g->precision == NN_BF16 && has(s, PART_NORM);
}

int stage_y_16bit(const struct nn_graph *g, const struct stage *s)
{
    return g->precision == NN_BF16 && s->next >= 0;
}

int stage_in_place_backward(const struct nn_graph *g, const struct stage *s, const struct stage *before)
{
    if (before->next != s->first || s->next < 0 || !stage_by_rows(g, s, 1) || !stage_by_rows(g, before, 1))
        return 0;
    const struct conv_dims d = conv_of(node_of(g, s, PART_CONV));
    if (stage_channels(g, s) < d.ci && (d.h != d.ho || d.w != d.wo)) /* it would lie on channels that are still read */
        return 0;
    const struct shape x_shape = g->node[s->first].x[0];
    const size_t x = floats_of(x_shape, 1) >> stage_x_16bit(g, s),
                 y = floats_of(g->node[s->last].y, 1) >> stage_y_16bit(g, s);
    const size_t made = x / (size_t)x_shape.h * (size_t)stage_window(g, s), read = y / (size_t)d.ho;
    for (int end = s->rows; end < d.ho; end += s->rows)
        if ((size_t)stage_inputs_done(&d, g->precision == NN_BF16, end) * made > (size_t)end * read)
            return 0;
    return x <= s->dy_block;
}

/* Cuts the buffers of a pass by rows. */
static void cut_rows(struct cutter *c, const struct nn_graph *g, const struct stage *s, int backward,
                     struct stage_buffers *r)
{
    const struct nn_node *conv = node_of(g, s, PART_CONV);
    struct conv_dims d = conv_of(conv);
    struct row_band band = stage_band(g, s, backward);
    int pool = has(s, PART_POOL), pointwise = has_pointwise(s), bf16 = g->precision == NN_BF16;
    struct shape x = g->node[s->first].x[0];
    const int channels = stage_channels(g, s);
    size_t row = (size_t)(channels * d.w) * LANES, y_row = (size_t)((channels < d.ci ? channels : d.co) * d.wo) * LANES,
           window = floats_of(x, 1) / (size_t)x.h * (size_t)stage_window(g, s);
    size_t pointers = (size_t)d.h * sizeof *r->in_rows / sizeof(float);
    r->in_rows = cut_buffer(c, 1, pointers);
    r->in_grad_rows = cut_buffer(c, backward && (pool || !pointwise), pointers);
    if (!r->in_grad_rows)
        r->in_grad_rows = r->in_rows;
    r->out_rows = cut_buffer(c, 1, (size_t)d.ho * sizeof *r->out_rows / sizeof(float));
    r->weight_rows = cut_buffer(c, backward && bf16, (size_t)d.ho * sizeof *r->weight_rows / sizeof(float));
    if (!r->weight_rows)
        r->weight_rows = (const float **)r->out_rows;
    r->conv_in = cut_buffer(c, pool || pointwise || bf16, row * (size_t)band.in);
    r->conv_in_grad = cut_buffer(c, backward && pool, row * (size_t)band.in);
    r->pointwise_out = cut_buffer(c, pool && pointwise, window);
    r->pool_in_grad = cut_buffer(c, backward && pool && pointwise, window);
    r->seed_back = cut_buffer(c, backward && pool && has(s, PART_DROPOUT), LANES);
    r->conv_out = cut_buffer(c, !backward && stage_y_16bit(g, s), y_row * (size_t)band.rows);
    r->conv_out_grad = cut_buffer(c, backward && (s->next >= 0 || bf16), y_row * (size_t)band.out);
    r->weight_grad = cut_buffer(c, backward && bf16, y_row * (size_t)band.out);
    r->conv_scratch = cut_buffer(c, conv_rows_scratch(&d) > 0, conv_rows_scratch(&d));
    r->weight_scratch = cut_buffer(c, backward, conv_weight_scratch(&d, bf16));
    r->dw_sums = cut_buffer(c, backward, conv_sums(&d, bf16));
    r->db_sums = cut_buffer(c, backward && conv->ntensors > 1, (size_t)d.co * LANES);
}

/* Cuts the buffers of a pass over whole blocks, a group at a time. */
static void cut_blocks(struct cutter *c, const struct nn_graph *g, const struct stage *s, size_t group, int backward,
                       struct stage_buffers *r)
{
    const struct nn_node *conv = node_of(g, s, PART_CONV);
    size_t nx = group * floats_of(g->node[s->first].x[0], 1), ny = group * floats_of(g->node[s->last].y, 1);
    size_t nz = conv ? group * floats_of(conv->x[0], 1) : ny;
    int pool = has(s, PART_POOL), again = !backward || stage_looks_ahead(g, s);
    int rounds = conv && g->precision == NN_BF16;
    r->pointwise_out = cut_buffer(c, has_pointwise(s) && (pool || conv) && again, nx);
    r->conv_in = cut_buffer(c, (pool && (conv || backward) && again) || (rounds && !pool && !has_pointwise(s)), nz);
    r->conv_scratch = cut_buffer(c, conv != NULL, conv ? conv->type->scratch(conv, (int)group, rounds) : 0);
    r->conv_in_grad = cut_buffer(c, backward && conv && pool, nz);
    r->pool_in_grad = cut_buffer(c, backward && pool && stage_x_16bit(g, s), nx);
    r->conv_out = cut_buffer(c, !backward && stage_y_16bit(g, s), ny);
    r->conv_out_grad = cut_buffer(c, backward && (s->next >= 0 || rounds), ny);
}

size_t stage_cut(const struct nn_graph *g, const struct stage *s, int blocks, int backward, int members, int member,
                 float *base, struct stage_buffers *r)
{
    struct cutter c = {base, 0};
    size_t group = (size_t)(blocks < s->group ? blocks : s->group), nb = (size_t)blocks;
    size_t shares = (nb + group - 1) / group - 1;
    const struct nn_node *norm = node_of(g, s, PART_NORM), *conv = node_of(g, s, PART_CONV);
    const struct nn_node *next = s->next < 0 || s->finishes ? NULL : &g->node[s->next]; /* which takes statistics */
    size_t channels = norm ? (size_t)norm->x[0].c : 0, after = next ? (size_t)next->x[0].c : 0;
    int by_rows = stage_by_rows(g, s, backward);
    *r = (struct stage_buffers){.seed = NULL};
    for (int m = 0; m < members; m++) {
        struct stage_buffers other = *r, *own = m == member ? r : &other;
        own->seed = cut_buffer(&c, has(s, PART_DROPOUT), LANES);
        own->lanes = cut_buffer(&c, backward ? norm != NULL : next != NULL, 64 * (backward ? channels : after));
        own->about = cut_buffer(&c, !backward && next, after);
        if (by_rows)
            cut_rows(&c, g, s, backward, own);
        else
            cut_blocks(&c, g, s, group, backward, own);
    }
    r->rounded = cut_buffer(&c, conv && g->precision == NN_BF16, conv ? conv->tensor[0].n : 0);
    r->packed = cut_buffer(&c, by_rows, by_rows ? packed_floats(conv) : 0);
    r->totals = cut_buffer(&c, norm || next, 2 * (channels > after ? channels : after));
    r->moments = cut_buffer(&c, !backward && next, nb * after * sizeof(struct moments) / sizeof(float));
    r->dw = cut_buffer(&c, backward && conv && shares, conv ? shares * layer_tensor_floats(conv) : 0);
    r->sums = cut_buffer(&c, backward && norm, 4 * nb * channels);
    return c.at;
}

size_t stage_scratch(const struct nn_graph *g, const struct stage *s, int blocks, int members, int backward)
{
    struct stage_buffers r;
    return stage_cut(g, s, blocks, backward, members, 0, NULL, &r);
}
