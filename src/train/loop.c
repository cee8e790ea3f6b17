/* loop.c - steps and epochs: a batch is loaded, goes forward, its gradients come back, the optimizer steps. */
#include "train/critic.h"

#include <assert.h>
#include <math.h>
#include <string.h>

float train_clip(const struct train_spec *s, double norm)
{
    if (s->clip_norm <= 0)
        return 1;
    double scale = s->clip_norm / (norm + 1e-6);
    return scale < 1 ? (float)scale : 1;
}

uint64_t train_frozen_steps(const struct training *r)
{
    return (uint64_t)(r->job.graph->unfreeze_at - 1) * r->steps_per_epoch;
}

/* The t-th update of the parameters from .. to, of what was frozen the (t - frozen)-th. */
static void update_spans(struct training *r, float lr, float gscale, uint64_t t, uint64_t frozen)
{
    const struct train_spec *s = r->job.spec;
    const struct optimizer_type *o = optimizer_types[s->optimizer];
    const int freezes = train_freezes(r);
    for (size_t i = 0; i < r->nspans; i++) {
        const struct decay_span *span = &r->span[i];
        if ((span->frozen && freezes) || span->at < r->from || span->at >= r->to)
            continue;
        struct optimizer_call c = {.k = r->job.k,
                                   .t = t - (span->frozen ? frozen : 0),
                                   .lr = span->lr_scale == 1 ? lr : lr * span->lr_scale,
                                   .wd = span->decay,
                                   .gscale = gscale,
                                   .len = span->len,
                                   .g = r->net->dw + span->at,
                                   .w = r->net->w + span->at,
                                   .tensor = o->scratch ? span->tensor : NULL,
                                   .scratch = r->optimizer_scratch};
        for (int v = 0; v < r->nstates; v++)
            c.state[v] = r->state[v] + span->at;
        o->step(s->optimizer_args, &c);
    }
}

void train_update(struct training *r, float lr, float gscale)
{
    r->p.step++;
    update_spans(r, lr, gscale, r->p.step, train_frozen_steps(r));
}

/* Shortens the rows of a weight tensor, each the weights into one output, that are longer than max_norm. */
static void limit_rows(const struct nn_tensor *t, double max_norm, float *w)
{
    for (size_t at = 0, row = nn_tensor_row(t); at + row <= t->n; at += row) {
        double square = 0;
        for (size_t i = 0; i < row; i++)
            square += (double)w[at + i] * (double)w[at + i];
        for (size_t i = 0; square > max_norm * max_norm && i < row; i++)
            w[at + i] = (float)((double)w[at + i] * (max_norm / sqrt(square)));
    }
}

/* Calls f for each weight tensor. */
static void each_weight_tensor(struct training *r, void (*f)(struct training *r, const struct nn_tensor *t))
{
    const struct nn_graph *g = r->job.graph;
    for (int i = 0; i < g->nnodes; i++)
        for (int t = 0; t < g->node[i].ntensors; t++)
            if (g->node[i].tensor[t].role == NN_WEIGHT && !train_skips(r, &g->node[i].tensor[t]))
                f(r, &g->node[i].tensor[t]);
}

/* The sum of squares of the gradient of what is trained. */
static double gradient_squares(const struct training *r)
{
    double sum = 0;
    if (!train_freezes(r))
        return r->job.k->sum_squares(r->to - r->from, r->net->dw + r->from);
    for (size_t i = 0; i < r->nspans; i++)
        if (!r->span[i].frozen && r->span[i].at >= r->from && r->span[i].at < r->to)
            sum += r->job.k->sum_squares(r->span[i].len, r->net->dw + r->span[i].at);
    return sum;
}

static void clip_gradient_values(struct training *r)
{
    const int freezes = train_freezes(r);
    for (size_t i = 0; i < r->nspans; i++)
        if (!(r->span[i].frozen && freezes) && r->span[i].at >= r->from && r->span[i].at < r->to)
            r->job.k->clip_values(r->span[i].len, (float)r->job.spec->clip_value, r->net->dw + r->span[i].at);
}

static void limit_weights(struct training *r, const struct nn_tensor *t)
{
    limit_rows(t, r->job.spec->max_norm, r->net->w + t->at);
}

