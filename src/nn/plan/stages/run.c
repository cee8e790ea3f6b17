/* run.c - the passes of a stage over a batch: what they need, and what is made of the pieces. */
#include "nn/plan/stages/pass.h"

#include "nn/layers/batchnorm.h"
#include "nn/layers/dropout.h"

static int pools_maximum(const struct nn_node *pool)
{
    struct stage_part part;
    if (!pool)
        return 0;
    pool->type->part(pool, &part);
    return part.pool.max;
}

/* --- memory --- */

struct cutter {
    float *base;
    size_t at;
};

static void *take(struct cutter *c, int wanted, size_t floats)
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

/* Rows of the stage's input that a row of the convolution's input is made of; 0: rows that others are made of too. */
static int window_of(const struct nn_graph *g, const struct stage *s)
{
    struct stage_part part;
    if (!has(s, PART_POOL))
        return 1;
    const struct nn_node *pool = node_of(g, s, PART_POOL);
    pool->type->part(pool, &part);
    return part.pool.d.kh == part.pool.d.sh && !part.pool.d.ph ? part.pool.d.sh : 0;
}

#define ROW_SUMS ((size_t)1 << 18) /* lane sums that may wait in the second cache for their next rows: 1 MiB */

int stage_by_rows(const struct nn_graph *g, const struct stage *s, int backward)
{
    if (!has(s, PART_CONV) || (has(s, PART_POOL) && !window_of(g, s)))
        return 0;
    struct conv_dims d = conv_of(node_of(g, s, PART_CONV));
    return !backward || conv_sums(&d) <= ROW_SUMS;
}

#define LATE 96 /* positions of the output: the sums of a tile of weights come from memory for them, and go back */

