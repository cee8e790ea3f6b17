/* kept.h - what only tables and checkpoints ask for of each trial: its epochs' rows and its times. They lie in a file
 * without a name in the folder of the sweep, each trial at a place of its own, so that a sweep of many trials is not
 * held in memory. The journal has them all: the file goes with the process, and the next call fills another. */
#ifndef ORCHESTRATE_KEPT_H
#define ORCHESTRATE_KEPT_H

#include "orchestrate/journal.h"

struct kept {
    int fd; /* -1: not open */
    uint64_t size;
};

/* Of a final trial. */
struct kept_end {
    struct trial_timing timing;
    long at, length; /* as in struct trial_record */
    int ntables;     /* likewise */
};

/* 0, or -1 with *e. */
int kept_open(struct kept *k, const char *folder, struct err *e);
void kept_close(struct kept *k);
/* A place for a trial of so many epochs. */
uint64_t kept_place(struct kept *k, int epochs);

/* Any thread may call these for a trial of its own, and a process that was forked may, too. 0, or -1 with *e. */
int kept_put_end(const struct kept *k, uint64_t place, const struct kept_end *end, struct err *e);
int kept_get_end(const struct kept *k, uint64_t place, struct kept_end *end, struct err *e);
/* Into row[n] the rows from the epoch with that number, from 1, on; they were put there. */
int kept_put_row(const struct kept *k, uint64_t place, const struct epoch_row *row, struct err *e);
int kept_get_rows(const struct kept *k, uint64_t place, int from, int n, void *row, struct err *e);

#endif
