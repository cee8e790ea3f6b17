/* workers.h - the threads of a running sweep. */
#ifndef ORCHESTRATE_WORKERS_H
#define ORCHESTRATE_WORKERS_H

#include "orchestrate/crew.h"
#include "orchestrate/run.h"

struct workers {
    struct crew *crew;         /* [jobs] of each worker */
    struct running_trial *now; /* [jobs] what it is at */
    int jobs, members;         /* workers; most that go together into one trial */
    atomic_int helping;        /* workers inside another's crew: with those that train no more than there are cores */
};

/* Crews of as many workers as get a thread and can find a place. 0, or -1 with *e. */
int make_crews(struct sweep_run *run, struct err *e);
void release_crews(struct sweep_run *run);
/* Trains what the queue has, until it is empty or a limit is reached. */
void train_all(struct sweep_run *run);

#endif