struct band stage_band(const struct nn_graph *g, const struct stage *s, int backward)
{
    const struct nn_node *conv = node_of(g, s, PART_CONV);
    struct conv_dims d = conv_of(conv);
    int rows = s->rows < d.ho ? s->rows : d.ho, reach = (d.kh - 1) * d.dh + 1;
    struct band b = {rows, 0, (rows - 1) * d.sh + reach, rows};
    if (backward) { /* rows wait for those that come out of later ones */
        b.late = LATE / d.wo;
        b.in = (rows + b.late) * d.sh + 2 * (reach + d.sh);
        b.out = rows + b.late + (reach + d.sh - 1) / d.sh + 2;
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

/* Are x and dx stored in 16 bits, y and dy? Those that lie between two stages are. */
static int halved_x(const struct nn_graph *g, const struct stage *s)
{
    return g->precision == NN_BF16 && has(s, PART_NORM);
}

static int halved_y(const struct nn_graph *g, const struct stage *s)
{
    return g->precision == NN_BF16 && s->next >= 0;
}

int stage_in_place_backward(const struct nn_graph *g, const struct stage *s, const struct stage *before)
{
    if (before->next != s->first || s->next < 0 || !stage_by_rows(g, s, 1) || !stage_by_rows(g, before, 1))
        return 0;
    const struct conv_dims d = conv_of(node_of(g, s, PART_CONV));
    const struct shape x_shape = g->node[s->first].x[0];
    const size_t x = floats_of(x_shape, 1) >> halved_x(g, s), y = floats_of(g->node[s->last].y, 1) >> halved_y(g, s);
    const size_t made = x / (size_t)x_shape.h * (size_t)window_of(g, s), read = y / (size_t)d.ho;
    for (int end = s->rows; end < d.ho; end += s->rows)
        if ((size_t)stage_inputs_done(&d, end) * made > (size_t)end * read)
            return 0;
    return x <= s->dy_block;
}

/* For passes by rows. */
static void cut_rows(struct cutter *c, const struct nn_graph *g, const struct stage *s, int backward, struct room *r)
{
    const struct nn_node *conv = node_of(g, s, PART_CONV);
    struct conv_dims d = conv_of(conv);
    struct band band = stage_band(g, s, backward);
    int pool = has(s, PART_POOL), pointwise = has_pointwise(s), bf16 = g->precision == NN_BF16;
    struct shape x = g->node[s->first].x[0];
    size_t row = floats_of(conv->x[0], 1) / (size_t)d.h, y_row = floats_of(conv->y, 1) / (size_t)d.ho,
           window = floats_of(x, 1) / (size_t)x.h * (size_t)window_of(g, s);
    size_t pointers = (size_t)d.h * sizeof *r->in / sizeof(float);
    r->in = take(c, 1, pointers);
    r->din = take(c, backward && (pool || !pointwise), pointers);
    if (!r->din)
        r->din = r->in;
    r->out = take(c, 1, (size_t)d.ho * sizeof *r->out / sizeof(float));
    r->z = take(c, pool || pointwise || bf16, row * (size_t)band.in);
    r->dz = take(c, backward && pool, row * (size_t)band.in);
    r->u = take(c, pool && pointwise, window);
    r->du = take(c, backward && pool && pointwise, window);
    r->seed_back = take(c, backward && pool && has(s, PART_DROPOUT), LANES);
    r->y = take(c, !backward && halved_y(g, s), y_row * (size_t)band.rows);
    r->dyc = take(c, backward && (s->next >= 0 || bf16), y_row * (size_t)band.out);
    r->conv = take(c, conv_rows_scratch(&d) > 0, conv_rows_scratch(&d));
    r->dw_sums = take(c, backward, conv_sums(&d));
    r->db_sums = take(c, backward && conv->ntensors > 1, (size_t)d.co * LANES);
}

/* For passes over whole blocks, a group at a time. */
static void cut_blocks(struct cutter *c, const struct nn_graph *g, const struct stage *s, size_t group, int backward,
                       struct room *r)
{
    const struct nn_node *conv = node_of(g, s, PART_CONV);
    size_t nx = group * floats_of(g->node[s->first].x[0], 1), ny = group * floats_of(g->node[s->last].y, 1);
    size_t nz = conv ? group * floats_of(conv->x[0], 1) : ny;
    int pool = has(s, PART_POOL), again = !backward || stage_looks_ahead(g, s);
    int rounds = conv && g->precision == NN_BF16;
    r->u = take(c, has_pointwise(s) && (pool || conv) && again, nx);
    r->z = take(c, (pool && (conv || backward) && again) || (rounds && !pool && !has_pointwise(s)), nz);
    r->conv = take(c, conv != NULL, conv ? conv->type->scratch(conv, (int)group) : 0);
    r->dz = take(c, backward && conv && pool, nz);
    r->du = take(c, backward && pool && halved_x(g, s), nx);
    r->y = take(c, !backward && halved_y(g, s), ny);
    r->dyc = take(c, backward && (s->next >= 0 || rounds), ny);
}

/* For `member` of `members`: their own pieces stand one behind the other, in front of what they share. */
static size_t cut_room(const struct nn_graph *g, const struct stage *s, int blocks, int backward, int members,
                       int member, float *base, struct room *r)
{
    struct cutter c = {base, 0};
    size_t group = (size_t)(blocks < s->group ? blocks : s->group), nb = (size_t)blocks;
    size_t shares = (nb + group - 1) / group - 1;
    const struct nn_node *norm = node_of(g, s, PART_NORM), *conv = node_of(g, s, PART_CONV);
    const struct nn_node *next = s->next < 0 ? NULL : &g->node[s->next];
    size_t channels = norm ? (size_t)norm->x[0].c : 0, after = next ? (size_t)next->x[0].c : 0;
    int by_rows = stage_by_rows(g, s, backward);
    *r = (struct room){.seed = NULL};
    for (int m = 0; m < members; m++) {
        struct room other = *r, *own = m == member ? r : &other;
        own->seed = take(&c, has(s, PART_DROPOUT), LANES);
        own->lanes = take(&c, backward ? norm != NULL : next != NULL, 64 * (backward ? channels : after));
        own->about = take(&c, !backward && next, after);
        if (by_rows)
            cut_rows(&c, g, s, backward, own);
        else
            cut_blocks(&c, g, s, group, backward, own);
    }
    r->rounded = take(&c, conv && g->precision == NN_BF16, conv ? conv->tensor[0].n : 0);
    r->packed = take(&c, by_rows, by_rows ? packed_floats(conv) : 0);
    r->totals = take(&c, norm || next, 2 * (channels > after ? channels : after));
    r->moments = take(&c, !backward && next, nb * after * sizeof(struct moments) / sizeof(float));
    r->dw = take(&c, backward && conv && shares, conv ? shares * layer_tensor_floats(conv) : 0);
    r->sums = take(&c, backward && norm, 4 * nb * channels);
    return c.at;
}

size_t stage_scratch(const struct nn_graph *g, const struct stage *s, int blocks, int members, int backward)
{
    struct room r;
    return cut_room(g, s, blocks, backward, members, 0, NULL, &r);
}

/* --- what both passes begin with --- */

static void set_pointwise(struct work *w)
{
    const struct nn_graph *g = w->net->graph;
    const struct nn_node *norm = node_of(g, w->s, PART_NORM), *act = node_of(g, w->s, PART_ACT);
    const struct nn_node *drop = node_of(g, w->s, PART_DROPOUT);
    struct stage_part part;
    w->f = (struct pointwise){.c = w->x.c, .w = w->x.w, .act = NO_ACT};
    if (norm) {
        w->f.scale = bn_row(norm, w->call->saved, BN_SCALE);
        w->f.shift = bn_row(norm, w->call->saved, BN_SHIFT);
    }
    if (act) {
        act->type->part(act, &part);
        w->f.act = (int)part.act.f;
        w->f.act_parameter = part.act.parameter;
    }
    if (drop) {
        drop->type->part(drop, &part);
        w->f.p = part.p;
        w->f.seed = w->r.seed;
    }
}

static struct work work_of(const struct nn_net *net, const struct step *step, const struct nn_pass *p, int backward)
{
    const struct nn_graph *g = net->graph;
    const struct stage *s = &step->stage;
    const struct nn_node *conv = node_of(g, s, PART_CONV), *pool = node_of(g, s, PART_POOL);
    struct work w = {.net = net, .k = net->k, .p = p, .s = s, .call = &step->call, .next_table = step->next_saved};
    w.backward = backward;
    w.by_rows = stage_by_rows(g, s, backward);
    w.x = g->node[s->first].x[0];
    w.y = g->node[s->last].y;
    w.z = conv ? conv->x[0] : w.y;
    w.nx = floats_of(w.x, 1);
    w.nz = floats_of(w.z, 1);
    w.ny = floats_of(w.y, 1);
    w.bf16 = g->precision == NN_BF16;
    w.half_x = halved_x(g, s);
    w.half_y = halved_y(g, s);
    cut_room(g, s, p->blocks, backward, net->members, 0, w.call->scratch, &w.r);
    set_pointwise(&w);
    if (pool)
        pool->type->part(pool, &w.pool);
    if (conv) {
        conv->type->part(conv, &w.conv);
        w.w = net->w + conv->tensor[0].at;
        w.b = conv->ntensors > 1 ? net->w + conv->tensor[1].at : NULL;
    }
    if (conv && w.bf16) {
        w.k->bf16_round(PAD16(conv->tensor[0].n), w.w, w.r.rounded);
        w.w = w.r.rounded;
    }
    if (w.by_rows) {
        w.band = stage_band(g, s, backward);
        w.window = window_of(g, s);
        w.k->conv_pack(&w.conv.conv, backward ? CONV_BACKWARD_DATA : CONV_FORWARD, w.w, w.r.packed);
    }
    return w;
}

struct work stage_member(const struct work *w, int member)
{
    struct work own = *w;
    if (member)
        cut_room(w->net->graph, w->s, w->p->blocks, w->backward, w->net->members, member, w->call->scratch, &own.r);
    if (own.f.seed)
        own.f.seed = own.r.seed;
    return own;
}

struct group stage_group(const struct work *w, int i)
{
    int size = w->s->group, all = (w->p->blocks + size - 1) / size, first = (w->s->descending ? all - 1 - i : i) * size;
    struct group g = {first, w->p->blocks - first, w->p->n - first * LANES};
    if (g.blocks > size) {
        g.blocks = size;
        g.images = size * LANES;
    }
    return g;
}

int stage_groups(const struct work *w)
{
    return (w->p->blocks + w->s->group - 1) / w->s->group;
}

int stage_live(const struct work *w, int block)
{
    int n = w->p->n - block * LANES;
    return n < LANES ? n : LANES;
}

void stage_seed(const struct work *w, int block)
{
    if (w->r.seed)
        dropout_seeds(&w->net->graph->node[w->s->part[PART_DROPOUT]], w->p, block, w->r.seed);
}

void stage_pointwise(const struct work *w, struct pointwise *f, int rows, const float *x, int round, float *y)
{
    if (w->half_x) {
        w->k->pointwise_forward_bf16(f, rows, (const uint16_t *)x, round, y);
        return;
    }
    w->k->pointwise_forward(f, rows, x, y);
    if (round && w->bf16)
        w->k->bf16_round((size_t)rows * (w->nx / (size_t)w->x.h), y, y);
}

void stage_pointwise_back(const struct work *w, struct pointwise *f, int rows, const float *x, const float *dy,
                          float *y, float *g)
{
    const float *mean = NULL;
    if (has(w->s, PART_NORM))
        mean = bn_row(node_of(w->net->graph, w->s, PART_NORM), w->call->saved, BN_MEAN);
    if (w->half_x) {
        w->k->pointwise_backward_bf16(f, rows, (const uint16_t *)x, dy, mean, y, (uint16_t *)g, w->r.lanes);
        return;
    }
    w->k->pointwise_backward(f, rows, x, dy, mean, y, g, w->r.lanes);
    if (y && w->bf16)
        w->k->bf16_round((size_t)rows * (w->nx / (size_t)w->x.h), y, y);
}

void stage_hand_on(const struct work *w, int live, int r0, int r1, const float *rows, float *y)
{
    int first = r0 == 0, n = r1 - r0;
    if (w->half_y && w->next_table)
        w->k->bn_moments_bf16(w->y.c, w->y.w, n, live, first, rows, (uint16_t *)y, w->r.about, w->r.lanes);
    else if (w->next_table)
        w->k->bn_moments(w->y.c, w->y.w, n, live, first, rows, w->r.about, w->r.lanes);
    else if (w->half_y)
        w->k->to_bf16((size_t)n * (w->ny / (size_t)w->y.h), rows, (uint16_t *)y);
}

void stage_norm_back(const struct work *w, int rows, int images, const float *y, const float *dy, float *dyc)
{
    const struct nn_node *next = &w->net->graph->node[w->s->next];
    const float *a = bn_row(next, w->next_table, BN_A), *p = bn_row(next, w->next_table, BN_P),
                *q = bn_row(next, w->next_table, BN_Q);
    if (w->half_y)
        w->k->bn_backward_bf16(w->y.c, rows, w->y.w, images, (const uint16_t *)y, (const uint16_t *)dy, a, p, q, dyc);
    else
        w->k->bn_backward(w->y.c, rows, w->y.w, images, y, dy, a, p, q, dyc);
}

static double values(const struct work *w, struct shape s)
{
    return (double)w->p->n * s.h * s.w;
}

/* --- forward --- */

/* Of the blocks, in their order. */
static void finish_statistics(struct work *w)
{
    const struct nn_node *next = &w->net->graph->node[w->s->next];
    int c = w->y.c;
    float *mean = w->r.totals, *var = mean + c;
    for (int ch = 0; ch < c; ch++) {
        struct moments total = {0, 0, 0};
        for (int b = 0; b < w->p->blocks; b++)
            moments_merge(&total, &w->r.moments[b * c + ch]);
        mean[ch] = (float)total.mean;
        var[ch] = (float)moments_variance(&total);
    }
    bn_of_batch(next, values(w, w->y), mean, var, w->net->w + next->tensor[0].at, w->net->buffers + next->buffers_at,
                w->next_table);
}

void stage_forward(const struct nn_net *net, const struct step *step, const struct nn_pass *p)
{
    const struct nn_node *norm = node_of(net->graph, &step->stage, PART_NORM);
    struct work w = work_of(net, step, p, 0);
    if (norm && !p->training)
        bn_of_running(norm, net->w + norm->tensor[0].at, net->buffers + norm->buffers_at, w.call->saved);
    team_run(net->team, stage_groups(&w), w.by_rows ? stage_rows_forward : stage_blocks_forward, &w);
    if (w.next_table)
        finish_statistics(&w);
}

/* --- backward --- */

float *stage_share(const struct work *w, int i, float **db)
{
    const struct nn_node *nd = node_of(w->net->graph, w->s, PART_CONV);
    float *to = i ? w->r.dw + (size_t)(i - 1) * layer_tensor_floats(nd) : w->net->dw + nd->tensor[0].at;
    *db = nd->ntensors > 1 ? to + (nd->tensor[1].at - nd->tensor[0].at) : NULL;
    return to;
}

/* The shares of the groups, in their order, onto the first. */
static void add_shares(const struct work *w)
{
    const struct nn_node *nd = node_of(w->net->graph, w->s, PART_CONV);
    float *dw = w->net->dw + nd->tensor[0].at;
    for (int i = 1; i < stage_groups(w); i++) {
        const float *share = w->r.dw + (size_t)(i - 1) * layer_tensor_floats(nd);
        for (int t = 0; t < nd->ntensors; t++) {
            size_t at = nd->tensor[t].at - nd->tensor[0].at;
            for (size_t k = 0; k < nd->tensor[t].n; k++)
                dw[at + k] += share[at + k];
        }
    }
}

/* As bn_backward_stats adds up. */
static void finish_gradient(struct work *w)
{
    const struct nn_node *norm = node_of(w->net->graph, w->s, PART_NORM);
    const float *invstd = bn_row(norm, w->call->saved, BN_INVSTD);
    int c = norm->x[0].c;
    float *sum_dy = w->r.totals, *sum_dyx = sum_dy + c;
    for (int ch = 0; ch < c; ch++) {
        double g = 0, gx = 0;
        for (int b = 0; b < w->p->blocks; b++) {
            g += w->r.sums[2 * (b * c + ch)];
            gx += w->r.sums[2 * (b * c + ch) + 1];
        }
        sum_dy[ch] = (float)g;
        sum_dyx[ch] = (float)(gx * (double)invstd[ch]);
    }
    bn_gradient(norm, values(w, w->x), sum_dy, sum_dyx, w->net->w + norm->tensor[0].at, w->net->dw + norm->tensor[0].at,
                w->call->saved);
}

void stage_backward(const struct nn_net *net, const struct step *step, const struct nn_pass *p)
{
    struct work w = work_of(net, step, p, 1);
    team_run(net->team, stage_groups(&w), w.by_rows ? stage_rows_backward : stage_blocks_backward, &w);
    if (has(w.s, PART_CONV))
        add_shares(&w);
    if (has(w.s, PART_NORM))
        finish_gradient(&w);
}
