/* class_counts.c counts the answers of a network that tells classes apart, 16 samples at a time, and makes metrics of
 * the counts. */
#include "train/tasks/class_counts.h"

#include <math.h>
#include <string.h>

#define LEAST_LOGGED 36.04365338911715 /* -log(2^-52) */

unsigned class_counts_metrics(int classes)
{
    return 1u << METRIC_ACCURACY | 1u << METRIC_PRECISION | 1u << METRIC_RECALL | 1u << METRIC_F1 | 1u << METRIC_KAPPA |
           1u << METRIC_MATTHEWS | 1u << METRIC_AUC | 1u << METRIC_LOG_LOSS | 1u << METRIC_BRIER | 1u << METRIC_ECE |
           (classes > 3 ? 1u << METRIC_TOP3 : 0) | (classes > 5 ? 1u << METRIC_TOP5 : 0);
}

void class_counts_begin(struct class_counts *c, int scored)
{
    c->seen = c->right = c->in_top3 = c->in_top5 = 0;
    c->log_loss = c->brier = 0;
    c->scored = scored;
    memset(c->bin, 0, sizeof c->bin);
    if (c->confusion)
        memset(c->confusion, 0, (size_t)c->classes * (size_t)c->classes * sizeof *c->confusion);
}

/* What is known of 16 samples when all their outputs were looked at. */
struct block_answers {
    int32_t answer[LANES]; /* the first of the largest outputs */
    int32_t above[LANES];  /* outputs that count as larger than that of the right class */
    float squares[LANES];  /* squared distances of the shares from what they should be */
};

/* Looks at the outputs of a block, class by class. Labels of dead lanes are those of some class. */
static struct block_answers look_at_block(int classes, const float *z, const float *share, const int32_t label[LANES])
{
    struct block_answers b = {{0}, {0}, {0}};
    float top[LANES], right[LANES];
    for (int i = 0; i < LANES; i++) {
        top[i] = z[i];
        right[i] = z[label[i] * LANES + i];
    }
    for (int k = 0; k < classes; k++, z += LANES, share += LANES)
        for (int i = 0; i < LANES; i++) {
            const int32_t is = -(label[i] == k), larger = -(z[i] > top[i]);
            const float distance = share[i] + (float)is;
            b.answer[i] = (larger & k) | (~larger & b.answer[i]);
            top[i] = z[i] > top[i] ? z[i] : top[i];
            b.above[i] += (z[i] > right[i]) | ((z[i] == right[i]) & (k > label[i]));
            b.squares[i] += distance * distance;
        }
    return b;
}

static struct calibration_bin *bin_of(struct class_counts *c, double share)
{
    const double at = share > 0 ? share * CALIBRATION_BINS : 0;
    const int whole = (int)at, bin = whole - (whole == at); /* a share at an end belongs to the bin below */
    return &c->bin[bin < 0 ? 0 : bin < CALIBRATION_BINS ? bin : CALIBRATION_BINS - 1];
}

static void count_sample(struct class_counts *c, const struct block_answers *b, int lane, int label, double share,
                         double cross_entropy)
{
    const int right = b->answer[lane] == label;
    struct calibration_bin *bin = bin_of(c, share);
    bin->samples++;
    bin->right += right;
    bin->share += share;
    c->right += (size_t)right;
    c->in_top3 += b->above[lane] < 3;
    c->in_top5 += b->above[lane] < 5;
    c->log_loss += cross_entropy < LEAST_LOGGED ? cross_entropy : LEAST_LOGGED;
    c->brier += (double)b->squares[lane];
    c->confusion[label * c->classes + b->answer[lane]]++;
}

/* Keeps the shares of `live` samples, which are number c->seen and those after it. */
static void keep_scores(struct class_counts *c, int live, const float *share, const int32_t *label,
                        const int32_t *answer)
{
    for (int k = 0; k < c->classes; k++) {
        float *to = c->score + (size_t)k * c->most + c->seen;
        if (live == LANES) /* of a size that the compiler knows */
            memcpy(to, share + k * LANES, LANES * sizeof *share);
        else
            memcpy(to, share + k * LANES, (size_t)live * sizeof *share);
    }
    for (int i = 0; i < live; i++) {
        c->truth[c->seen + (size_t)i] = (uint8_t)label[i];
        c->taken[c->seen + (size_t)i] = (uint8_t)answer[i];
    }
}

