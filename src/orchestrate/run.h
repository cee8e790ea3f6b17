/* run.h - a running sweep. Its parts have headers of their own, so that a file sees the fields that it uses and no
 * others. */
#ifndef ORCHESTRATE_RUN_H
#define ORCHESTRATE_RUN_H

#include "orchestrate/datasets.h"
#include "orchestrate/orchestrate.h"

#include "base/str.h"

#include <omp.h>

struct sweep_run {
    const struct sweep *sweep;
    const struct sweep_spec *spec;
    const struct run_options *o;
    const struct kernels *k;
    char folder[4096]; /* results/NAME */
    int lock_fd;       /* -1: not ours */
    int finished;      /* an earlier call ended it, and nothing has changed: nothing is planned */
    struct datasets *sets;
    struct trial_plan *plan;     /* plan.h: points and trials */
    struct store *store;         /* store.h: the journal, and the epochs' rows within reach */
    struct growth *growth;       /* growth.h: of a plan that grows; NULL: it does not */
    struct pruning *pruning;     /* pruning.h; NULL: no trial is given up */
    struct queue *queue;         /* queue.h: which trial is next */
    struct limits *limits;       /* limits.h: whether there are enough */
    struct tally *tally;         /* tally.h: what has been done */
    struct workers *workers;     /* workers.h: the threads, and what each is at */
    struct isolation *isolation; /* isolate.h: trials in processes of their own */
    struct running_file *marks;  /* running.h: which trials are being trained, on the disk */
    struct records *records;     /* records/records.h: the tables */
    omp_lock_t lock; /* guards store, queue, limits, tally, workers.now, records, the datasets and the trials */
};

#endif
