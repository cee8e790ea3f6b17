/* replay.h - the plan meets what the journal holds. */
#ifndef ORCHESTRATE_REPLAY_H
#define ORCHESTRATE_REPLAY_H

#include "orchestrate/journal.h"
#include "orchestrate/run.h"

struct trial;

/* Fills in what the journal has of the plan's trials. 0, or -1 with *e. */
int replay_journal(struct sweep_run *run, struct err *e);
/* Likewise for one trial that has come into the plan. */
struct recall;
int replay_recalled(struct sweep_run *run, const struct recall *from, struct trial *t, struct err *e);
/* Opens final trials whose epochs the journal has lost: they are trained again, since their rows are part of the
 * answer. */
void reopen_incomplete(struct sweep_run *run);

/* Takes over an epoch's row, or a trial's end. 0, or -1 with *e. */
int trial_add_epoch(struct sweep_run *run, struct trial *t, const struct epoch_row *row, struct err *e);
int trial_take(struct sweep_run *run, struct trial *t, const struct trial_record *r, struct err *e);
void trial_reopen(struct sweep_run *run, struct trial *t); /* nothing is known of its end */
/* Takes over that it is given up, whatever the journal says of its end. */
void trial_take_verdict(struct sweep_run *run, struct trial *t, const struct trial_record *r);

#endif
