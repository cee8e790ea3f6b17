/* run.c - memory of a run, and its epochs. */
#include "train/run.h"
#include "base/rng.h"

#include <assert.h>
#include <math.h>
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
    return most < (size_t)j->spec->eval_batch ? (int)(most ? most : 1) : j->spec->eval_batch;
}

int train_selector(const struct train_job *j)
{
    int m = j->spec->metric, accuracy = m == M_TRAIN_ACCURACY || m == M_VAL_ACCURACY || m == M_TEST_ACCURACY;
    if (m == M_TRAIN_LOSS || m == M_TRAIN_ACCURACY || !j->view->n[DATA_VALIDATION])
        return accuracy ? M_TRAIN_ACCURACY : M_TRAIN_LOSS;
    return accuracy ? M_VAL_ACCURACY : M_VAL_LOSS;
}

static float decay_of(const struct train_spec *s, const struct nn_tensor *t)
{
    return t->role == NN_WEIGHT || s->decay_all ? (float)s->weight_decay : 0;
}

/* Neighbouring tensors of equal decay become one stretch, padding included. Returns their number; s NULL: only counts.
 */
static size_t find_stretches(const struct train_job *j, struct train_stretch *s)
{
    const struct nn_graph *g = j->graph;
    size_t n = 0, at = 0;
    float last = 0;
    for (int i = 0; i < g->nnodes; i++)
        for (int t = 0; t < g->node[i].ntensors; t++) {
            const struct nn_tensor *ten = &g->node[i].tensor[t];
            float decay = decay_of(j->spec, ten);
            assert(ten->at >= at);
            at = ten->at;
            if (n && decay == last)
                continue;
            if (s) {
                s[n] = (struct train_stretch){n ? at : 0, g->param_floats - at, decay};
                if (n)
                    s[n - 1].len = at - s[n - 1].at;
            }
            last = decay;
            n++;
        }
    return n;
}

/* Takes from the arena, or with arena NULL only adds up what would be taken: one description of the memory for both. */
struct taker {
    struct arena *a;
    size_t bytes;
    int failed;
};

