/* lock.h - results/NAME/lock. */
#ifndef ORCHESTRATE_LOCK_H
#define ORCHESTRATE_LOCK_H

#include "orchestrate/run.h"

/* Takes results/NAME for this process alone: 0, or -1 with *e (ERR_BUSY when another sweep has it). */
int run_lock(struct sweep_run *run, struct err *e);
void run_unlock(struct sweep_run *run);

#endif