void class_counts_add(struct class_counts *c, int n, const float *z, const float *share, const float *cross_entropy,
                      const int32_t *label, int32_t *answer)
{
    for (int from = 0; from < n; from += LANES, z += c->classes * LANES, share += c->classes * LANES) {
        const int live = n - from < LANES ? n - from : LANES;
        int32_t labels[LANES] = {0};
        memcpy(labels, label + from, (size_t)live * sizeof *labels);
        const struct block_answers b = look_at_block(c->classes, z, share, labels);
        for (int i = 0; i < live; i++) {
            answer[from + i] = b.answer[i];
            count_sample(c, &b, i, labels[i], (double)share[b.answer[i] * LANES + i], (double)cross_entropy[from + i]);
        }
        if (c->scored)
            keep_scores(c, live, share, labels, b.answer);
        c->seen += (size_t)live;
    }
}

/* The counts of the confusion, added up. */
struct confusion_sums {
    double samples, right;
    double expected, true_squares, answer_squares; /* sums over the classes of true * answered, true^2, answered^2 */
    double precision, recall, f1;                  /* sums over the classes that occur */
    int occur;
};

static double share_of(double part, double all)
{
    return all > 0 ? part / all : 0;
}

static struct confusion_sums add_up_confusion(const struct class_counts *c)
{
    struct confusion_sums s = {.samples = (double)c->seen, .right = (double)c->right};
    for (int k = 0; k < c->classes; k++) {
        double is = 0, taken = 0, right = c->confusion[k * c->classes + k];
        for (int j = 0; j < c->classes; j++) {
            is += c->confusion[k * c->classes + j];
            taken += c->confusion[j * c->classes + k];
        }
        s.expected += is * taken;
        s.true_squares += is * is;
        s.answer_squares += taken * taken;
        s.precision += share_of(right, taken);
        s.recall += share_of(right, is);
        s.f1 += share_of(2 * right, is + taken);
        s.occur += is + taken > 0;
    }
    return s;
}

static double kappa_of(const struct confusion_sums *s)
{
    const double by_chance = s->samples - s->expected / s->samples;
    return by_chance > 0 ? 1 - (s->samples - s->right) / by_chance : NAN;
}

static double matthews_of(const struct confusion_sums *s)
{
    const double all = s->samples * s->samples;
    const double spread = (all - s->true_squares) * (all - s->answer_squares);
    return spread > 0 ? (s->right * s->samples - s->expected) / sqrt(spread) : 0;
}

static double calibration_error(const struct class_counts *c)
{
    double sum = 0;
    for (int b = 0; b < CALIBRATION_BINS; b++)
        sum += fabs(c->bin[b].right - c->bin[b].share);
    return sum / (double)c->seen;
}

static double mean_auc(const struct class_counts *c)
{
    double sum = 0;
    if (c->classes == 2)
        return train_auc(c->seen, c->score + c->most, c->truth, 1, c->order);
    for (int k = 0; k < c->classes; k++)
        sum += train_auc(c->seen, c->score + (size_t)k * c->most, c->truth, k, c->order);
    return sum / c->classes;
}

void class_counts_values(const struct class_counts *c, float v[METRICS])
{
    const struct confusion_sums s = add_up_confusion(c);
    const double n = (double)c->seen;
    v[METRIC_ACCURACY] = (float)((double)c->right / n);
    v[METRIC_PRECISION] = (float)(s.precision / s.occur);
    v[METRIC_RECALL] = (float)(s.recall / s.occur);
    v[METRIC_F1] = (float)(s.f1 / s.occur);
    v[METRIC_KAPPA] = (float)kappa_of(&s);
    v[METRIC_MATTHEWS] = (float)(n > 0 ? matthews_of(&s) : NAN);
    v[METRIC_LOG_LOSS] = (float)(c->log_loss / n);
    v[METRIC_BRIER] = (float)(c->brier / n / (c->classes == 2 ? 2 : 1));
    v[METRIC_ECE] = (float)calibration_error(c);
    if (c->classes > 3)
        v[METRIC_TOP3] = (float)((double)c->in_top3 / n);
    if (c->classes > 5)
        v[METRIC_TOP5] = (float)((double)c->in_top5 / n);
    if (c->scored)
        v[METRIC_AUC] = (float)mean_auc(c);
}
