/* stage_run.c - the passes of a stage over a batch: what both begin with, and what is made of the pieces. */
#include "nn/plan/stages/pass.h"

#include "nn/layers/batchnorm.h"
#include "nn/layers/dropout.h"

#include <string.h>

/* Of a norm, whose table it is, and an activation; either may be NULL. */
static struct pointwise norm_and_act(struct shape x, const struct nn_node *norm, float *table,
                                     const struct nn_node *act)
{
    struct stage_part part;
    struct pointwise f = {.c = x.c, .w = x.w, .act = NO_ACT};
    if (norm) {
        f.scale = bn_row(norm, table, BN_SCALE);
        f.shift = bn_row(norm, table, BN_SHIFT);
    }
    if (act) {
        act->type->part(act, &part);
        f.act = (int)part.act.f;
        f.act_parameter = part.act.parameter;
    }
    return f;
}

static void set_pointwise(struct stage_pass *w, float *next_table)
{
    const struct nn_graph *g = w->net->graph;
    const struct nn_node *drop = node_of(g, w->s, PART_DROPOUT);
    struct stage_part part;
    w->f = norm_and_act(w->x, node_of(g, w->s, PART_NORM), w->call->saved, node_of(g, w->s, PART_ACT));
    if (w->s->finishes)
        w->finish = norm_and_act(w->y, &g->node[w->s->next], next_table,
                                 w->s->next_act < 0 ? NULL : &g->node[w->s->next_act]);
    if (drop && !w->p->keep_all) {
        drop->type->part(drop, &part);
        w->f.p = part.p;
        w->f.seed = w->buf.seed;
    }
}

static struct stage_pass stage_pass_of(const struct nn_net *net, const struct step *step, const struct nn_pass *p,
                                       int backward)
{
    const struct nn_graph *g = net->graph;
    const struct stage *s = &step->stage;
    const struct nn_node *conv = node_of(g, s, PART_CONV), *pool = node_of(g, s, PART_POOL);
    struct stage_pass w = {
        .net = net, .k = net->k, .p = p, .s = s, .call = &step->call};
    w.next_table = s->finishes ? NULL : step->next_saved;
    w.backward = backward;
    w.by_rows = stage_by_rows(g, s, backward);
    w.x = g->node[s->first].x[0];
    w.y = g->node[s->last].y;
    w.z = conv ? conv->x[0] : w.y;
    w.nx = floats_of(w.x, 1);
    w.nz = floats_of(w.z, 1);
    w.ny = floats_of(w.y, 1);
    w.bf16 = g->precision == NN_BF16;
    w.x_16bit = stage_x_16bit(g, s);
    w.y_16bit = stage_y_16bit(g, s);
    stage_cut(g, s, p->blocks, backward, net->members, 0, w.call->scratch, &w.buf);
    set_pointwise(&w, step->next_saved);
    if (pool)
        pool->type->part(pool, &w.pool);
    if (conv) {
        conv->type->part(conv, &w.conv);
        w.w = net->w + conv->tensor[0].at;
        w.b = conv->ntensors > 1 ? net->w + conv->tensor[1].at : NULL;
    }
    if (conv && w.bf16) {
        w.k->bf16_round(PAD16(conv->tensor[0].n), w.w, w.buf.rounded);
        w.w = w.buf.rounded;
    }
    if (w.by_rows) {
        w.channels = stage_channels(g, s);
        w.band = stage_band(g, s, backward);
        w.window = stage_window(g, s);
        PRODUCT_OF(w.k, w.bf16, conv_pack)
        (&w.conv.conv, backward ? CONV_BACKWARD_DATA : CONV_FORWARD, w.w, w.buf.packed);
    }
    return w;
}

struct stage_pass stage_member(const struct stage_pass *w, int member)
{
    struct stage_pass own = *w;
    if (member)
        stage_cut(w->net->graph, w->s, w->p->blocks, w->backward, w->net->members, member, w->call->scratch, &own.buf);
    if (own.f.seed)
        own.f.seed = own.buf.seed;
    return own;
}

