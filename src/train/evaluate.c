/* evaluate.c - validation and test, with running statistics, in the order of the samples. Every image is independent of
 * the others in its batch and sums run over images in double, so that eval_batch changes nothing. */
#include "train/run.h"

#include <math.h>
#include <string.h>

int train_argmax(const float *z, int classes)
{
    int best = 0;
    for (int c = 1; c < classes; c++)
        if (z[c * LANES] > z[best * LANES])
            best = c;
    return best;
}

static void exchange(float *a, float *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float x = a[i];
        a[i] = b[i];
        b[i] = x;
    }
}

/* Those of the best epoch change places with those of the last; and again. */
static void exchange_best(struct train_run *r)
{
    const struct nn_graph *g = r->job.graph;
    exchange(r->net->w, r->best_w, g->param_floats);
    exchange(r->net->buffers, r->best_buffers, g->buffer_floats);
}

static void copy_weights(struct train_run *r)
{
    const struct nn_graph *g = r->job.graph;
    if (r->eval == r->net)
        return;
    train_copy(r->eval->w, r->net->w, g->param_floats);
    train_copy(r->eval->buffers, r->net->buffers, g->buffer_floats);
}

/* Images from .. from+n-1 of the split through the network, losses (and probabilities) into r. */
static void measure_batch(struct train_run *r, enum data_split split, uint32_t from, int n, int probabilities)
{
    const struct train_job *j = &r->job;
    for (int i = 0; i < n; i++)
        r->at[i] = from + (uint32_t)i;
    r->batch.x = r->eval->x;
    data_batch(j->view, split, r->at, n, NULL, &r->batch);
    struct nn_pass pass = {.n = n, .blocks = blocks_of(n), .training = 0, .seed = j->seed, .sample = r->batch.key};
    nn_forward(r->eval, &pass);
    j->k->softmax_xent(n, j->graph->classes, r->eval->z, r->batch.label, 0, 1, r->loss, probabilities ? r->prob : NULL,
                       NULL);
}

static void collect_image(struct train_run *r, size_t i, int lane_of, int predicted)
{
    int classes = r->job.graph->classes, label = r->batch.label[lane_of];
    const float *p = r->prob + lane_at(nn_output(r->job.graph), lane_of, 0, 0, 0);
    for (int c = 0; c < classes; c++)
        r->score[(size_t)c * r->job.view->n[DATA_TEST] + i] = p[c * LANES];
    r->truth[i] = (uint8_t)label;
    r->confusion[label * classes + predicted]++;
}

void train_measure(struct train_run *r, enum data_split split, int collect, float v[METRICS])
{
    size_t n = r->job.view->n[split], right = 0;
    int classes = r->job.graph->classes, batch = train_eval_batch(&r->job);
    const struct shape logits = nn_output(r->job.graph);
    double loss = 0;
    copy_weights(r);
    for (size_t from = 0; from < n; from += (size_t)batch) {
        int m = n - from < (size_t)batch ? (int)(n - from) : batch;
        measure_batch(r, split, (uint32_t)from, m, collect);
        for (int i = 0; i < m; i++) {
            int predicted = train_argmax(r->eval->z + lane_at(logits, i, 0, 0, 0), classes);
            right += predicted == r->batch.label[i];
            loss += r->loss[i];
            if (collect)
                collect_image(r, from + (size_t)i, i, predicted);
        }
    }
    v[METRIC_LOSS] = n ? (float)(loss / (double)n) : NAN;
    v[METRIC_ACCURACY] = n ? (float)((double)right / (double)n) : NAN;
}

void train_finish(struct train_run *r, struct train_result *out)
{
    const struct nn_graph *g = r->job.graph;
    size_t classes = (size_t)g->classes, n = r->job.view->n[DATA_TEST];
    int kept = r->best_w && r->p.best.epoch;
    memset(r->confusion, 0, classes * classes * sizeof *r->confusion);
    if (kept)
        exchange_best(r);
    train_measure(r, DATA_TEST, 1, &out->metric[metric_on(DATA_TEST, 0)]);
    if (kept)
        exchange_best(r);
    for (size_t c = 0; c < classes; c++)
        r->auc[c] = train_auc(n, r->score + c * n, r->truth, (int)c, r->key);
    const struct epoch_row *row = &r->p.best;
    out->epochs_run = r->p.epoch;
    out->best_epoch = row->epoch;
    for (int m = 0; m < M_EPOCHS; m++)
        out->metric[m] = row->epoch ? epoch_number(row, m) : NAN;
    out->confusion = r->confusion;
    out->auc = r->auc;
}
