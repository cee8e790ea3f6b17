/* evaluate.c - validation and test, with running statistics, in the order of the samples. Every image is independent of
 * the others in its batch and sums run over images in double, so that eval_batch changes nothing. */
#include "train/critic.h"

#include <math.h>
#include <string.h>

static void exchange_floats(float *a, float *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float x = a[i];
        a[i] = b[i];
        b[i] = x;
    }
}

/* Those of the best epoch change places with those of the last; and again. */
static void exchange_best(struct training *r)
{
    const struct nn_graph *g = r->job.graph;
    exchange_floats(r->net->w, r->best_w, g->param_floats);
    exchange_floats(r->net->buffers, r->best_buffers, g->buffer_floats);
}

/* Whether the means of weights are measured instead of them. */
static int measures_means(const struct training *r)
{
    return r->mean_w && !(r->job.spec->swa_from && !r->p.averaged);
}

void train_exchange_means(struct training *r)
{
    const struct nn_graph *g = r->job.graph;
    if (!measures_means(r))
        return;
    exchange_floats(r->net->w, r->mean_w, g->param_floats);
    exchange_floats(r->net->buffers, r->mean_buffers, g->buffer_floats);
}

static void copy_weights_to_eval(struct training *r)
{
    const struct nn_graph *g = r->job.graph;
    if (r->eval == r->net)
        return;
    train_copy(r->eval->w, r->net->w, g->param_floats);
    train_copy(r->eval->buffers, r->net->buffers, g->buffer_floats);
}

/* Images from .. from+n-1 of the split go through the network, and the task looks at what it puts out. */
static void measure_batch(struct training *r, enum data_split split, uint32_t from, int n, int keep)
{
    const struct train_job *j = &r->job;
    for (int i = 0; i < n; i++)
        r->at[i] = from + (uint32_t)i;
    train_fixed_prepare(r);
    r->batch.x = train_input(r, r->eval, split);
    r->batch.other = NULL;
    data_batch(j->view, split, r->at, n, NULL, &r->batch);
    struct nn_pass pass = {.n = n,
                           .blocks = blocks_of(n),
                           .training = 0,
                           .seed = j->seed,
                           .sample = r->batch.key,
                           .lengths = r->batch.lengths,
                           .target_lengths = r->batch.target_lengths,
                           .divergence = r->divergence};
    train_clear_divergence(r);
    train_fixed_forward(r, r->eval, split, r->at);
    if (r->task.judge)
        judge_see(r->task.judge, n, r->eval->x, r->batch.key, 0);
    nn_forward(r->eval, &pass);
    r->task.type->measure(&r->task, &r->batch, r->eval->z, from, keep);
    if (r->adversary.nodes)
        train_adversary_measure(r, n, from, keep);
}

void train_values(const struct training *r, float v[METRICS])
{
    for (int m = 0; m < METRICS; m++)
        v[m] = NAN;
    r->task.type->values(&r->task, v);
}

int train_measure(struct training *r, enum data_split split, int keep, float v[METRICS])
{
    size_t n = r->job.view->n[split];
    int batch = train_eval_batch(&r->job);
    copy_weights_to_eval(r);
    train_adversary_weights(r);
    if (r->task.judge)
        judge_begin(r->task.judge, (int)split);
    r->task.type->begin(&r->task, split == DATA_TRAIN); /* of a training set there may be no room for all answers */
    for (size_t from = 0; from < n; from += (size_t)batch)
        measure_batch(r, split, (uint32_t)from, n - from < (size_t)batch ? (int)(n - from) : batch, keep);
    const int bad = r->task.type->look ? r->task.type->look(r, split, keep) : 0;
    train_values(r, v);
    return bad;
}

void train_selected(const struct training *r, const float **w, const float **buffers)
{
    int best = r->best_w && r->p.best.epoch, mean = !best && measures_means(r);
    *w = best ? r->best_w : mean ? r->mean_w : r->net->w;
    *buffers = best ? r->best_buffers : mean ? r->mean_buffers : r->net->buffers;
}

void train_weights(struct training *r, float **w, float **buffers)
{
    train_fixed_changed(r);
    *w = r->net->w;
    *buffers = r->net->buffers;
}

void train_put_weights(struct training *r, const float *w, const float *buffers)
{
    train_copy(r->net->w, w, r->job.graph->param_floats);
    train_copy(r->net->buffers, buffers, r->job.graph->buffer_floats);
    train_fixed_changed(r);
}

int train_look(struct training *r, enum data_split split, float v[METRICS])
{
    return train_measure(r, split, split == DATA_TEST ? KEEP_TEST : KEEP_NOTHING, v);
}

int train_left(struct training *r, struct train_table table[TRAIN_TABLES])
{
    struct train_result all = {.ntables = 0};
    if (r->task.type->finish)
        r->task.type->finish(&r->task, &all);
    memcpy(table, all.table, sizeof all.table);
    return all.ntables;
}

int train_finish(struct training *r, struct train_result *out)
{
    void (*exchange)(struct training * r) = r->best_w && r->p.best.epoch ? exchange_best : train_exchange_means;
    float seen[METRICS];
    int bad = 0;
    exchange(r);
    if (r->task.held_columns) /* first: the task forgets the rest of it */
        bad = train_measure(r, DATA_VALIDATION, KEEP_HELD_OUT, seen);
    bad |= train_measure(r, DATA_TEST, KEEP_TEST, &out->metric[metric_on(DATA_TEST, 0)]);
    train_regions_look(r);
    exchange(r);
    out->ntables = 0;
    if (r->task.type->finish)
        r->task.type->finish(&r->task, out);
    train_regions_leave(r, out);
    if (r->task.held_columns)
        out->table[out->ntables++] = (struct train_table){TRAIN_HELD_OUT, (int)r->job.view->n[DATA_VALIDATION],
                                                          r->task.held_columns, 0, r->task.held_out};
    train_detail(r, &out->ntables, out->table);
    const struct epoch_row *row = &r->p.best;
    out->epochs_run = r->p.epoch;
    out->best_epoch = row->epoch;
    for (int m = 0; m < M_EPOCHS; m++)
        out->metric[m] = row->epoch ? epoch_number(row, m) : NAN;
    return bad;
}
