/* queue.h - which trial a worker trains next: the longest expected first, and as many at a time as memory allows. */
#ifndef ORCHESTRATE_QUEUE_H
#define ORCHESTRATE_QUEUE_H

#include "orchestrate/run.h"

struct trial;

struct queue {
    uint32_t *order; /* [norder] indices into plan.trial; those before `next` were given away */
    size_t norder, next;
    uint64_t running;
    double bytes_in_use, bytes_free; /* of the trials that run; of those that may run together */
};

/* Puts the open trials into the order, as many as [stop] trials lets this call run. 0, or -1 with *e. */
int order_trials(struct sweep_run *run, struct err *e);
/* A further open trial, into its place in the order of the plan, unless the call has as many as [stop] trials lets it
 * run. Under the lock. */
void queue_append(struct sweep_run *run, size_t trial);
/* Expected seconds of a trial after so many epochs until it ends or waits at its rung. */
double queue_work(const struct sweep_run *run, const struct trial *t, int epochs);
enum { QUEUE_EMPTY, QUEUE_TRIAL, QUEUE_NO_ROOM, QUEUE_WAITS };
/* The trial that a worker is to do next: QUEUE_TRIAL and its index, QUEUE_EMPTY: none is left, QUEUE_NO_ROOM: none has
 * room beside those that run, QUEUE_WAITS: the next ones follow from their results; and that it is done. Both lock. */
int next_trial(struct sweep_run *run, size_t *trial);
void end_trial(struct sweep_run *run, size_t i);

#endif
