/* conditions.h - whether the `result` conditions of [require] hold. */
#ifndef ORCHESTRATE_RECORDS_CONDITIONS_H
#define ORCHESTRATE_RECORDS_CONDITIONS_H

#include "orchestrate/planner.h"
#include "orchestrate/run.h"

/* Complete trials that meet a condition, and how many there are; likewise of the best point alone. */
struct verdict {
    size_t met, judged, best_met, best_judged;
};

struct judge {
    struct planner planner;
    struct plan_point at;
    size_t point; /* that `at` is of; SIZE_MAX: none */
    struct err e; /* a condition could not be judged, and why */
};

void judge_init(struct sweep_run *run, struct judge *j);
struct verdict judge_condition(struct sweep_run *run, struct judge *j, size_t condition, int only_best);
/* 0, or -1 with *e when something could not be judged. */
int judge_end(struct judge *j, struct err *e);

/* 1 when every condition holds for every repeat of the best point, else 0; -1 with *e where it cannot be told. */
int conditions_met(struct sweep_run *run, struct err *e);

#endif
