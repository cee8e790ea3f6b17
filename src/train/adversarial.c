/* adversarial.c - two networks that learn from each other. They are one graph, `layers` and then `critic`, and so one
 * vector of weights, of gradients and of what the optimizer keeps: checkpoints, model files, means and tables have
 * both.
 *
 *     noise --[maker]--> made -.
 *                               >--[net]--> a number           maker: the generator, a net of the first nodes
 *               samples -------'                               net:   the critic, a net that begins after them
 *
 * A step is critic_steps updates of the critic, each with a batch of samples and as many made of noise, and then one of
 * the generator with other noise, whose gradient comes back through the critic. Noise is a function of the update, or
 * while a split is measured of the sample's number alone. */
#include "train/critic.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

#define SHARES 0x80000000u /* streams of an update from this number on: not noise, but how far between it is looked */

/* Where the first tensor of a node from number n on is. */
static size_t floats_before(const struct nn_graph *g, int n)
{
    while (n < g->nnodes && !g->node[n].ntensors)
        n++;
    return n < g->nnodes ? g->node[n].tensor[0].at : g->param_floats;
}

void train_adversary_find(struct training *r)
{
    struct adversary *a = &r->adversary;
    const struct nn_graph *g = r->job.graph;
    a->nodes = g->critic;
    a->graph = *g;
    a->graph.nnodes = a->nodes;
    a->graph.critic = 0;
    a->floats = floats_before(g, a->nodes);
    a->buffers = g->node[a->nodes].buffers_at;
}

static struct nn_tangent *take_tangent(struct train_taker *t, const struct train_job *j, int nodes, int batch)
{
    struct nn_tangent *tangent = NULL;
    struct err e = {0};
    const size_t bytes = nn_tangent_bytes(j->graph, nodes, batch);
    t->failed |= bytes == SIZE_MAX;
    t->bytes += bytes;
    if (t->a && !t->failed) {
        tangent = nn_tangent_new(j->graph, nodes, batch, j->k, t->a, &e);
        t->failed = !tangent;
    }
    return tangent;
}

void train_adversary_lay_out(struct training *r, struct train_taker *t)
{
    struct adversary *a = &r->adversary;
    const struct train_job *j = &r->job;
    const int train = train_batch(j), eval = train_eval_batch(j), larger = train > eval ? train : eval;
    if (!a->nodes)
        return;
    const size_t step = floats_of(nn_output(&a->graph), blocks_of(train));
    const int penalty = critic_penalty(j->spec) > 0;
    a->maker = train_take_net(t, j, &a->graph, 0, larger, 1);
    a->key = train_take(t, (size_t)larger, sizeof *a->key);
    a->real = train_take(t, step, sizeof *a->real);
    a->made = train_take(t, step, sizeof *a->made);
    r->task.judge = j->judge ? judge_lay_out(j, larger, t) : NULL;
    a->between = penalty ? train_take(t, step, sizeof *a->between) : NULL;
    a->along = penalty ? train_take(t, step, sizeof *a->along) : NULL;
    a->tangent = penalty ? take_tangent(t, j, a->nodes, train) : NULL;
}

void train_adversary_weights(struct training *r)
{
    const struct adversary *a = &r->adversary;
    if (!a->nodes)
        return;
    train_copy(a->maker->w, r->net->w, a->floats);
    train_copy(a->maker->buffers, r->net->buffers, a->buffers);
}

/* --- what is made --- */

/* Things number `first` and on of stream `stream` are made: noise goes through the generator. */
static struct nn_pass make_samples(struct training *r, uint32_t stream, uint32_t first, int n, int training)
{
    const struct adversary *a = &r->adversary;
    const size_t noise = shape_size(a->graph.in);
    struct nn_net *net = a->maker;
    memset(net->x, 0, (size_t)blocks_of(n) * LANES * noise * sizeof *net->x);
    for (int i = 0; i < n; i++) {
        struct rng g;
        float *x = net->x + (size_t)(i / LANES) * LANES * noise + (size_t)(i % LANES);
        rng_init(&g, r->job.seed, RNG_NOISE, stream, first + (uint32_t)i);
        for (size_t k = 0; k < noise; k++)
            x[k * LANES] = (float)rng_normal(&g);
        a->key[i] = first + (uint32_t)i;
    }
    const struct nn_pass p = {.n = n,
                              .blocks = blocks_of(n),
                              .training = training,
                              .frozen = training && train_freezes(r),
                              .keep_all = training && !train_drops(r),
                              .seed = r->job.seed,
                              .epoch = stream,
                              .sample = a->key};
    nn_forward(net, &p);
    if (training)
        train_copy(r->net->buffers, net->buffers, a->buffers);
    return p;
}