static void pull_weights(struct training *r, const struct nn_tensor *t)
{
    r->job.k->l1_gradient(PAD16(t->n), (float)r->job.spec->l1, r->net->w + t->at, r->net->dw + t->at);
}

/* mean = decay mean + (1 - decay) now; with decay 0 it is what there is now. */
static void move_mean(const struct kernels *k, float decay, size_t n, const float *now, float *mean)
{
    k->scaled(n, decay, mean, mean);
    k->add_scaled(n, 1 - decay, now, mean, mean);
}

/* The mean of what does not change is it, to the bit. */
static void keep_frozen_means(struct training *r)
{
    const struct nn_graph *g = r->job.graph;
    for (int i = 0; train_freezes(r) && i < g->nnodes; i++) {
        const struct nn_node *nd = &g->node[i];
        for (int t = 0; t < nd->ntensors; t++)
            if (nd->tensor[t].frozen)
                train_copy(r->mean_w + nd->tensor[t].at, r->net->w + nd->tensor[t].at, nd->tensor[t].n);
        if (nd->frozen)
            train_copy(r->mean_buffers + nd->buffers_at, r->net->buffers + nd->buffers_at, nd->nbuffers);
    }
}

static void move_means(struct training *r)
{
    const struct nn_graph *g = r->job.graph;
    const float decay = r->p.step == 1 ? 0 : (float)r->job.spec->ema;
    move_mean(r->job.k, decay, g->param_floats, r->net->w, r->mean_w);
    move_mean(r->job.k, decay, g->buffer_floats, r->net->buffers, r->mean_buffers);
    keep_frozen_means(r);
}

int train_diverged(const struct training *r, const char *what, double value, struct err *e)
{
    uint64_t step = r->p.step - (uint64_t)r->p.epoch * r->steps_per_epoch + 1;
    return err_set(e, ERR_DIVERGED,
                   "%s is %s in epoch %d, step %llu; try a smaller train.lr (now %g), train.warmup or train.clip_norm",
                   what, isnan(value) ? "nan" : "infinite", r->p.epoch + 1, (unsigned long long)step, r->job.spec->lr);
}

void train_load_batch(struct training *r, uint64_t from, struct nn_pass *p)
{
    const struct train_job *j = &r->job;
    const struct data_draw draw = {j->seed, p->epoch};
    train_fixed_prepare(r);
    r->batch.x = train_input(r, r->net, DATA_TRAIN);
    r->batch.other = NULL;
    train_streams(r, from, p->n);
    data_batch(j->view, DATA_TRAIN, r->order + from, p->n, &draw, &r->batch);
    train_clear_divergence(r);
}

static double forward_batch(struct training *r, const struct nn_pass *p)
{
    nn_forward(r->net, p);
    return r->task.type->step(&r->task, &r->batch, r->net->z, r->net->dz);
}

/* What is done to the gradients of a step before clip_norm; returns their L2 norm (padding is 0). */
static double finish_step_gradient(struct training *r)
{
    const struct train_spec *s = r->job.spec;
    train_units_step(r);
    if (s->l1 > 0)
        each_weight_tensor(r, pull_weights);
    if (s->clip_value > 0)
        clip_gradient_values(r);
    return sqrt(gradient_squares(r));
}

struct nn_pass train_pass_of_batch(const struct training *r, uint64_t number, uint64_t *from)
{
    uint64_t n = r->job.view->n[DATA_TRAIN], batch = (uint64_t)r->job.spec->batch_size;
    *from = number * batch;
    int m = (int)(n - *from < batch ? n - *from : batch);
    return (struct nn_pass){.n = m,
                            .blocks = blocks_of(m),
                            .training = 1,
                            .frozen = train_freezes(r),
                            .keep_all = !train_drops(r),
                            .seed = r->job.seed,
                            .epoch = r->round,
                            .sample = r->batch.stream ? r->batch.stream : r->batch.key,
                            .lengths = r->batch.lengths,
                            .target_lengths = r->batch.target_lengths,
                            .divergence = r->divergence,
                            .divergence_scale = (float)(r->job.spec->beta / m)};
}

