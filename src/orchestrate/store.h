/* store.h - what is kept of epochs and ends of trials: the journal on the disk, and the rows within reach. */
#ifndef ORCHESTRATE_STORE_H
#define ORCHESTRATE_STORE_H

#include "orchestrate/journal.h"
#include "orchestrate/kept.h"
#include "orchestrate/run.h"

struct trial;

struct store {
    struct journal journal;
    struct kept kept;
    unsigned damaged; /* lines of the journal that cannot be read */
    /* Puts an epoch's row where it is safe: into the journal, or, from a process of its own, to its worker. 0, or -1
     * with *e. Locks. */
    int (*keep_row)(struct sweep_run *run, struct trial *t, const struct epoch_row *row, struct err *e);
};

#endif