static void *take(struct taker *t, size_t n, size_t size)
{
    void *p = NULL;
    t->bytes += (n * size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (t->a && !t->failed) {
        p = arena_take(t->a, n * size);
        t->failed = !p;
    }
    return p;
}

static struct nn_net *take_net(struct taker *t, const struct train_job *j, int batch, int training)
{
    struct nn_net *net = NULL;
    struct err e = {0};
    t->bytes += (nn_net_bytes(j->graph, batch, training) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (t->a && !t->failed) {
        net = nn_net_new(j->graph, batch, training, j->k, t->a, &e);
        t->failed = !net;
    }
    return net;
}

static void lay_out(struct train_run *r, struct taker *t)
{
    const struct train_job *j = &r->job;
    const struct nn_graph *g = j->graph;
    const size_t *n = j->view->n, f = sizeof(float), classes = (size_t)g->classes;
    int train = train_batch(j), eval = train_eval_batch(j);
    size_t larger = (size_t)(train > eval ? train : eval);
    size_t eval_lanes = ((size_t)eval + LANES - 1) / LANES * LANES;

    r->net = take_net(t, j, train, 1);
    r->eval = take_net(t, j, eval, 0);
    for (int i = 0; i < r->nstates; i++)
        r->state[i] = take(t, g->param_floats, f);
    if (j->spec->select == 0) {
        r->best_w = take(t, g->param_floats, f);
        r->best_buffers = take(t, g->buffer_floats, f);
    }
    r->nstretches = find_stretches(j, NULL);
    r->stretch = take(t, r->nstretches, sizeof *r->stretch);
    r->order = take(t, n[DATA_TRAIN], sizeof *r->order);
    r->at = take(t, (size_t)eval, sizeof *r->at);
    r->sample = take(t, larger, sizeof *r->sample);
    r->label = take(t, larger, sizeof *r->label);
    r->loss = take(t, larger, f);
    r->prob = take(t, eval_lanes * classes, f);
    r->score = take(t, n[DATA_TEST] * classes, f);
    r->truth = take(t, n[DATA_TEST], 1);
    r->key = take(t, n[DATA_TEST], sizeof *r->key);
    r->confusion = take(t, classes * classes, sizeof *r->confusion);
    r->auc = take(t, classes, sizeof *r->auc);
}

static void prepare(struct train_run *r, const struct train_job *j)
{
    memset(r, 0, sizeof *r);
    r->job = *j;
    r->nstates = optimizer_types[j->spec->optimizer]->states(j->spec->optimizer_args);
    uint64_t n = j->view->n[DATA_TRAIN], batch = (uint64_t)j->spec->batch_size;
    r->steps_per_epoch = j->spec->drop_last ? n / batch : (n + batch - 1) / batch;
    r->steps = r->steps_per_epoch * (uint64_t)j->spec->epochs;
}

size_t train_bytes(const struct train_job *j)
{
    struct train_run r;
    struct taker t = {0};
    prepare(&r, j);
    take(&t, 1, sizeof r);
    lay_out(&r, &t);
    return t.bytes;
}

struct train_run *train_new(const struct train_job *j, struct arena *a, struct err *e)
{
    struct taker t = {.a = a};
    struct train_run *r = take(&t, 1, sizeof *r);
    if (r) {
        prepare(r, j);
        lay_out(r, &t);
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
    find_stretches(j, r->stretch);
    nn_net_init(r->net, j->seed);
    return r;
}

float train_clip(const struct train_spec *s, double norm)
{
    if (s->clip_norm <= 0)
        return 1;
    double scale = s->clip_norm / (norm + 1e-6);
    return scale < 1 ? (float)scale : 1;
}

void train_update(struct train_run *r, float lr, float gscale)
{
    const struct train_spec *s = r->job.spec;
    const struct optimizer_type *o = optimizer_types[s->optimizer];
    r->p.step++;
    for (size_t i = 0; i < r->nstretches; i++) {
        size_t at = r->stretch[i].at;
        float *state[TRAIN_STATES] = {0};
        for (int v = 0; v < r->nstates; v++)
            state[v] = r->state[v] + at;
        o->step(r->job.k, s->optimizer_args, r->p.step, lr, r->stretch[i].decay, gscale, r->stretch[i].len,
                r->net->dw + at, r->net->w + at, state);
    }
}

struct sums { /* over an epoch */
    double loss, norm;
    size_t right, seen;
};

static int diverged(const struct train_run *r, const char *what, double value, struct err *e)
{
    uint64_t step = r->p.step - (uint64_t)r->p.epoch * r->steps_per_epoch + 1;
    return err_set(e, ERR_DIVERGED,
                   "%s is %s in epoch %d, step %llu; try a smaller train.lr (now %g), train.warmup or train.clip_norm",
                   what, isnan(value) ? "nan" : "infinite", r->p.epoch + 1, (unsigned long long)step, r->job.spec->lr);
}

static void load_batch(struct train_run *r, uint64_t from, struct nn_pass *p)
{
    const struct train_job *j = &r->job;
    data_batch(j->view, DATA_TRAIN, r->order + from, p->n, 1, j->seed, p->epoch, r->net->x, r->label, r->sample);
}

static double forward(struct train_run *r, const struct nn_pass *p, struct sums *sum)
{
    const struct nn_graph *g = r->job.graph;
    double loss = 0;
    nn_forward(r->net, p);
    r->job.k->softmax_xent(p->n, g->classes, r->net->z, r->label, (float)r->job.spec->label_smoothing, 1 / (float)p->n,
                           r->loss, NULL, r->net->dz);
    for (int i = 0; i < p->n; i++) {
        const float *z = r->net->z + (size_t)(i / LANES) * (size_t)g->classes * LANES + i % LANES;
        sum->right += train_argmax(z, g->classes) == r->label[i];
        loss += r->loss[i];
    }
    sum->loss += loss;
    sum->seen += (size_t)p->n;
    return loss;
}

/* Gradients; returns their L2 norm (padding is 0). */
static double backward(struct train_run *r, const struct nn_pass *p)
{
    nn_backward(r->net, p);
    return sqrt(r->job.k->sum_squares(r->job.graph->param_floats, r->net->dw));
}

static int train_step(struct train_run *r, uint64_t from, struct nn_pass *p, float lr, struct sums *sum, struct err *e)
{
    load_batch(r, from, p);
    double loss = forward(r, p, sum);
    if (!isfinite(loss))
        return diverged(r, "loss", loss, e);
    double norm = backward(r, p);
    if (!isfinite(norm))
        return diverged(r, "gradient norm", norm, e);
    sum->norm += norm;
    train_update(r, lr, train_clip(r->job.spec, norm));
    return 0;
}

/* All steps of epoch p.epoch + 1. */
static int train_steps(struct train_run *r, struct epoch_row *row, struct err *e)
{
    const struct train_job *j = &r->job;
    uint64_t n = j->view->n[DATA_TRAIN], batch = (uint64_t)j->spec->batch_size, first = r->p.step;
    struct sums sum = {0};
    for (uint64_t i = 0; i < r->steps_per_epoch; i++) {
        uint64_t from = i * batch, left = n - from;
        int m = (int)(left < batch ? left : batch);
        struct nn_pass p = {.n = m,
                            .blocks = (m + LANES - 1) / LANES,
                            .training = 1,
                            .seed = j->seed,
                            .epoch = (uint32_t)r->p.epoch + 1,
                            .sample = r->sample};
        row->lr = (float)train_lr_at(j->spec, first + i, r->steps, r->steps_per_epoch);
        if (train_step(r, from, &p, row->lr, &sum, e))
            return -1;
    }
    row->train_loss = (float)(sum.loss / (double)sum.seen);
    row->train_accuracy = (float)((double)sum.right / (double)sum.seen);
    row->grad_norm = (float)(sum.norm / (double)r->steps_per_epoch);
    return 0;
}

/* The last step's weights have not been through a forward pass yet. */
static int weights_finite(const struct train_run *r, struct err *e)
{
    const struct nn_graph *g = r->job.graph;
    double w = r->job.k->sum_squares(g->param_floats, r->net->w);
    double b = g->buffer_floats ? r->job.k->sum_squares(g->buffer_floats, r->net->buffers) : 0;
    if (isfinite(w) && isfinite(b))
        return 0;
    return err_set(e, ERR_DIVERGED, "%s not finite after epoch %d; try a smaller train.lr (now %g) or train.clip_norm",
                   isfinite(w) ? "running statistics are" : "weights are", r->p.epoch + 1, r->job.spec->lr);
}

static int validate(struct train_run *r, struct epoch_row *row, struct err *e)
{
    row->val_loss = row->val_accuracy = NAN;
    if (!r->job.view->n[DATA_VALIDATION])
        return 0;
    train_measure_these(r, r->net->w, r->net->buffers);
    struct train_measure m = train_measure(r, DATA_VALIDATION, 0);
    row->val_loss = (float)m.loss;
    row->val_accuracy = (float)m.accuracy;
    if (!isfinite(m.loss))
        return err_set(e, ERR_DIVERGED, "validation loss is %s after epoch %d; try a smaller train.lr (now %g)",
                       isnan(m.loss) ? "nan" : "infinite", r->p.epoch + 1, r->job.spec->lr);
    return 0;
}

static void shuffle(struct train_run *r)
{
    uint32_t n = (uint32_t)r->job.view->n[DATA_TRAIN];
    struct rng g;
    for (uint32_t i = 0; i < n; i++)
        r->order[i] = i;
    rng_init(&g, r->job.seed, RNG_SHUFFLE, (uint32_t)r->p.epoch + 1, 0);
    rng_shuffle(&g, r->order, n);
}

static float selecting_value(const struct train_run *r, const struct epoch_row *row)
{
    const float value[] = {row->train_loss, row->train_accuracy, row->val_loss, row->val_accuracy};
    return value[train_selector(&r->job)];
}

/* By how much a is better than b. */
static double gain(const struct train_run *r, float a, float b)
{
    return r->job.spec->maximise ? (double)a - (double)b : (double)b - (double)a;
}

/* Best epoch (of equals the first) and early stopping: a slow creep by less than min_delta an epoch makes a new best,
 * but does not stop the waiting. */
static void judge(struct train_run *r, const struct epoch_row *row)
{
    const struct nn_graph *g = r->job.graph;
    struct train_progress *p = &r->p;
    float value = selecting_value(r, row);
    int first = p->epoch == 0;
    if (!r->best_w || first || gain(r, value, selecting_value(r, &p->best)) > 0) {
        p->best = *row;
        if (r->best_w) {
            train_copy(r->best_w, r->net->w, g->param_floats);
            train_copy(r->best_buffers, r->net->buffers, g->buffer_floats);
        }
    }
    if (first || gain(r, value, p->reference) > r->job.spec->min_delta) {
        p->reference = value;
        p->wait = 0;
    } else {
        p->wait++;
    }
    p->stopped = r->job.spec->patience > 0 && p->wait >= r->job.spec->patience;
}

int train_epoch(struct train_run *r, struct epoch_row *row, struct err *e)
{
    assert(!train_done(r));
    memset(row, 0, sizeof *row);
    row->epoch = r->p.epoch + 1;
    shuffle(r);
    if (train_steps(r, row, e) || weights_finite(r, e) || validate(r, row, e))
        return -1;
    judge(r, row);
    r->p.epoch++;
    return 0;
}

int train_done(const struct train_run *r)
{
    return r->p.stopped || r->p.epoch >= r->job.spec->epochs;
}

int train_epochs_run(const struct train_run *r)
{
    return r->p.epoch;
}
