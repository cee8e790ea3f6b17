/* tally.h - what has been done of a sweep, and what those who look are told. Under the lock, or before the workers
 * start. */
#ifndef ORCHESTRATE_TALLY_H
#define ORCHESTRATE_TALLY_H

#include "orchestrate/run.h"

struct trial;

struct tally {
    double began;            /* clock_wall */
    double earlier;          /* seconds of earlier calls: their last trial's end */
    double slowest;          /* of the complete trials: seconds of one of an expected second; 0: there is none */
    uint64_t epochs, images; /* trained by this call */
    double work_done, work_left;
    uint64_t count[TRIAL_SKIPPED + 1], reused;
    size_t best;          /* best complete trial by the objective, SIZE_MAX: none */
    struct str best_axes; /* what the best one is, in words: */
    size_t described;     /* of this trial */
    int stock_taken;      /* the counts are those of the plan */
};

/* Counts what stands already. */
void take_stock(struct sweep_run *run);
/* Tells run_progress; `event` and `important` as there. */
void run_tell(struct sweep_run *run, const char *event, int important);
/* What the worker is at, after so many epochs, all of them or not; t NULL: nothing. */
void note_running(struct sweep_run *run, int worker, const struct trial *t, int epoch, int done);

#endif
