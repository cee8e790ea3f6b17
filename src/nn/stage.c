/* stage.c - the passes of a stage over a batch, group by group of blocks. */
#include "nn/stage.h"

#include "nn/layers/batchnorm.h"
#include "nn/layers/dropout.h"
#include "nn/plan.h"

#include <string.h>

/* Memory that a pass needs for itself; what a stage has no use for is NULL. */
struct room {
    /* of each member: u: a group behind the pointwise parts, z: behind the pool, dz: gradient there, dyc: gradient at
     * the convolution */
    uint32_t *seed;
    float *u, *z, *dz, *dyc, *conv;
    double *lanes; /* [c of norm, or of next in the forward pass][32] */
    float *about;  /* [c of next] */
    /* of all */
    float *dw;               /* [groups - 1][tensors]: the shares of the convolution's gradient but the first */
    struct moments *moments; /* [blocks][c of next] */
    double *sums;            /* [blocks][c of norm][2] */
    float *totals;           /* [2][c], c of next forward, of norm backward */
};

/* A stage in a pass. Sizes are floats of a block. */
struct work {
    const struct nn_net *net;
    const struct kernels *k;
    const struct nn_pass *p;
    const struct stage *s;
    const struct layer_io *io;
    struct shape x, z, y; /* in front, in front of the convolution, behind */
    size_t nx, nz, ny;
    struct pointwise f;
    struct stage_part pool, conv;
    const float *w, *b; /* the convolution's */
    float *next_table;
    int backward;
    struct room r; /* of member 0, or of the member that this copy is for */
};

static const struct nn_node *node_of(const struct nn_graph *g, const struct stage *s, enum part_kind kind)
{
    return s->part[kind] < 0 ? NULL : &g->node[s->part[kind]];
}

static int has_pointwise(const struct stage *s)
{
    return s->part[PART_NORM] >= 0 || s->part[PART_ACT] >= 0 || s->part[PART_DROPOUT] >= 0;
}

static int has(const struct stage *s, enum part_kind kind)
{
    return s->part[kind] >= 0;
}

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

/* Does the backward pass need the input of the pool, and of the convolution, again? */
static int backward_looks_ahead(const struct nn_graph *g, const struct stage *s)
{
    return has(s, PART_CONV) || pools_maximum(node_of(g, s, PART_POOL));
}

static size_t tensor_floats(const struct nn_node *nd)
{
    const struct nn_tensor *end = &nd->tensor[nd->ntensors - 1];
    return end->at + end->n - nd->tensor[0].at;
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
    size_t nx = group * layer_floats(g->node[s->first].x, 1), ny = group * layer_floats(g->node[s->last].y, 1);
    size_t nz = conv ? group * layer_floats(conv->x, 1) : ny;
    size_t channels = norm ? (size_t)norm->x.c : 0, after = next ? (size_t)next->x.c : 0;
    int pool = has(s, PART_POOL), again = !backward || backward_looks_ahead(g, s);
    for (int m = 0; m < members; m++) {
        struct room other, *own = m == member ? r : &other;
        own->seed = take(&c, has(s, PART_DROPOUT), LANES);
        own->u = take(&c, has_pointwise(s) && (pool || conv) && again, nx);
        own->z = take(&c, pool && (conv || backward) && again, nz);
        own->conv = take(&c, conv != NULL, conv ? conv->type->scratch(conv, (int)group) : 0);
        own->dz = take(&c, backward && conv && pool, nz);
        own->dyc = take(&c, backward && next, ny);
        own->lanes = take(&c, backward ? norm != NULL : next != NULL, 64 * (backward ? channels : after));
        own->about = take(&c, !backward && next, after);
    }
    r->totals = take(&c, norm || next, 2 * (channels > after ? channels : after));
    r->moments = take(&c, !backward && next, nb * after * sizeof(struct moments) / sizeof(float));
    r->dw = take(&c, backward && conv && shares, conv ? shares * tensor_floats(conv) : 0);
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
        w->f.scale = bn_row(norm, w->io->saved, BN_SCALE);
        w->f.shift = bn_row(norm, w->io->saved, BN_SHIFT);
    }
    if (act) {
        act->type->part(act, &part);
        w->f.act = (int)part.act.f;
        w->f.slope = part.act.slope;
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
    struct work w = {.net = net, .k = net->k, .p = p, .s = s, .io = &step->io, .next_table = step->next_saved};
    w.backward = backward;
    w.x = g->node[s->first].x;
    w.y = g->node[s->last].y;
    w.z = conv ? conv->x : w.y;
    w.nx = layer_floats(w.x, 1);
    w.nz = layer_floats(w.z, 1);
    w.ny = layer_floats(w.y, 1);
    cut_room(g, s, p->blocks, backward, net->members, 0, w.io->scratch, &w.r);
    set_pointwise(&w);
    if (pool)
        pool->type->part(pool, &w.pool);
    if (conv) {
        conv->type->part(conv, &w.conv);
        w.w = net->w + conv->tensor[0].at;
        w.b = conv->ntensors > 1 ? net->w + conv->tensor[1].at : NULL;
    }
    return w;
}

/* The same pass, as one member of the team goes through it. */
static struct work for_member(const struct work *w, int member)
{
    struct work own = *w;
    if (member)
        cut_room(w->net->graph, w->s, w->p->blocks, w->backward, w->net->members, member, w->io->scratch, &own.r);
    if (own.f.seed)
        own.f.seed = own.r.seed;
    return own;
}