/* Forward and backward; the gradient is in net->dw. */
static int train_batch_pass(struct training *r, uint64_t number, int *samples, struct err *e)
{
    uint64_t from;
    struct nn_pass p = train_pass_of_batch(r, number, &from);
    train_load_batch(r, from, &p);
    if (train_mixes(r->job.spec))
        train_mix_batch(r, number);
    train_fixed_forward(r, r->net, DATA_TRAIN, r->order + from);
    double loss = forward_batch(r, &p);
    if (!isfinite(loss))
        return train_diverged(r, "loss", loss, e);
    nn_backward(r->net, &p);
    *samples = p.n;
    return 0;
}

/* The mean over the samples of batches first..last-1: each batch's gradient is the mean over its own. */
static int mean_gradient(struct training *r, uint64_t first, uint64_t last, struct err *e)
{
    const size_t n = r->job.graph->param_floats;
    int seen = 0, samples = 0;
    for (uint64_t b = first; b < last; b++, seen += samples) {
        if (train_batch_pass(r, b, &samples, e))
            return -1;
        if (seen)
            move_mean(r->job.k, (float)seen / (float)(seen + samples), n, r->net->dw, r->gradient);
        else if (last - first > 1)
            train_copy(r->gradient, r->net->dw, n);
    }
    if (last - first > 1)
        train_copy(r->net->dw, r->gradient, n);
    return 0;
}

int train_apply(struct training *r, float lr, uint64_t t, uint64_t frozen, double *norm, struct err *e)
{
    *norm = finish_step_gradient(r);
    if (!isfinite(*norm))
        return train_diverged(r, "gradient norm", *norm, e);
    update_spans(r, lr, train_clip(r->job.spec, *norm), t, frozen);
    if (r->job.spec->max_norm > 0)
        each_weight_tensor(r, limit_weights);
    return 0;
}

static int train_step(struct training *r, uint64_t step, float lr, double *norm, struct err *e)
{
    const uint64_t each = (uint64_t)r->job.spec->accumulate, first = step * each;
    if (r->adversary.nodes ? train_adversarial_step(r, step, lr, norm, e)
                           : mean_gradient(r, first, first + each < r->batches ? first + each : r->batches, e) ||
                                 train_apply(r, lr, r->p.step + 1, train_frozen_steps(r), norm, e))
        return -1;
    r->p.step++;
    if (r->job.spec->ema > 0)
        move_means(r);
    return 0;
}

/* Adds the weights to their mean over epochs, and takes running statistics for it: from the last ones on, by a pass
 * over the training samples with the mean in the place of the weights. */
static void average_epoch(struct training *r)
{
    const struct nn_graph *g = r->job.graph;
    const uint64_t batches = g->buffer_floats ? r->batches : 0;
    move_mean(r->job.k, (float)r->p.averaged / (float)(r->p.averaged + 1), g->param_floats, r->net->w, r->mean_w);
    train_copy(r->mean_buffers, r->net->buffers, g->buffer_floats);
    keep_frozen_means(r);
    r->p.averaged++;
    train_exchange_means(r);
    for (uint64_t i = 0, from; i < batches; i++) {
        struct nn_pass p = train_pass_of_batch(r, i, &from);
        train_load_batch(r, from, &p);
        train_fixed_forward(r, r->net, DATA_TRAIN, r->order + from);
        nn_forward(r->net, &p);
    }
    train_exchange_means(r);
}

/* The norm of the gradient of the first weight tensor in net->dw as a share of that of all, `norm`. */
static float first_layer_gradient(const struct training *r, double norm)
{
    const struct nn_graph *g = r->job.graph;
    for (int i = 0; i < g->nnodes; i++)
        for (int t = 0; t < g->node[i].ntensors; t++) {
            const struct nn_tensor *w = &g->node[i].tensor[t];
            if (w->role == NN_WEIGHT && !train_skips(r, w))
                return norm > 0 ? (float)(sqrt(r->job.k->sum_squares(PAD16(w->n), r->net->dw + w->at)) / norm) : 0;
        }
    return NAN;
}

