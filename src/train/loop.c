/* loop.c - steps and epochs: a batch is loaded, goes forward, its gradients come back, the optimizer steps. */
#include "base/rng.h"
#include "train/training.h"

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

void train_update(struct training *r, float lr, float gscale)
{
    const struct train_spec *s = r->job.spec;
    const struct optimizer_type *o = optimizer_types[s->optimizer];
    r->p.step++;
    for (size_t i = 0; i < r->nspans; i++) {
        const struct decay_span *span = &r->span[i];
        struct optimizer_call c = {.k = r->job.k,
                                   .t = r->p.step,
                                   .lr = lr,
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

static int diverged(const struct training *r, const char *what, double value, struct err *e)
{
    uint64_t step = r->p.step - (uint64_t)r->p.epoch * r->steps_per_epoch + 1;
    return err_set(e, ERR_DIVERGED,
                   "%s is %s in epoch %d, step %llu; try a smaller train.lr (now %g), train.warmup or train.clip_norm",
                   what, isnan(value) ? "nan" : "infinite", r->p.epoch + 1, (unsigned long long)step, r->job.spec->lr);
}

static void load_batch(struct training *r, uint64_t from, struct nn_pass *p)
{
    const struct train_job *j = &r->job;
    const struct data_draw draw = {j->seed, p->epoch};
    r->batch.x = r->net->x;
    data_batch(j->view, DATA_TRAIN, r->order + from, p->n, &draw, &r->batch);
}

static double forward_batch(struct training *r, const struct nn_pass *p)
{
    nn_forward(r->net, p);
    return r->task.type->step(&r->task, &r->batch, r->net->z, r->net->dz);
}

/* Gradients; returns their L2 norm (padding is 0). */
static double backward_batch(struct training *r, const struct nn_pass *p)
{
    nn_backward(r->net, p);
    return sqrt(r->job.k->sum_squares(r->job.graph->param_floats, r->net->dw));
}

static int train_step(struct training *r, uint64_t from, struct nn_pass *p, float lr, double *norms, struct err *e)
{
    load_batch(r, from, p);
    double loss = forward_batch(r, p);
    if (!isfinite(loss))
        return diverged(r, "loss", loss, e);
    double norm = backward_batch(r, p);
    if (!isfinite(norm))
        return diverged(r, "gradient norm", norm, e);
    *norms += norm;
    train_update(r, lr, train_clip(r->job.spec, norm));
    return 0;
}

/* All steps of epoch p.epoch + 1. */
static int train_steps(struct training *r, struct epoch_row *row, struct err *e)
{
    const struct train_job *j = &r->job;
    uint64_t n = j->view->n[DATA_TRAIN], batch = (uint64_t)j->spec->batch_size, first = r->p.step;
    double norms = 0;
    r->task.type->begin(&r->task);
    for (uint64_t i = 0; i < r->steps_per_epoch; i++) {
        uint64_t from = i * batch, left = n - from;
        int m = (int)(left < batch ? left : batch);
        struct nn_pass p = {.n = m,
                            .blocks = blocks_of(m),
                            .training = 1,
                            .seed = j->seed,
                            .epoch = (uint32_t)r->p.epoch + 1,
                            .sample = r->batch.key};
        row->lr = (float)(r->p.schedule.factor * train_lr_at(j->spec, first + i, r->steps, r->steps_per_epoch));
        if (train_step(r, from, &p, row->lr, &norms, e))
            return -1;
    }
    train_values(r, row->v[DATA_TRAIN]);
    row->grad_norm = (float)(norms / (double)r->steps_per_epoch);
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

static int validate_epoch(struct training *r, struct epoch_row *row, struct err *e)
{
    train_measure(r, DATA_VALIDATION, 0, row->v[DATA_VALIDATION]);
    float loss = row->v[DATA_VALIDATION][METRIC_LOSS];
    if (r->job.view->n[DATA_VALIDATION] && !isfinite(loss))
        return err_set(e, ERR_DIVERGED, "validation loss is %s after epoch %d; try a smaller train.lr (now %g)",
                       isnan(loss) ? "nan" : "infinite", r->p.epoch + 1, r->job.spec->lr);
    return 0;
}

static void shuffle_samples(struct training *r)
{
    uint32_t n = (uint32_t)r->job.view->n[DATA_TRAIN];
    struct rng g;
    for (uint32_t i = 0; i < n; i++)
        r->order[i] = i;
    rng_init(&g, r->job.seed, RNG_SHUFFLE, (uint32_t)r->p.epoch + 1, 0);
    rng_shuffle(&g, r->order, n);
}

int train_epoch(struct training *r, struct epoch_row *row, struct err *e)
{
    assert(!train_done(r));
    memset(row, 0, sizeof *row);
    row->epoch = r->p.epoch + 1;
    shuffle_samples(r);
    if (train_steps(r, row, e) || weights_finite(r, e) || validate_epoch(r, row, e))
        return -1;
    train_judge(r, row);
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