static size_t floats_made(const struct training *r, int n)
{
    return floats_of(nn_output(&r->adversary.graph), blocks_of(n));
}

/* --- the critic --- */

/* Updates of the critic in so many steps. */
static uint64_t critic_updates(const struct training *r, uint64_t steps)
{
    const uint64_t rest = steps % r->steps_a_round * (uint64_t)r->job.spec->critic_steps;
    return steps / r->steps_a_round * r->batches + (rest < r->batches ? rest : r->batches);
}

/* The gradient that came back joins that of the update: the first of it takes its place. */
static void add_critic_gradient(struct training *r, int first)
{
    const size_t from = r->adversary.floats, n = r->job.graph->param_floats - from;
    if (first)
        train_copy(r->gradient + from, r->net->dw + from, n);
    else
        r->job.k->add_scaled(n, 1, r->net->dw + from, r->gradient + from, r->gradient + from);
}

/* What was made goes through the critic, which is told how far it should be from a sample (of: see enum judged). */
static double judge_made(struct training *r, const float *made, const struct nn_pass *p, enum judged of)
{
    train_copy(r->net->x, made, floats_made(r, p->n));
    nn_forward(r->net, p);
    const double loss = r->task.type->judge(&r->task, p->n, of, r->net->z, r->net->dz);
    nn_backward(r->net, p);
    return loss;
}

/* Where the penalty is taken: of each sample a place on the way to something made. */
static void find_between(struct training *r, const struct nn_pass *p)
{
    const struct adversary *a = &r->adversary;
    const size_t size = shape_size(nn_output(&a->graph));
    memset(a->between, 0, floats_made(r, p->n) * sizeof *a->between);
    for (int i = 0; i < p->n; i++) {
        const size_t first = (size_t)(i / LANES) * LANES * size + (size_t)(i % LANES);
        struct rng g;
        rng_init(&g, r->job.seed, RNG_NOISE, p->epoch, SHARES + (uint32_t)i);
        const float share = rng_float(&g);
        for (size_t at = first; at < first + size * LANES; at += LANES)
            a->between[at] = a->made[at] + share * (a->real[at] - a->made[at]);
    }
}

/* The length of the gradient of one sample; `along` becomes the direction of it. */
static double find_direction(const struct adversary *a, const float *dx, int i, size_t size)
{
    const size_t first = (size_t)(i / LANES) * LANES * size + (size_t)(i % LANES);
    double square = 0;
    for (size_t at = first; at < first + size * LANES; at += LANES)
        square += (double)dx[at] * (double)dx[at];
    const double length = sqrt(square);
    for (size_t at = first; at < first + size * LANES; at += LANES)
        a->along[at] = length > 0 ? (float)((double)dx[at] / length) : 0;
    return length;
}

/* Adds the gradient of the mean of penalty * (|g| - 1)^2, g the gradient of what the critic says at a place between by
 * that place (Gulrajani et al. 2017). By the weights it is that of 2 penalty (|g| - 1) v g, v = g / |g| held fixed: of
 * a derivative along v (nn/tangent.h). Returns the sum of the penalties. */
static double add_penalty(struct training *r, const struct nn_pass *made)
{
    const struct adversary *a = &r->adversary;
    const size_t size = shape_size(nn_output(&a->graph)), from = a->floats, n = r->job.graph->param_floats - from;
    const double penalty = critic_penalty(r->job.spec);
    struct nn_net *net = a->tangent->net;
    struct nn_pass p = *made;
    float *factor = r->task.each;
    double sum = 0;
    p.frozen = 0; /* as the graph of the tangents */
    find_between(r, &p);
    train_copy(net->w + from, r->net->w + from, n);
    train_copy(net->x, a->between, floats_made(r, p.n));
    nn_forward(net, &p);
    memset(net->dz, 0, (size_t)p.blocks * LANES * sizeof *net->dz);
    for (int i = 0; i < p.n; i++)
        net->dz[i] = 1;
    nn_backward(net, &p);
    memset(a->along, 0, floats_made(r, p.n) * sizeof *a->along);
    for (int i = 0; i < p.n; i++) {
        const double over = find_direction(a, net->dx, i, size) - 1;
        factor[i] = (float)(2 * penalty * over / p.n);
        sum += penalty * over * over;
    }
    nn_tangent_gradient(a->tangent, &p, a->along, factor);
    r->job.k->add_scaled(n, 1, net->dw + from, r->gradient + from, r->gradient + from);
    generate_penalty(&r->task, sum);
    return sum;
}