struct block_group stage_group(const struct stage_pass *w, int i)
{
    int size = w->s->group, all = (w->p->blocks + size - 1) / size, first = (w->s->descending ? all - 1 - i : i) * size;
    struct block_group g = {first, w->p->blocks - first, w->p->n - first * LANES};
    if (g.blocks > size) {
        g.blocks = size;
        g.images = size * LANES;
    }
    return g;
}

int stage_groups(const struct stage_pass *w)
{
    return (w->p->blocks + w->s->group - 1) / w->s->group;
}

int stage_live(const struct stage_pass *w, int block)
{
    int n = w->p->n - block * LANES;
    return n < LANES ? n : LANES;
}

void stage_seed(const struct stage_pass *w, int block)
{
    if (w->f.seed)
        dropout_seeds(&w->net->graph->node[w->s->part[PART_DROPOUT]], w->p, block, w->buf.seed);
}

/* The rows that are added to those of x. */
static const float *added_to(const struct stage_pass *w, const float *x)
{
    return has(w->s, PART_SUM) ? w->call->x[1] + (x - w->call->x[0]) : NULL;
}

void stage_pointwise(const struct stage_pass *w, struct pointwise *f, int rows, const float *x, int round, float *y)
{
    f->add = added_to(w, x);
    if (w->x_16bit) {
        w->k->pointwise_forward_bf16(f, rows, (const uint16_t *)x, round, y);
        return;
    }
    w->k->pointwise_forward(f, rows, x, y);
    if (round && w->bf16)
        w->k->bf16_round((size_t)rows * stage_row(w->x), y, y);
}

void stage_pointwise_back(const struct stage_pass *w, struct pointwise *f, int rows, const float *x, const float *dy,
                          float *y, float *g)
{
    const float *mean = NULL;
    if (has(w->s, PART_NORM))
        mean = bn_row(node_of(w->net->graph, w->s, PART_NORM), w->call->saved, BN_MEAN) + w->c0;
    if (w->x_16bit) {
        w->k->pointwise_backward_bf16(f, rows, (const uint16_t *)x, dy, mean, y, (uint16_t *)g, w->buf.lanes);
        return;
    }
    f->add = added_to(w, x);
    w->k->pointwise_backward(f, rows, x, dy, mean, y, g, w->buf.lanes);
    if (f->add && w->call->dx[1]) /* the gradient of what was added is that at the norm's output */
        memcpy(w->call->dx[1] + (x - w->call->x[0]), g, (size_t)rows * stage_row(w->x) * sizeof *g);
    if (y && w->bf16)
        w->k->bf16_round((size_t)rows * stage_row(w->x), y, y);
}

void stage_hand_on(const struct stage_pass *w, int live, int r0, int r1, const float *rows, float *y)
{
    int first = r0 == 0, n = r1 - r0;
    if (w->y_16bit && w->next_table)
        w->k->bn_moments_bf16(w->y.c, w->y.w, n, live, first, rows, (uint16_t *)y, w->buf.about, w->buf.lanes);
    else if (w->next_table)
        w->k->bn_moments(w->y.c, w->y.w, n, live, first, rows, w->buf.about, w->buf.lanes);
    else if (w->y_16bit)
        w->k->to_bf16((size_t)n * stage_row(w->y), rows, (uint16_t *)y);
}

void stage_norm_back(const struct stage_pass *w, int rows, int images, const float *y, const float *dy, float *dyc)
{
    const struct nn_node *next = &w->net->graph->node[w->s->next];
    const float *a = bn_row(next, w->next_table, BN_A) + w->c0, *p = bn_row(next, w->next_table, BN_P) + w->c0,
                *q = bn_row(next, w->next_table, BN_Q) + w->c0;
    if (w->y_16bit)
        w->k->bn_backward_bf16(w->y.c, rows, w->y.w, images, (const uint16_t *)y, (const uint16_t *)dy, a, p, q, dyc);
    else
        w->k->bn_backward(w->y.c, rows, w->y.w, images, y, dy, a, p, q, dyc);
}

/* Makes the table of a norm of the statistics that training has left. */
static void norm_of_running(const struct nn_net *net, int node, float *table)
{
    const struct nn_node *norm = &net->graph->node[node];
    bn_of_running(norm, net->w + norm->tensor[0].at, net->buffers + norm->buffers_at, table);
}

