/* class_loss.c computes the losses of classes with their weights, and those of a guess that is the same for every
 * sample. */
#include "train/tasks/class_loss.h"

#include "base/maths.h"

#include <math.h>
#include <string.h>

#define LEAST_SHARE 1e-6 /* of a class that has no sample, or whose samples weigh nothing */

void class_loss_lay_out(struct class_loss *c, const struct train_task *t, int classes, size_t trained, size_t most,
                        struct train_taker *memory)
{
    c->classes = classes;
    c->guess = train_take(memory, (size_t)classes * LANES, sizeof *c->guess);
    c->prob = train_take(memory, most * (size_t)classes, sizeof *c->prob);
    c->cross_entropy = train_take(memory, most, sizeof *c->cross_entropy);
    if (!train_weighs(t->job->spec))
        return;
    c->class_weight = train_take(memory, (size_t)classes, sizeof *c->class_weight);
    c->sample_weight = train_take(memory, trained, sizeof *c->sample_weight);
}

void class_loss_prepare(struct class_loss *c, const struct train_task *t, const size_t *count)
{
    if (c->class_weight)
        train_class_weights(t->job->spec, count, c->classes, c->class_weight);
}

double class_loss_weight(const struct class_loss *c, int class)
{
    return c->class_weight ? (double)c->class_weight[class] : 1;
}

double class_loss_weigh(struct class_loss *c, int n, const int32_t *label)
{
    double sum = 0;
    for (int i = 0; i < blocks_of(n) * LANES; i++)
        sum += (double)(c->sample_weight[i] = i < n ? c->class_weight[label[i]] : 0);
    return sum;
}

void class_loss_softmax(struct class_loss *c, const struct train_task *t, int n, const int32_t *label, const float *z)
{
    t->job->k->softmax_xent(n, c->classes, z, label, 0, 1, c->cross_entropy, c->prob, NULL);
}

static void smoothed_loss(struct class_loss *c, const struct train_task *t, const struct batch *b, float scale,
                          const float *z, float *each, float *dz)
{
    class_loss_softmax(c, t, b->n, b->label, z);
    train_weighted_smoothing(b->n, c->classes, z, c->prob, c->cross_entropy, b->label, c->class_weight,
                             (float)t->job->spec->label_smoothing, scale, each, dz);
}

static void gated_loss(struct class_loss *c, const struct train_task *t, const struct batch *b, float scale,
                       const float *z, float *each, float *dz)
{
    t->loss->compute(t->job->spec, 1, b, c->classes, z, scale, each, dz);
    if (!c->class_weight)
        return;
    class_loss_weigh(c, b->n, b->label);
    if (dz)
        t->job->k->gate(1, 1, c->classes, b->blocks, dz, c->sample_weight, dz);
    for (int i = 0; i < b->n; i++)
        each[i] *= c->sample_weight[i];
}

void class_loss_of_labels(struct class_loss *c, const struct train_task *t, const struct batch *b, float share,
                          float scale, const float *z, float *each, float *dz)
{
    if (c->class_weight && t->job->spec->label_smoothing > 0 && t->loss == &loss_cross_entropy)
        smoothed_loss(c, t, b, share * scale, z, each, dz);
    else
        gated_loss(c, t, b, share * scale, z, each, dz);
    for (int i = 0; i < b->n && share < 1; i++)
        each[i] *= share;
}

void class_loss_shares(const struct class_loss *c, const struct train_task *t, const size_t *count, double *samples,
                       double *weight)
{
    double all = 0, sum = 0;
    for (int k = 0; k < c->classes; k++)
        all += samples[k] = t->job->spec->sampling ? count[k] > 0 : (double)count[k];
    for (int k = 0; k < c->classes; k++) {
        samples[k] /= all > 0 ? all : 1;
        sum += weight[k] = samples[k] * class_loss_weight(c, k);
    }
    for (int k = 0; k < c->classes; k++)
        weight[k] /= sum > 0 ? sum : 1;
}

/* The logits of the guess are the logarithms of the shares in the weight. */
static void fill_guess(struct class_loss *c, const double *weight)
{
    for (int k = 0; k < c->classes; k++)
        for (int i = 0; i < LANES; i++)
            c->guess[k * LANES + i] = (float)m_log(weight[k] > 0 ? weight[k] : LEAST_SHARE);
}

/* The loss of the guess: that of each class, by its share in the samples. */
static double loss_of_guess(struct class_loss *c, const struct train_task *t, const double *samples)
{
    int32_t label[LANES];
    float loss[LANES];
    double sum = 0, weights = 0;
    for (int from = 0; from < c->classes; from += LANES) {
        struct batch b = {.k = t->job->k, .label = label, .blocks = 1};
        for (b.n = 0; b.n < LANES && from + b.n < c->classes; b.n++)
            label[b.n] = from + b.n;
        class_loss_of_labels(c, t, &b, 1, 1, c->guess, loss, NULL);
        for (int i = 0; i < b.n; i++) {
            sum += samples[from + i] * (double)loss[i];
            weights += samples[from + i] * class_loss_weight(c, from + i);
        }
    }
    return weights > 0 ? sum / weights : 0;
}

struct constant_guess class_loss_guess(struct class_loss *c, const struct train_task *t, const size_t *trained,
                                       const size_t *judged)
{
    size_t most = 0, all = 0;
    double samples[DATA_CLASSES], weight[DATA_CLASSES];
    for (int k = 0; k < c->classes; k++) {
        most = judged[k] > most ? judged[k] : most;
        all += judged[k];
    }
    class_loss_shares(c, t, trained, samples, weight);
    fill_guess(c, weight);
    return (struct constant_guess){t->loss->compute ? (float)loss_of_guess(c, t, samples) : NAN,
                                   all ? (float)((double)most / (double)all) : NAN};
}
