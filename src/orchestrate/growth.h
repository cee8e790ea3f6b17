/* growth.h - the plan of a search that listens to results: it grows as they come. Point k is proposed when points
 * 0 .. k - lag have come to their ends, and from their results alone, so that the plan is the same for any number of
 * workers and after any interruption: a later call makes it again from what the journal has. Memory is reserved for the
 * whole plan, so that trials stay where they are while workers train them.
 *
 * A trial that the machine, not the training, made fail gives no result: points that wait for it are for the next call.
 */
#ifndef ORCHESTRATE_GROWTH_H
#define ORCHESTRATE_GROWTH_H

#include "orchestrate/planner.h"
#include "orchestrate/recall.h"
#include "orchestrate/run.h"

/* What a search is told of a point: the mean of its repeats that are complete; where one was given up, that of the best
 * values of those that were, after the fewest epochs of one. Zero-initialise. */
struct point_outcome {
    double sum[2], other[SEARCH_OBJECTIVES - 1];
    int n[2], fewest;
};
/* A trial of the point: of one that is complete its objectives, value[goals], of one that was given up its best value
 * of the only one, each as the tables have it; what others have is passed over. */
void outcome_add(struct point_outcome *o, enum trial_status status, const double *value, size_t goals, int epochs_run);
/* Of several objectives, one that is no finite number makes the point count as failed: no front has such points. */
void outcome_check(struct search_result *r, size_t goals);
/* Likewise, and a point that lacks an objective. */
struct search_result outcome_result(const struct point_outcome *o, const struct sweep_spec *spec);

struct growth {
    struct planner planner;
    struct recall recall;
    int ended; /* the search has no more points */
    int asks;  /* a thread is at the next proposal, */
    int came;  /* and results have come meanwhile */
};

/* Whether the search of the sweep listens; and whether its plan may still get points. */
int growth_wanted(const struct sweep_run *run);
int growth_goes_on(const struct sweep_run *run);

/* Reserves memory, and reads where the journal has what of each trial. 0, or -1 with *e. */
int growth_begin(struct sweep_run *run, struct err *e);
/* A point has come to its end: the search is told. */
void growth_tell(struct sweep_run *run, size_t point);
/* The next point, with what the journal has of its trials. 1: there is one, or results have come meanwhile; 0: there is
 * none yet, or no more, or the sweep is to stop; -1 with *e. Under the lock, which is left while the search works it
 * out: one thread at a time, and what the search knows does not change. Others leave to that thread what follows from
 * what they have: 1, where there is one. */
int growth_leaves_to_other(struct sweep_run *run);
int growth_next_point(struct sweep_run *run, struct err *e);
/* Takes the points after the end of the sweep ([stop] stagnation) out of the plan: how many had been proposed by then
 * is chance. When the workers are done. */
void growth_cut(struct sweep_run *run);
void growth_release(struct sweep_run *run);
/* Trials of the whole plan, as far as they can be known. */
uint64_t growth_trials(const struct sweep_run *run);

/* In a process of its own, which was forked before the plan had the trial: puts point number `point`, which is at this
 * proposal, into the plan of this process. 0, or -1 with *e. */
int growth_repeat_point(struct sweep_run *run, size_t point, const struct proposal *at, struct err *e);

#endif
