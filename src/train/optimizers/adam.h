/* adam.h - what adam and its kin share: arguments and the step; adam and adamw differ in where weight decay acts. */
#ifndef TRAIN_OPTIMIZERS_ADAM_H
#define TRAIN_OPTIMIZERS_ADAM_H

#include "train/train.h"

struct adam_args {
    double beta1, beta2, eps;
};
extern const struct param adam_params[];
int adam_states(const void *args);
/* decoupled: w shrinks by lr * wd beside the step (AdamW); otherwise wd * w is part of the gradient. */
void adam_update(const struct adam_args *a, int decoupled, const struct optimizer_call *c);

#endif
