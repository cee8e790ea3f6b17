/* checkpoint.h - how often a training is saved: when a second has passed since the last time, or twenty times as long
 * as saving took then, whichever is longer. So much of a training is lost by kill -9 (it is trained again, to the same
 * bits), and at most a twentieth of the time goes into saving. A training that is stopped is saved in any case. */
#ifndef ORCHESTRATE_CHECKPOINT_H
#define ORCHESTRATE_CHECKPOINT_H

#include "orchestrate/run.h"

struct trial;

struct checkpoint_pace {
    double at, cost; /* clock_wall when the training began or was saved; seconds that saving took */
    int epochs;      /* trained when it was saved last */
};
/* Is it time to save? `now` as clock_wall. */
int checkpoint_due(const struct checkpoint_pace *p, double now);
/* What saving costs a training of so many seconds and epochs, whose state has so many bytes: an estimate, for a disk
 * that needs 10 ms to have something safe and takes 100 MB a second. */
double checkpoint_seconds(double seconds, int epochs, double bytes);

/* Saves, on the disk when it returns; 0, or -1 with *e. */
int checkpoint_write(const struct sweep_run *run, const struct trial *t, const struct training *r,
                     struct checkpoint_pace *p, struct err *e);
/* 1 when r and t now stand where the checkpoint stood, 0 when there is none (or none that can be used), -1 with *e when
 * epochs that the journal lacks (a lost tail) cannot be given back to it. */
int checkpoint_read(struct sweep_run *run, struct trial *t, struct training *r, struct err *e);
void checkpoint_remove(const struct sweep_run *run, const struct trial *t);
/* Removes checkpoints of final trials and half-written files that a kill left behind. */
void checkpoints_tidy(const struct sweep_run *run);

#endif
