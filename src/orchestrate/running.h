/* running.h - results/NAME/running: which trials are being trained, so that a call after a crash knows. */
#ifndef ORCHESTRATE_RUNNING_H
#define ORCHESTRATE_RUNNING_H

#include "orchestrate/run.h"

#include <sys/types.h>

struct trial;

struct running_file {
    int fd;          /* -1: not open */
    off_t places_at; /* where the workers' places begin */
};

/* Marks trials that an earlier call left behind, by a crash or a kill, and those tried again: trial.apart. 0, or -1
 * with *e. */
int running_read(struct sweep_run *run, struct err *e);
int running_begin(struct sweep_run *run, struct err *e);
/* Marks on the disk which trial a worker begins with (NULL: it has none now). 0, or -1 with *e. */
int running_mark(const struct sweep_run *run, int worker, const struct trial *t, struct err *e);
int running_end(struct sweep_run *run, struct err *e);

#endif
