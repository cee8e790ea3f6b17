/* classify.c - the task of telling classes apart: the output is a logit for each class. */
#include "train/tasks/class_findings.h"
#include "train/tasks/class_loss.h"
#include "train/training.h"

#include <math.h>
#include <string.h>

struct classify {
    double loss, weight; /* sums over the samples: of the losses, each times its weight, and of the weights */
    struct class_counts *counts;
    struct class_loss of;
    int32_t *answer; /* [larger batch] the classes that samples are taken for */
    struct class_findings *findings;
    float *other_loss, *other_dz; /* of a batch whose samples are mixed: those of the second labels */
};
_Static_assert(sizeof(struct classify) <= TASK_OWN, "there is room for it");

static int classify_outputs(struct target_kind target)
{
    return target.maps ? 0 : target.classes;
}

static unsigned classify_measured(const struct train_spec *s, const struct nn_graph *g, const struct dataset *d)
{
    (void)s, (void)g;
    return 1u << METRIC_LOSS | class_counts_metrics(data_classes(d));
}

/* Shares are kept of the splits whose AUC is measured: to keep and sort those of every training sample after each epoch
 * would take room and time, so that is done only where an epoch is selected by it. */
static int scores_training(const struct train_task *t)
{
    return train_selector(t->job) == M_TRAIN_AUC;
}

/* Samples of an epoch of training. */
static size_t samples_of_epoch(const struct train_task *t)
{
    const struct train_spec *s = t->job->spec;
    const size_t n = t->job->view->n[DATA_TRAIN];
    return s->epoch_steps ? (size_t)s->epoch_steps * (size_t)s->accumulate * (size_t)s->batch_size : n;
}

static size_t most_scores(const struct train_task *t)
{
    const size_t *n = t->job->view->n, training = scores_training(t) ? samples_of_epoch(t) : 0;
    size_t most = n[DATA_TEST] > n[DATA_VALIDATION] ? n[DATA_TEST] : n[DATA_VALIDATION];
    if (training > 0 && n[DATA_TRAIN] > most)
        most = n[DATA_TRAIN];
    return training > most ? training : most;
}

static void lay_out_counts(struct train_task *t, struct train_taker *memory)
{
    struct classify *c = (void *)t->own;
    const size_t classes = (size_t)t->outputs, most = most_scores(t);
    struct class_counts counts = {.classes = t->outputs, .most = most};
    c->counts = train_take(memory, 1, sizeof *c->counts);
    counts.confusion = train_take(memory, classes * classes, sizeof *counts.confusion);
    counts.score = train_take(memory, most * classes, sizeof *counts.score);
    counts.truth = train_take(memory, most, sizeof *counts.truth);
    counts.taken = train_take(memory, most, sizeof *counts.taken);
    counts.order = train_take(memory, 2 * most, sizeof *counts.order);
    if (c->counts)
        *c->counts = counts;
}

static void classify_lay_out(struct train_task *t, size_t eval, struct train_taker *memory)
{
    struct classify *c = (void *)t->own;
    const size_t classes = (size_t)t->outputs, batch = (size_t)blocks_of(train_batch(t->job)) * LANES;
    const size_t measured = (size_t)blocks_of((int)eval) * LANES, larger = batch > measured ? batch : measured;
    struct class_findings counted; /* where memory is only counted */
    if (train_mixes(t->job->spec)) {
        c->other_loss = train_take(memory, batch, sizeof *c->other_loss);
        c->other_dz = train_take(memory, batch * classes, sizeof *c->other_dz);
    }
    lay_out_counts(t, memory);
    class_loss_lay_out(&c->of, t, t->outputs, batch, larger, memory);
    c->answer = train_take(memory, larger, sizeof *c->answer);
    c->findings = train_take(memory, 1, sizeof *c->findings);
    class_findings_lay_out(c->findings ? c->findings : &counted, t, memory);
}

static void count_samples_of_classes(const struct data_view *v, enum data_split split, size_t count[DATA_CLASSES])
{
    const uint8_t *label = field_bytes(data_target(v->set), part_of(split));
    memset(count, 0, DATA_CLASSES * sizeof *count);
    for (size_t i = 0; i < v->n[split]; i++)
        count[label[v->index[split][i]]]++;
}

static void classify_prepare(struct train_task *t)
{
    struct classify *c = (void *)t->own;
    size_t count[DATA_CLASSES];
    count_samples_of_classes(t->job->view, DATA_TRAIN, count);
    class_loss_prepare(&c->of, t, count);
}

static void classify_begin(struct train_task *t, int training)
{
    struct classify *c = (void *)t->own;
    c->loss = c->weight = 0;
    class_counts_begin(c->counts, !training || scores_training(t));
}

static const float *logits_of(const struct train_task *t, const float *z, int i)
{
    return z + lane_at((struct shape){VECTOR, t->outputs, 1, 1, 1}, i, 0, 0, 0);
}

/* Those of the batch, of samples that are mixed against both labels, and the gradient of their sum over the sum of the
 * weights, which is returned; where all weigh 0 the gradient is 0. */
