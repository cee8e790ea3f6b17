/* adam.h - what adam and adamw share: arguments and the step; they differ in where weight decay acts. */
#ifndef TRAIN_OPTIMIZERS_ADAM_H
#define TRAIN_OPTIMIZERS_ADAM_H

#include "train/train.h"

struct adam_args {
    double beta1, beta2, eps;
};
extern const struct param adam_params[];
int adam_states(const void *args);
/* decoupled: w shrinks by lr * wd beside the step (AdamW); otherwise wd * w is part of the gradient. */
void adam_update(const struct kernels *k, const struct adam_args *a, uint64_t t, float lr, int decoupled, float wd,
                 float gscale, size_t len, const float *g, float *w, float *const *state);

#endif
