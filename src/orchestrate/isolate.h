/* isolate.h - trials in processes of their own: those that ran when an earlier call broke off, those that failed there
 * and are tried again, and all where [stop] trial_time ends them. */
#ifndef ORCHESTRATE_ISOLATE_H
#define ORCHESTRATE_ISOLATE_H

#include "orchestrate/run.h"

struct trial;
struct worker;

struct isolation {
    struct apart *apart; /* [workers.jobs], see apart.h; NULL: no trial needs a process of its own */
    int worker_fd;       /* in such a process: to its worker */
};

int isolate_begin(struct sweep_run *run, struct err *e); /* before there are threads: 0, or -1 with *e */
void isolate_end(struct sweep_run *run);
int isolated(const struct sweep_run *run, const struct trial *t);
void train_apart(struct worker *w, size_t i);
/* Without a limit of the user's, an epoch of t may take so many seconds: twenty times what the slowest of the trials
 * that are complete would have needed for a training like it, but at least a minute; an hour where there is none yet.
 */
double isolate_patience(const struct sweep_run *run, const struct trial *t);

#endif
