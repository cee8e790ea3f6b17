/* training.c - the memory of a training: described once, counted or taken. */
#include "train/critic.h"

#include <assert.h>
#include <string.h>

void train_copy(float *to, const float *from, size_t n)
{
    if (n)
        memcpy(to, from, n * sizeof *to);
}

int train_batch(const struct train_job *j)
{
    size_t n = j->view->n[DATA_TRAIN];
    return n < (size_t)j->spec->batch_size ? (int)(n ? n : 1) : j->spec->batch_size;
}

int train_eval_batch(const struct train_job *j)
{
    const size_t *n = j->view->n;
    size_t most = n[DATA_VALIDATION] > n[DATA_TEST] ? n[DATA_VALIDATION] : n[DATA_TEST];
    const int eval = most < (size_t)j->spec->eval_batch ? (int)(most ? most : 1) : j->spec->eval_batch;
    return eval < j->spec->beam ? j->spec->beam : eval; /* a sentence has so many lanes */
}

static float decay_of(const struct train_spec *s, const struct nn_tensor *t)
{
    return t->role == NN_WEIGHT || s->decay_all ? (float)s->weight_decay : 0;
}

static const struct optimizer_type *optimizer_of(const struct train_job *j)
{
    return optimizer_types[j->spec->optimizer];
}

/* Neighbouring tensors of one network that are treated alike become one span, padding included; each is one where the
 * optimizer goes by them. Returns their number; s NULL: only counts. */
static size_t find_decay_spans(const struct train_job *j, struct decay_span *s)
{
    const struct nn_graph *g = j->graph;
    const int by_tensor = optimizer_of(j)->scratch != NULL;
    size_t n = 0, at = 0;
    int critic = !g->critic;
    struct decay_span last = {0};
    for (int i = 0; i < g->nnodes; i++)
        for (int t = 0; t < g->node[i].ntensors; t++) {
            const struct nn_tensor *ten = &g->node[i].tensor[t];
            const struct decay_span here = {
                n ? ten->at : 0, g->param_floats - ten->at, decay_of(j->spec, ten), ten->lr_scale, ten->frozen, ten};
            assert(ten->at >= at);
            at = ten->at;
            if (n && here.decay == last.decay && here.lr_scale == last.lr_scale && here.frozen == last.frozen &&
                !by_tensor && (i >= g->critic) == critic)
                continue;
            critic = i >= g->critic;
            if (s) {
                s[n] = here;
                if (n)
                    s[n - 1].len = at - s[n - 1].at;
            }
            last = here;
            n++;
        }
    return n;
}

/* What the optimizer needs for the largest tensor. */
static size_t optimizer_scratch(const struct train_job *j)
{
    const struct nn_graph *g = j->graph;
    size_t most = 0;
    for (int i = 0; optimizer_of(j)->scratch && i < g->nnodes; i++)
        for (int t = 0; t < g->node[i].ntensors; t++) {
            size_t n = optimizer_of(j)->scratch(&g->node[i].tensor[t]);
            most = n > most ? n : most;
        }
    return most;
}

