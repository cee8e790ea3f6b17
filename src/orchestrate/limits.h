/* limits.h - when a sweep has enough trials ([stop]), and when it has to end. Under the lock. */
#ifndef ORCHESTRATE_LIMITS_H
#define ORCHESTRATE_LIMITS_H

#include "orchestrate/run.h"

struct trial;

struct limits {
    enum { STOP_NOT, STOP_LIMIT, STOP_FAIL_FAST, STOP_BROKEN } stop; /* no further epoch, and why */
    struct err broken;                                               /* of STOP_BROKEN: output failed */
    size_t settled_trials;                                           /* trials before it are final */
    size_t end;          /* those from here on do not count ([stop] stagnation); SIZE_MAX: all count */
    size_t best_settled; /* SIZE_MAX: none */
    size_t trials_without_gain;
};

/* [stop] time and epochs; target, when the trial is final; stagnation. */
void check_limits(struct sweep_run *run);
void check_target(struct sweep_run *run, const struct trial *t);
void check_stagnation(struct sweep_run *run);
/* Opens a final trial again, in the counts too. */
void limits_reopen(struct sweep_run *run, struct trial *t);

#endif
