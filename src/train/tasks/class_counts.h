/* class_counts.h - what is counted of the answers of a network that tells classes apart, and the metrics made of the
 * counts. Every sum goes sample by sample in double, so that the size of batches is not seen. The definitions are those
 * of scikit-learn 1.9:
 *
 *   precision, recall, f1   means over the classes that some sample has or is taken for; 0 for a class without a sample
 *                           that is taken for it, or of it (precision_score and so on, average="macro")
 *   kappa                   Cohen 1960 (cohen_kappa_score); NaN where every sample has, and is taken for, one class
 *   matthews                Gorodkin 2004 (matthews_corrcoef); 0 where one class is all there is on one of both sides
 *   log_loss                mean of -log of the share of the right class, none more than -log(2^-52)
 *   brier                   mean squared distance of the shares from 1 of the right class and 0 of the others, summed
 *                           over the classes; of two classes the half of that (brier_score_loss)
 *   top3, top5              of equal outputs that of the last class counts as the larger (top_k_accuracy_score)
 *   ece                     expected calibration error of Guo et al. 2017 (arXiv:1706.04599): the distance of the share
 *                           of right answers from the mean share that the answers have, in CALIBRATION_BINS bins of
 *                           equal width, weighted by the samples in them
 *   auc                     of two classes that of the second; else the mean over all classes of each against the
 *                           others (roc_auc_score, multi_class="ovr"); NaN where a class has no sample, or all have it
 */
#ifndef TRAIN_TASKS_CLASS_COUNTS_H
#define TRAIN_TASKS_CLASS_COUNTS_H

#include "train/answers.h"
#include "train/task.h"

struct calibration_bin { /* of answers whose share is in ((bin) / CALIBRATION_BINS, (bin + 1) / CALIBRATION_BINS] */
    double samples, right, share; /* share: sum of those of the answers */
};

struct class_counts {
    int classes;
    size_t seen, right, in_top3, in_top5;
    double log_loss, brier; /* sums */
    struct calibration_bin bin[CALIBRATION_BINS];
    double *confusion; /* [classes][classes] true x answer */

    /* The shares of all samples that were seen, where `scored` says so. */
    int scored;
    size_t most;     /* samples that there is room for */
    float *score;    /* [classes][most] */
    uint8_t *truth;  /* [most] */
    uint8_t *taken;  /* [most] the answers */
    uint32_t *order; /* [2 * most] scratch of train_auc */
};

/* Bits 1 << METRIC_X of the metrics that are made of the counts of so many classes. */
unsigned class_counts_metrics(int classes);
/* Nothing is seen yet; scored: shares are to be kept. */
void class_counts_begin(struct class_counts *c, int scored);
/* Adds a batch: outputs z and shares [blocks][classes][16], the cross-entropy of the shares of each sample, and its
 * label. answer[n] becomes the class that it is taken for. */
void class_counts_add(struct class_counts *c, int n, const float *z, const float *share, const float *cross_entropy,
                      const int32_t *label, int32_t *answer);
/* The metrics of all that was seen. */
void class_counts_values(const struct class_counts *c, float v[METRICS]);

#endif