static double values_of_stage(const struct stage_pass *w, struct shape s)
{
    return (double)w->p->n * s.h * s.w;
}

/* --- forward --- */

/* Merges the blocks' moments in block order, so that the size of the team does not show. */
static void finish_statistics(struct stage_pass *w)
{
    const struct nn_node *next = &w->net->graph->node[w->s->next];
    int c = w->y.c;
    float *mean = w->buf.totals, *var = mean + c;
    for (int ch = 0; ch < c; ch++) {
        struct moments total = {0, 0, 0};
        for (int b = 0; b < w->p->blocks; b++)
            moments_merge(&total, &w->buf.moments[b * c + ch]);
        mean[ch] = (float)total.mean;
        var[ch] = (float)moments_variance(&total);
    }
    bn_of_batch(next, values_of_stage(w, w->y), mean, var, w->net->w + next->tensor[0].at,
                w->net->buffers + next->buffers_at, w->next_table);
}

void stage_forward(const struct nn_net *net, const struct step *step, const struct nn_pass *p)
{
    struct stage_pass w = stage_pass_of(net, step, p, 0);
    if (has(w.s, PART_NORM) && !p->training)
        norm_of_running(net, w.s->part[PART_NORM], w.call->saved);
    if (w.s->finishes)
        norm_of_running(net, w.s->next, step->next_saved);
    team_run(net->team, stage_groups(&w), w.by_rows ? stage_rows_forward : stage_blocks_forward, &w);
    if (w.next_table)
        finish_statistics(&w);
}

/* --- backward --- */

float *stage_share(const struct stage_pass *w, int i, float **db)
{
    const struct nn_node *nd = node_of(w->net->graph, w->s, PART_CONV);
    float *to = i ? w->buf.dw + (size_t)(i - 1) * layer_tensor_floats(nd) : w->net->dw + nd->tensor[0].at;
    *db = nd->ntensors > 1 ? to + (nd->tensor[1].at - nd->tensor[0].at) : NULL;
    return to;
}

/* Adds the shares of the groups, in their order, to the first. */
static void add_shares(const struct stage_pass *w)
{
    const struct nn_node *nd = node_of(w->net->graph, w->s, PART_CONV);
    float *dw = w->net->dw + nd->tensor[0].at;
    for (int i = 1; i < stage_groups(w); i++) {
        const float *share = w->buf.dw + (size_t)(i - 1) * layer_tensor_floats(nd);
        for (int t = 0; t < nd->ntensors; t++) {
            size_t at = nd->tensor[t].at - nd->tensor[0].at;
            for (size_t k = 0; k < nd->tensor[t].n; k++)
                dw[at + k] += share[at + k];
        }
    }
}

/* Adds up the blocks' sums in block order, as bn_backward_stats does. */
static void finish_gradient(struct stage_pass *w)
{
    const struct nn_node *norm = node_of(w->net->graph, w->s, PART_NORM);
    const float *invstd = bn_row(norm, w->call->saved, BN_INVSTD);
    int c = norm->x[0].c;
    float *sum_dy = w->buf.totals, *sum_dyx = sum_dy + c;
    for (int ch = 0; ch < c; ch++) {
        double g = 0, gx = 0;
        for (int b = 0; b < w->p->blocks; b++) {
            g += w->buf.sums[2 * (b * c + ch)];
            gx += w->buf.sums[2 * (b * c + ch) + 1];
        }
        sum_dy[ch] = (float)g;
        sum_dyx[ch] = (float)(gx * (double)invstd[ch]);
    }
    bn_gradient(norm, values_of_stage(w, w->x), sum_dy, sum_dyx, w->net->w + norm->tensor[0].at,
                w->net->dw + norm->tensor[0].at, w->call->saved);
}

void stage_backward(const struct nn_net *net, const struct step *step, const struct nn_pass *p)
{
    struct stage_pass w = stage_pass_of(net, step, p, 1);
    team_run(net->team, stage_groups(&w), w.by_rows ? stage_rows_backward : stage_blocks_backward, &w);
    if (has(w.s, PART_CONV))
        add_shares(&w);
    if (has(w.s, PART_NORM))
        finish_gradient(&w);
}