static int update_critic(struct training *r, uint64_t number, uint64_t update, float lr, struct err *e)
{
    const struct adversary *a = &r->adversary;
    uint64_t from;
    double norm;
    struct nn_pass real = train_pass_of_batch(r, number, &from);
    train_load_batch(r, from, &real);
    train_copy(a->real, r->net->x, floats_made(r, real.n));
    const struct nn_pass made = make_samples(r, (uint32_t)(2 * update), 0, real.n, 1);
    train_copy(a->made, a->maker->z, floats_made(r, real.n));
    nn_forward(r->net, &real);
    double loss = r->task.type->step(&r->task, &r->batch, r->net->z, r->net->dz);
    nn_backward(r->net, &real);
    add_critic_gradient(r, 1);
    loss += judge_made(r, a->made, &made, JUDGED_MADE);
    add_critic_gradient(r, 0);
    if (a->between)
        loss += add_penalty(r, &made);
    if (!isfinite(loss))
        return train_diverged(r, "loss of the critic", loss, e);
    train_copy(r->net->dw + a->floats, r->gradient + a->floats, r->job.graph->param_floats - a->floats);
    r->from = a->floats;
    const int bad = train_apply(r, lr, update, critic_updates(r, train_frozen_steps(r)), &norm, e);
    r->from = 0;
    return bad;
}

/* --- the generator --- */

static int update_generator(struct training *r, int n, float lr, double *norm, struct err *e)
{
    const struct adversary *a = &r->adversary;
    const size_t critic = r->job.graph->param_floats - a->floats;
    const struct nn_pass p = make_samples(r, (uint32_t)(2 * r->p.step + 1), 0, n, 1);
    const double loss = judge_made(r, a->maker->z, &p, JUDGED_FOOLED);
    if (!isfinite(loss))
        return train_diverged(r, "loss", loss, e);
    train_copy(a->maker->dz, r->net->dx, floats_made(r, n));
    nn_backward(a->maker, &p);
    train_copy(r->net->dw, a->maker->dw, a->floats);
    train_copy(r->net->dw + a->floats, r->gradient + a->floats, critic); /* its own again, for who looks at it */
    r->to = a->floats;
    const int bad = train_apply(r, lr, r->p.step + 1, train_frozen_steps(r), norm, e);
    r->to = r->job.graph->param_floats;
    return bad;
}

int train_adversarial_step(struct training *r, uint64_t step, float lr, double *norm, struct err *e)
{
    const struct train_spec *s = r->job.spec;
    const uint64_t each = (uint64_t)s->critic_steps, first = step * each;
    const uint64_t before = critic_updates(r, r->p.step);
    const float critic_lr = s->critic_lr > 0 ? (float)((double)lr * (s->critic_lr / s->lr)) : lr;
    train_adversary_weights(r);
    for (uint64_t i = 0; i < each && first + i < r->batches; i++)
        if (update_critic(r, first + i, before + i + 1, critic_lr, e))
            return -1;
    return update_generator(r, r->batch.n, lr, norm, e);
}

/* --- measuring --- */

enum { COMPARED_LEAST = 16, COMPARED = 64 }; /* things whose distances from each other are measured */

/* The mean distance between two of n things, x [blocks][size][16]. */
static double mean_distance(int n, size_t size, const float *x)
{
    double sum = 0;
    for (int i = 1; i < n; i++)
        for (int j = 0; j < i; j++) {
            const float *a = x + (size_t)(i / LANES) * LANES * size + (size_t)(i % LANES);
            const float *b = x + (size_t)(j / LANES) * LANES * size + (size_t)(j % LANES);
            double square = 0;
            for (size_t k = 0; k < size * LANES; k += LANES)
                square += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
            sum += sqrt(square);
        }
    return sum / (n * (n - 1) / 2.0);
}

float train_adversary_diversity(const struct training *r)
{
    const struct adversary *a = &r->adversary;
    const int n = r->batch.n < COMPARED ? r->batch.n : COMPARED;
    if (!a->nodes || n < COMPARED_LEAST)
        return NAN;
    const size_t size = shape_size(nn_output(&a->graph));
    return (float)(mean_distance(n, size, a->made) / mean_distance(n, size, a->real));
}

void train_adversary_measure(struct training *r, int n, size_t from, int keep)
{
    const struct adversary *a = &r->adversary;
    const struct nn_pass p = make_samples(r, 0, (uint32_t)from, n, 0);
    if (keep == KEEP_TEST)
        generate_keep(&r->task, n, a->maker->z, from);
    if (r->task.judge)
        judge_see(r->task.judge, n, a->maker->z, a->key, 1);
    train_copy(r->eval->x, a->maker->z, floats_made(r, n));
    nn_forward(r->eval, &p);
    r->task.type->judge(&r->task, n, JUDGED_MADE, r->eval->z, NULL);
    r->task.type->judge(&r->task, n, JUDGED_FOOLED, r->eval->z, NULL);
}
