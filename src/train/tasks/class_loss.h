/* class_loss.h - the loss of what has a class, each times the weight of its class, and that of the constant guess.
 * Samples here are whatever has a class: of label maps their positions. */
#ifndef TRAIN_TASKS_CLASS_LOSS_H
#define TRAIN_TASKS_CLASS_LOSS_H

#include "train/task.h"

struct class_loss { /* memory, of the task */
    int classes;
    float *class_weight;  /* [classes]; NULL: every sample weighs 1 */
    float *sample_weight; /* [samples of a training batch up to 16s]; so */
    float *prob;          /* [samples up to 16s][classes] shares of softmax */
    float *cross_entropy; /* [samples] of the shares */
    float *guess;         /* [classes][16] outputs of the constant guess */
};

/* Takes the memory for at most so many samples at a time, all multiples of 16: in a training, and in all. */
void class_loss_lay_out(struct class_loss *c, const struct train_task *t, int classes, size_t trained, size_t most,
                        struct train_taker *memory);
/* Makes the weights of the classes, of which the training split has count[classes] samples each; where they weigh. */
void class_loss_prepare(struct class_loss *c, const struct train_task *t, const size_t *count);
double class_loss_weight(const struct class_loss *c, int class);
/* Fills sample_weight of n samples of these labels, dead lanes with 0; returns the sum. */
double class_loss_weigh(struct class_loss *c, int n, const int32_t *label);
/* Fills prob and cross_entropy. z [blocks][classes][16] */
void class_loss_softmax(struct class_loss *c, const struct train_task *t, int n, const int32_t *label, const float *z);
/* The losses of the batch against its labels, each times its weight and their share, and, where dz is not NULL, scale
 * times the gradient of their sum. */
void class_loss_of_labels(struct class_loss *c, const struct train_task *t, const struct batch *b, float share,
                          float scale, const float *z, float *each, float *dz);
/* The shares that the classes have in the samples that are trained, count[classes], and in their weight. */
void class_loss_shares(const struct class_loss *c, const struct train_task *t, const size_t *count, double *samples,
                       double *weight);
/* The guess of these samples to train; judged: those of the split whose accuracy is told. */
struct constant_guess class_loss_guess(struct class_loss *c, const struct train_task *t, const size_t *trained,
                                       const size_t *judged);

#endif
