/* ranking.h - which trial is better by the objective, and what a trial is called in messages. */
#ifndef ORCHESTRATE_RANKING_H
#define ORCHESTRATE_RANKING_H

#include "orchestrate/run.h"

struct trial;

float objective_of(const struct sweep_run *run, const struct trial *t);
int objective_better(const struct sweep_run *run, double a, double b); /* a better than b; NaN never is */
void objective_text(const struct sweep_run *run, char *buf, size_t n); /* "max val_accuracy" */
/* "model.kernels=8 train.lr=0.1", and with its result before that: "val_accuracy 0.9912, model.kernels=8" */
void describe_axes(const struct sweep_run *run, const struct trial *t, struct str *out);
void describe_trial(const struct sweep_run *run, const struct trial *t, struct str *out);
/* Makes trial i the best one if it is. Under the lock, or before the workers start. */
void note_best(struct sweep_run *run, size_t i);

#endif