void *train_take(struct train_taker *t, size_t n, size_t size)
{
    void *p = NULL;
    t->bytes += (n * size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (t->a && !t->failed) {
        p = arena_take(t->a, n * size);
        t->failed = !p;
    }
    return p;
}

struct nn_net *train_take_net(struct train_taker *t, const struct train_job *j, const struct nn_graph *g, int first,
                              int batch, int training)
{
    struct nn_net *net = NULL;
    struct err e = {0};
    size_t bytes = nn_part_bytes(g, first, batch, training, team_size(j->team));
    t->failed |= bytes == SIZE_MAX;
    t->bytes += (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (t->a && !t->failed) {
        net = nn_part_new(g, first, batch, training, j->team, j->k, t->a, &e);
        t->failed = !net;
    }
    return net;
}

static void lay_out_training(struct training *r, struct train_taker *t)
{
    const struct train_job *j = &r->job;
    const struct nn_graph *g = j->graph;
    const size_t *n = j->view->n, f = sizeof(float);
    int train = train_batch(j), eval = train_eval_batch(j);
    size_t larger = (size_t)(train > eval ? train : eval);

    train_fixed_find(r);
    train_adversary_find(r);
    const int first = r->adversary.nodes ? r->adversary.nodes : r->fixed.nodes;
    r->net = train_take_net(t, j, g, first, train, r->adversary.nodes ? NN_INPUT_GRADIENT : 1);
    r->eval = eval <= train ? r->net /* it is not trained while it measures */
                            : train_take_net(t, j, g, first, eval, 0);
    train_fixed_lay_out(r, t);
    train_adversary_lay_out(r, t);
    r->to = g->param_floats;
    for (int i = 0; i < r->nstates; i++)
        r->state[i] = train_take(t, g->param_floats, f);
    if (j->spec->ema > 0 || j->spec->swa_from) {
        r->mean_w = train_take(t, g->param_floats, f);
        r->mean_buffers = train_take(t, g->buffer_floats, f);
    }
    if (j->spec->accumulate > 1 || r->adversary.nodes)
        r->gradient = train_take(t, g->param_floats, f);
    r->optimizer_scratch = train_take(t, optimizer_scratch(j), f);
    if (j->spec->select == 0) {
        r->best_w = train_take(t, g->param_floats, f);
        r->best_buffers = train_take(t, g->buffer_floats, f);
    }
    r->nspans = find_decay_spans(j, NULL);
    r->span = train_take(t, r->nspans, sizeof *r->span);
    train_detail_lay_out(r, t);
    train_regions_lay_out(r, t);
    r->units = train_units(g);
    r->reached = train_take(t, r->units, sizeof *r->reached);
    train_sampling_lay_out(r, t);
    r->at = train_take(t, (size_t)eval, sizeof *r->at);
    r->fixed_at = train_take(t, r->fixed.nodes ? larger : 0, sizeof *r->fixed_at);
    r->batch.k = j->k;
    r->batch.key = train_take(t, larger, sizeof *r->batch.key);
    r->other_label = train_take(t, train_mixes(j->spec) ? (size_t)train : 0, sizeof *r->other_label);
    r->batch.label =
        train_take(t, (size_t)blocks_of((int)larger) * LANES * (size_t)j->view->labels, sizeof *r->batch.label);
    if (data_is_ragged(j->view->set))
        r->batch.lengths = train_take(t, (size_t)blocks_of((int)larger) * LANES, sizeof *r->batch.lengths);
    if (data_target_positions(j->view->set))
        r->batch.target_lengths =
            train_take(t, (size_t)blocks_of((int)larger) * LANES, sizeof *r->batch.target_lengths);
    r->batch.target = train_take(t, (size_t)blocks_of((int)larger) * LANES * (size_t)j->view->targets, f);
    r->batch.scratch = train_take(t, 1, data_scratch(j->view));
    r->task.each = train_take(t, larger, f);
    r->task.held_out = train_take(t, n[DATA_VALIDATION] * (size_t)r->task.held_columns, sizeof *r->task.held_out);
    if (nn_adds_loss(g))
        r->task.divergence = r->divergence = train_take(t, (size_t)blocks_of((int)larger) * LANES, f);
    r->task.type->lay_out(&r->task, (size_t)eval, t);
}

void train_clear_divergence(struct training *r)
{
    const int train = train_batch(&r->job), eval = train_eval_batch(&r->job);
    if (r->divergence)
        memset(r->divergence, 0, (size_t)blocks_of(train > eval ? train : eval) * LANES * sizeof *r->divergence);
}

/* What is said of the samples of a fold may be too much to keep. */
static int held_columns(const struct train_task *t)
{
    int columns = t->job->view->fold && t->type->hold_out ? 1 + t->type->hold_out(t->outputs) : 0;
    return t->job->view->n[DATA_VALIDATION] * (size_t)columns <= TRAIN_HELD_VALUES ? columns : 0;
}

static void prepare_training(struct training *r, const struct train_job *j)
{
    memset(r, 0, sizeof *r);
    r->job = *j;
    train_task_init(&r->task, &r->job);
    r->task.held_columns = held_columns(&r->task);
    r->nstates = optimizer_of(j)->states(j->spec->optimizer_args);
    uint64_t n = j->view->n[DATA_TRAIN], batch = (uint64_t)j->spec->batch_size;
    const uint64_t each = (uint64_t)j->spec->accumulate * (uint64_t)j->spec->critic_steps;
    r->batches = j->spec->drop_last ? n / batch : (n + batch - 1) / batch;
    r->steps_a_round = (r->batches + each - 1) / each;
    r->steps_per_epoch = j->spec->epoch_steps && r->batches ? (uint64_t)j->spec->epoch_steps : r->steps_a_round;
    r->steps = r->steps_per_epoch * (uint64_t)j->spec->epochs;
}

size_t train_bytes(const struct train_job *j)
{
    struct training r;
    struct train_taker t = {0};
    prepare_training(&r, j);
    train_take(&t, 1, sizeof r);
    lay_out_training(&r, &t);
    return t.failed ? SIZE_MAX : t.bytes;
}

struct training *train_new(const struct train_job *j, struct arena *a, struct err *e)
{
    struct train_taker t = {.a = a};
    struct training *r = train_take(&t, 1, sizeof *r);
    if (r) {
        prepare_training(r, j);
        lay_out_training(r, &t);
    }
    if (t.failed) {
        err_set(e, ERR_NOMEM, "no memory for this training: it needs %zu bytes", train_bytes(j));
        return NULL;
    }
    if (!r->steps) {
        err_set(e, ERR_USAGE,
                "drop_last leaves no step: batch_size is %d and there are %zu training samples; write a smaller "
                "batch_size or drop_last = no",
                j->spec->batch_size, j->view->n[DATA_TRAIN]);
        return NULL;
    }
    find_decay_spans(j, r->span);
    nn_net_init(r->net, j->seed);
    if (r->task.judge)
        judge_prepare(r->task.judge);
    if (r->task.type->prepare)
        r->task.type->prepare(&r->task);
    train_sampling_prepare(r);
    r->guess = r->task.type->guess(&r->task);
    r->p.schedule.factor = 1;
    return r;
}