static double weighted_loss(struct train_task *t, const struct batch *b, const float *z, float *dz)
{
    struct classify *c = (void *)t->own;
    const float share = b->other ? b->share : 1, rest = 1 - share;
    double sum = b->n;
    if (c->of.class_weight)
        sum = (double)share * class_loss_weigh(&c->of, b->n, b->label) +
              (b->other ? (double)rest * class_loss_weigh(&c->of, b->n, b->other) : 0);
    const float scale = c->of.class_weight ? (float)(sum > 0 ? 1 / sum : 0) : 1 / (float)b->n;
    class_loss_of_labels(&c->of, t, b, share, scale, z, t->each, dz);
    if (!b->other)
        return sum;
    struct batch other = *b;
    other.label = b->other;
    class_loss_of_labels(&c->of, t, &other, rest, scale, z, c->other_loss, c->other_dz);
    t->job->k->add_scaled((size_t)(b->blocks * t->outputs) * LANES, 1, c->other_dz, dz, dz);
    for (int i = 0; i < b->n; i++)
        t->each[i] += c->other_loss[i];
    return sum;
}

static double classify_step(struct train_task *t, const struct batch *b, const float *z, float *dz)
{
    struct classify *c = (void *)t->own;
    double loss = 0;
    const int32_t *label = b->other && b->share < 0.5f ? b->other : b->label;
    c->weight += weighted_loss(t, b, z, dz);
    class_loss_softmax(&c->of, t, b->n, label, z);
    class_counts_add(c->counts, b->n, z, c->of.prob, c->of.cross_entropy, label, c->answer);
    for (int i = 0; i < b->n; i++)
        loss += t->each[i];
    c->loss += loss;
    return loss;
}

static int classify_hold_out(int outputs)
{
    (void)outputs;
    return 3;
}

static void hold_class(struct train_task *t, size_t number, uint32_t sample, int label, int predicted,
                       const float *prob)
{
    double *to = t->held_out + number * (size_t)t->held_columns;
    to[0] = sample;
    to[1] = label;
    to[2] = predicted;
    to[3] = (double)prob[predicted * LANES];
}

static void classify_measure(struct train_task *t, const struct batch *b, const float *z, size_t from, int keep)
{
    struct classify *c = (void *)t->own;
    const float *loss = c->of.cross_entropy;
    class_loss_softmax(&c->of, t, b->n, b->label, z);
    if (t->loss != &loss_cross_entropy) {
        t->loss->compute(t->job->spec, 0, b, t->outputs, z, 1, t->each, NULL);
        loss = t->each;
    }
    class_counts_add(c->counts, b->n, z, c->of.prob, c->of.cross_entropy, b->label, c->answer);
    for (int i = 0; i < b->n; i++) {
        c->loss += loss[i];
        if (keep == KEEP_HELD_OUT)
            hold_class(t, from + (size_t)i, b->key[i], b->label[i], c->answer[i], logits_of(t, c->of.prob, i));
    }
    c->weight += b->n;
}

static void classify_values(const struct train_task *t, float v[METRICS])
{
    const struct classify *c = (const void *)t->own;
    class_counts_values(c->counts, v);
    v[METRIC_LOSS] = (float)(c->loss / c->weight);
}

static void classify_finish(struct train_task *t, struct train_result *out)
{
    struct classify *c = (void *)t->own;
    class_findings_tables(c->findings, t, c->counts, out);
}

static struct constant_guess classify_guess(struct train_task *t)
{
    struct classify *c = (void *)t->own;
    const struct data_view *v = t->job->view;
    size_t trained[DATA_CLASSES], judged[DATA_CLASSES];
    count_samples_of_classes(v, DATA_TRAIN, trained);
    count_samples_of_classes(v, v->n[DATA_VALIDATION] ? DATA_VALIDATION : DATA_TRAIN, judged);
    return class_loss_guess(&c->of, t, trained, judged);
}

static const struct loss_type *const classify_losses[] = {&loss_cross_entropy, &loss_focal, &loss_hinge, &loss_bce,
                                                          NULL};

const struct task_type task_classify = {
    .name = "classify",
    .help = "tell classes apart: an output for each class, of which the largest is the answer",
    .mixes = MIXES_SHARES,
    .one = "class",
    .many = "classes",
    .by_class = 1,
    .outputs = classify_outputs,
    .metrics = 1u << METRIC_LOSS | 1u << METRIC_ACCURACY | 1u << METRIC_PRECISION | 1u << METRIC_RECALL |
               1u << METRIC_F1 | 1u << METRIC_KAPPA | 1u << METRIC_MATTHEWS | 1u << METRIC_AUC | 1u << METRIC_LOG_LOSS |
               1u << METRIC_BRIER | 1u << METRIC_ECE | 1u << METRIC_TOP3 | 1u << METRIC_TOP5,
    .selecting = {[DATA_TRAIN] = 1u << METRIC_AUC},
    .measured = classify_measured,
    .losses = classify_losses,
    .lay_out = classify_lay_out,
    .prepare = classify_prepare,
    .begin = classify_begin,
    .step = classify_step,
    .hold_out = classify_hold_out,
    .measure = classify_measure,
    .values = classify_values,
    .guess = classify_guess,
    .finish = classify_finish,
};
