/* work.h - a worker and the steps of a trial: shared by work.c, which trains in threads, and isolate.c, which trains in
 * processes. */
#ifndef ORCHESTRATE_WORK_H
#define ORCHESTRATE_WORK_H

#include "orchestrate/run.h"

struct worker {
    struct run *run;
    int number;
    struct arena plan, memory; /* of the trial: its point and graph; its training */
    struct checkpoint_pace saved;
    double started, cpu;
    uint64_t images;
};

/* A trial made ready: its settings, network and data in w->plan, its training in w->memory. */
struct work_piece {
    struct point point;
    struct nn_graph graph;
    struct train_job job;
    struct train_run *r; /* NULL: it cannot be trained */
};
/* 0, or -1 with *e. */
int make_job(struct worker *w, const struct trial *t, struct work_piece *p, struct err *e);
int make_training(struct worker *w, struct work_piece *p, struct err *e);

/* The records of a trial that was trained to its end, and of one that was not. */
void complete_record(const struct worker *w, struct work_piece *p, struct trial_record *rec);
void failed_record(const struct worker *w, const struct trial *t, const struct err *why, struct trial_record *rec);
/* The record into the journal and the tables: the trial is over. Locks. */
void finish_trial(struct worker *w, size_t i, struct trial_record *rec);
void fail_trial(struct worker *w, size_t i, const struct err *why);

/* What the worker is at, for the progress line, after so many epochs, all of them or not; t NULL: nothing. Locks. */
void tell_running(struct worker *w, const struct trial *t, int epochs, int done);
/* An epoch is in the journal, or, `bad`, could not be kept: lack of memory is the trial's end, anything else the
 * sweep's. Locks. */
void note_epoch(struct worker *w, const struct trial *t, int epoch, int done, int bad, const struct err *e);
/* Output failed: the sweep ends. Locks. */
void break_off(struct run *run, const struct err *e);
int stopping(struct run *run); /* no further epoch. Locks */

/* --- isolate.c: trials in processes of their own: those that ran when an earlier call broke off, those that failed
 * there and are tried again, and all where [stop] trial_time ends them --- */

int isolate_begin(struct run *run, struct err *e); /* before there are threads: 0, or -1 with *e */
void isolate_end(struct run *run);
int isolated(const struct run *run, const struct trial *t);
void train_apart(struct worker *w, size_t i);
/* Without a limit of the user's, an epoch of t may take so many seconds: twenty times what the slowest of the trials
 * that are complete would have needed for a training like it, but at least a minute; an hour where there is none yet.
 */
double isolate_patience(const struct run *run, const struct trial *t);

#endif
