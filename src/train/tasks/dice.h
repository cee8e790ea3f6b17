/* dice.h - the Dice loss of a sample whose positions have classes (Milletari, Navab & Ahmadi 2016, arXiv:1606.04797):
 * 1 - sum over the classes of weight (2 both + smooth) / (share + truth + smooth) / sum of the weights, where `both`
 * and `share` are sums over the positions of the share that softmax gives to the class, at those that have it and at
 * all, and `truth` counts those that have it. Positions without a class have no part in it. With weights of 1 it is
 * DiceLoss of MONAI 1.5 with softmax and the same numerator and denominator for smooth_nr and smooth_dr. */
#ifndef TRAIN_TASKS_DICE_H
#define TRAIN_TASKS_DICE_H

#include "train/task.h"

/* Of 16 samples. */
struct dice_sums {
    int classes;
    double smooth;
    double *both, *share, *truth; /* [classes][16] */
    double *on, *off;             /* [classes][16] slopes of the loss in a share, where the class is right or is not */
};

/* The key of the loss, which a training with it has. */
double dice_smooth(const struct train_spec *s);

void dice_lay_out(struct dice_sums *s, int classes, struct train_taker *memory);
void dice_begin(struct dice_sums *s, double smooth);
/* Adds so many positions: prob [positions][classes][16], label [positions][16], -1: none. */
void dice_add(struct dice_sums *s, int positions, const float *prob, const int32_t *label);
/* The loss of each sample, of classes with these weights (NULL: 1), and the slopes. */
void dice_finish(struct dice_sums *s, const float *class_weight, double loss[LANES]);
/* dz [positions][classes][16] of scale times the sum of the losses; it may be prob. */
void dice_gradient(const struct dice_sums *s, int positions, const float *prob, const int32_t *label, double scale,
                   float *dz);
/* The loss of a sample that has count[classes] positions of each class, where every position gets share[classes]. */
double dice_of_guess(int classes, double smooth, const float *class_weight, const double *share, const size_t *count);

#endif
