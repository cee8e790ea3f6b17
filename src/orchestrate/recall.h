/* recall.h - what the journal had of each trial when the call began, found by the trial's key: for plans that grow,
 * whose trials are not known when the journal is read. Only the places of its lines are held in memory. */
#ifndef ORCHESTRATE_RECALL_H
#define ORCHESTRATE_RECALL_H

#include "base/keymap.h"
#include "orchestrate/journal.h"

struct recall {          /* zero-initialise */
    struct keymap first; /* key of a trial -> its first line */
    struct recalled_line *line;
    size_t n, cap;
    int failed; /* no memory */
};

/* Reads the journal. 0, or -1 with *e. */
int recall_read(struct recall *r, struct journal *j, unsigned *damaged, struct err *e);
/* Calls back for each record of the trial, in their order. 0, or -1 with *e. */
int recall_trial(const struct recall *r, struct journal *j, uint64_t key,
                 void (*epoch)(void *ctx, uint64_t key, const struct epoch_row *row),
                 void (*trial)(void *ctx, const struct trial_record *t), void *ctx, struct err *e);
void recall_release(struct recall *r);

#endif