/* Blocks that go together. */
struct group {
    int first, blocks, images;
};

/* The i-th group to be worked on. */
static struct group group_at(const struct work *w, int i)
{
    int size = w->s->group, all = (w->p->blocks + size - 1) / size, first = (w->s->descending ? all - 1 - i : i) * size;
    struct group g = {first, w->p->blocks - first, w->p->n - first * LANES};
    if (g.blocks > size) {
        g.blocks = size;
        g.images = size * LANES;
    }
    return g;
}

static int groups(const struct work *w)
{
    return (w->p->blocks + w->s->group - 1) / w->s->group;
}

static int live(const struct nn_pass *p, int block)
{
    int n = p->n - block * LANES;
    return n < LANES ? n : LANES;
}

static void seed_block(const struct work *w, int block)
{
    if (w->r.seed)
        dropout_seeds(&w->net->graph->node[w->s->part[PART_DROPOUT]], w->p, block, w->r.seed);
}

static void pointwise_forward(const struct work *w, struct group g, const float *x, float *y)
{
    for (int b = 0; b < g.blocks; b++) {
        seed_block(w, g.first + b);
        struct pointwise f = w->f;
        w->k->pointwise_forward(&f, w->x.h, x + (size_t)b * w->nx, y + (size_t)b * w->nx);
    }
}

static void pool_forward(const struct work *w, struct group g, const float *x, float *y)
{
    (w->pool.pool.max ? w->k->maxpool_forward : w->k->avgpool_forward)(&w->pool.pool.d, g.blocks, x, y);
}

static double values(const struct work *w, struct shape s)
{
    return (double)w->p->n * s.h * s.w;
}

/* --- forward --- */

static void block_moments(const struct work *w, int b)
{
    int c = w->y.c, n = live(w->p, b);
    w->k->bn_moments(c, w->y.w, w->y.h, n, 1, w->io->y + (size_t)b * w->ny, w->r.about, w->r.lanes);
    w->k->bn_moments_end(c, w->y.w, w->y.h, n, w->r.about, w->r.lanes, w->r.moments + (size_t)b * (size_t)c);
}

static void forward_group(void *ctx, int i, int member)
{
    const struct work own = for_member(ctx, member), *w = &own;
    struct group g = group_at(w, i);
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
        bn_of_running(norm, net->w + norm->tensor[0].at, net->buffers + norm->buffers_at, w.io->saved);
    team_run(net->team, groups(&w), forward_group, &w);
    if (w.next_table)
        finish_statistics(&w);
}

/* --- backward --- */

/* What the parts in front of the convolution put out, computed again: *u in front of the pool, *z behind. */
static void look_ahead(const struct work *w, struct group g, const float *x, const float **u, const float **z)
{
    *u = *z = x;
    if (!backward_looks_ahead(w->net->graph, w->s))
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

/* The share of the group worked on as the i-th. */
static void weight_gradient(const struct work *w, struct group g, int i, const float *z, const float *dy)
{
    const struct nn_node *nd = node_of(w->net->graph, w->s, PART_CONV);
    float *to = i ? w->r.dw + (size_t)(i - 1) * tensor_floats(nd) : w->net->dw + nd->tensor[0].at;
    size_t bias = nd->ntensors > 1 ? nd->tensor[1].at - nd->tensor[0].at : 0;
    w->k->conv_backward_weights(&w->conv.conv, g.blocks, z, dy, to, bias ? to + bias : NULL, w->r.conv);
}

/* The shares of the groups, in their order, onto the first. */
static void add_shares(const struct work *w)
{
    const struct nn_node *nd = node_of(w->net->graph, w->s, PART_CONV);
    float *dw = w->net->dw + nd->tensor[0].at;
    for (int i = 1; i < groups(w); i++) {
        const float *share = w->r.dw + (size_t)(i - 1) * tensor_floats(nd);
        for (int t = 0; t < nd->ntensors; t++) {
            size_t at = nd->tensor[t].at - nd->tensor[0].at;
            for (size_t k = 0; k < nd->tensor[t].n; k++)
                dw[at + k] += share[at + k];
        }
    }
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
        seed_block(w, g.first + b);
        if (mean)
            memset(w->r.lanes, 0, (size_t)w->x.c * 2 * LANES * sizeof *w->r.lanes);
        w->k->pointwise_backward(&f, w->x.h, x + at, dz + at, mean, z ? z + at : NULL, to + at, w->r.lanes);
        if (mean)
            w->k->pointwise_sums(w->x.c, live(w->p, g.first + b), w->r.lanes, w->r.sums + 2 * channel);
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
static void backward_group(void *ctx, int i, int member)
{
    const struct work own = for_member(ctx, member), *w = &own;
    struct group g = group_at(w, i);
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

/* As bn_backward_stats adds up. */
static void finish_gradient(struct work *w)
{
    const struct nn_node *norm = node_of(w->net->graph, w->s, PART_NORM);
    const float *invstd = bn_row(norm, w->io->saved, BN_INVSTD);
    int c = norm->x.c;
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
                w->io->saved);
}

void stage_backward(const struct nn_net *net, const struct step *step, const struct nn_pass *p)
{
    struct work w = work_of(net, step, p, 1);
    team_run(net->team, groups(&w), backward_group, &w);
    if (has(w.s, PART_CONV))
        add_shares(&w);
    if (has(w.s, PART_NORM))
        finish_gradient(&w);
}
