/* ranking.h - which trial is better by the objective, of several the first, and what a trial is called in messages. */
#ifndef ORCHESTRATE_RANKING_H
#define ORCHESTRATE_RANKING_H

#include "orchestrate/run.h"

struct trial;

float objective_of(const struct sweep_run *run, const struct trial *t); /* the first one */
/* All of them, into v[goals]; NaN where the trial does not have one. And whether the first trial is no worse by any. */
void objectives_of(const struct sweep_run *run, const struct trial *t, double *v);
int objectives_as_good(const struct sweep_run *run, const struct trial *a, const struct trial *b);
int objective_better(const struct sweep_run *run, double a, double b); /* a better than b; NaN never is */
/* "model.kernels=8 train.lr=0.1", and with its result before that: "val_accuracy 0.9912, model.kernels=8" */
void describe_axes(const struct sweep_run *run, const struct trial *t, struct str *out);
void describe_trial(const struct sweep_run *run, const struct trial *t, struct str *out);
/* Makes trial i the best one if it is. Under the lock, or before the workers start. */
void note_best(struct sweep_run *run, size_t i);

#endif