/* All steps of epoch p.epoch + 1. */
static int train_steps(struct training *r, struct epoch_row *row, struct err *e)
{
    const struct train_job *j = &r->job;
    const uint64_t first = r->p.step;
    double norm = 0, norms = 0;
    int compared = 0;
    if (r->task.judge)
        judge_begin(r->task.judge, -1);
    r->task.type->begin(&r->task, 1);
    train_units_begin(r);
    for (uint64_t i = 0; i < r->steps_per_epoch; i++) {
        const uint32_t round = (uint32_t)((first + i) / r->steps_a_round) + 1;
        if (round != r->round)
            train_order_round(r, round);
        row->lr = (float)(r->p.schedule.factor * train_lr_at(j->spec, first + i, r->steps, r->steps_per_epoch));
        if (train_step(r, (first + i) % r->steps_a_round, row->lr, &norm, e))
            return -1;
        norms += norm;
        if (i + 2 >= r->steps_per_epoch && r->batch.n >= compared) { /* of the last two, the last may be smaller */
            compared = r->batch.n;
            row->diversity = train_adversary_diversity(r);
        }
    }
    train_values(r, row->v[DATA_TRAIN]);
    row->grad_norm = (float)(norms / (double)r->steps_per_epoch);
    train_detail_epoch(r);
    row->first_layer_gradient = first_layer_gradient(r, norm);
    row->dead_units = train_units_dead(r);
    row->guess_loss = r->guess.loss;
    row->guess_accuracy = r->guess.accuracy;
    return 0;
}

/* The last step's weights have not been through a forward pass yet. */
static int weights_finite(const struct training *r, struct err *e)
{
    const struct nn_graph *g = r->job.graph;
    double w = r->job.k->sum_squares(g->param_floats, r->net->w);
    double b = g->buffer_floats ? r->job.k->sum_squares(g->buffer_floats, r->net->buffers) : 0;
    if (isfinite(w) && isfinite(b))
        return 0;
    return err_set(e, ERR_DIVERGED, "%s not finite after epoch %d; try a smaller train.lr (now %g) or train.clip_norm",
                   isfinite(w) ? "running statistics are" : "weights are", r->p.epoch + 1, r->job.spec->lr);
}

/* What the judge says of the training split, where that selects the epoch. */
static int judge_training_split(struct training *r, struct epoch_row *row)
{
    const int by = train_selector(&r->job);
    float v[METRICS];
    if (!r->task.judge || (by != M_TRAIN_FRECHET && by != M_TRAIN_INCEPTION))
        return 0;
    const int bad = train_measure(r, DATA_TRAIN, 0, v);
    row->v[DATA_TRAIN][METRIC_FRECHET] = v[METRIC_FRECHET];
    row->v[DATA_TRAIN][METRIC_INCEPTION] = v[METRIC_INCEPTION];
    return bad;
}

static int validate_epoch(struct training *r, struct epoch_row *row, struct err *e)
{
    if (judge_training_split(r, row) || train_measure(r, DATA_VALIDATION, 0, row->v[DATA_VALIDATION]))
        return err_set(e, ERR_NOMEM, "no memory to measure epoch %d", r->p.epoch + 1);
    float loss = row->v[DATA_VALIDATION][METRIC_LOSS];
    if (r->job.view->n[DATA_VALIDATION] && !isfinite(loss))
        return err_set(e, ERR_DIVERGED, "validation loss is %s after epoch %d; try a smaller train.lr (now %g)",
                       isnan(loss) ? "nan" : "infinite", r->p.epoch + 1, r->job.spec->lr);
    return 0;
}

int train_epoch(struct training *r, struct epoch_row *row, struct err *e)
{
    assert(!train_done(r));
    memset(row, 0, sizeof *row);
    row->epoch = r->p.epoch + 1;
    row->late_dropout = train_late_dropout(r->job.spec) && train_drops(r);
    if (train_steps(r, row, e) || weights_finite(r, e))
        return -1;
    if (r->job.spec->swa_from && row->epoch >= r->job.spec->swa_from)
        average_epoch(r);
    train_exchange_means(r);
    if (validate_epoch(r, row, e))
        return -1;
    row->warning = warning_after(row, &r->p.past);
    train_overfits(row, &r->p.overfit);
    train_judge(r, row);
    train_exchange_means(r);
    r->p.epoch++;
    return 0;
}

int train_done(const struct training *r)
{
    return r->p.stopped || r->p.epoch >= r->job.spec->epochs;
}

int train_epochs_run(const struct training *r)
{
    return r->p.epoch;
}
