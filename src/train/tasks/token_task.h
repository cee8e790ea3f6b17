/* token_task.h - what tasks share whose network puts out, at every position, a logit for each token that there is: the
 * right one is the token that comes next. What is after the end of a sample does not count: neither in the loss, which
 * is the mean over all other positions of a batch, nor in a metric. */
#ifndef TRAIN_TASKS_TOKEN_TASK_H
#define TRAIN_TASKS_TOKEN_TASK_H

#include "train/training.h"

struct token_task {                      /* at the beginning of train_task.own */
    double loss, cross_entropy, letters; /* sums over positions; of their tokens */
    size_t seen, right;
    float *each;     /* [larger batch up to 16s][positions] losses, then cross-entropies */
    size_t *counted; /* [vocabulary] of token_guess */
};

/* As the functions of task_type. */
void token_lay_out(struct train_task *t, size_t eval, struct train_taker *memory);
void token_begin(struct train_task *t, int training);
double token_step(struct train_task *t, const struct batch *b, const float *z, float *dz);
void token_measure(struct train_task *t, const struct batch *b, const float *z, size_t from, int keep);
void token_values(const struct train_task *t, float v[METRICS]);
/* The shares of the tokens, whatever came before. */
struct constant_guess token_guess(struct train_task *t);

#endif
