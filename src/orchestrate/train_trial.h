/* train_trial.h - a worker and the steps of a trial, in a thread (workers.c) or in a process of its own (isolate.c). */
#ifndef ORCHESTRATE_TRAIN_TRIAL_H
#define ORCHESTRATE_TRAIN_TRIAL_H

#include "orchestrate/checkpoint.h"
#include "orchestrate/journal.h"
#include "orchestrate/run.h"

struct trial;

struct worker {
    struct sweep_run *run;
    int number;
    struct arena plan, memory; /* of the trial: its point and graph; its training */
    struct checkpoint_pace saved;
    double started, cpu;
    uint64_t images;
};

/* A trial made ready: its settings, network and data in w->plan, its training in w->memory. */
struct trial_training {
    struct point point;
    struct nn_graph graph;
    struct train_job job;
    struct training *r;             /* NULL: it cannot be trained */
    const struct start_file *start; /* what the network begins with; NULL: its seed alone */
};
/* What a trial trains with but for its data, at a proposal of a sweep: point, network, and of the job all but the view,
 * the kernels and the team; in `a`. 0, or -1 with *e. */
int trial_settings(const struct sweep *s, const struct proposal *at, int repeat, const struct dataset *set,
                   struct trial_training *p, struct arena *a, struct err *e);
/* Finds what the network of p->point begins with, and who judges it; locked. The training, which has just been made,
 * begins with it. 0, or -1 with *e. */
int find_trial_start(struct trial_training *p, struct datasets *sets, struct err *e);
int begin_training(struct trial_training *p, struct err *e);
/* 0, or -1 with *e. */
int make_job(struct worker *w, const struct trial *t, struct trial_training *p, struct err *e);
int make_training(struct worker *w, struct trial_training *p, struct err *e);

/* The records of a trial that was trained to its end (-1 with *e: it cannot be measured), and of one that was not. */
int complete_record(const struct worker *w, struct trial_training *p, struct trial_record *rec, struct err *e);
/* r: its training, as far as it came; NULL: there is none. */
void failed_record(const struct worker *w, const struct trial *t, struct training *r, const struct err *why,
                   struct trial_record *rec);
/* The record into the journal and the tables: the trial is over. Locks. */
void finish_trial(struct worker *w, size_t i, struct trial_record *rec);
void fail_trial(struct worker *w, size_t i, struct training *r, const struct err *why);

/* Whether the trial is given up after one of the epochs from .. to, as pruning_decide, and then its record. Locks. */
int give_up(struct worker *w, const struct trial *t, int from, int to, struct trial_record *rec, struct err *e);

/* What the worker is at, for the progress line, after so many epochs, all of them or not; t NULL: nothing. Locks. */
void tell_running(struct worker *w, const struct trial *t, int epochs, int done);
/* An epoch is in the journal, or, `bad`, could not be kept: lack of memory is the trial's end, anything else the
 * sweep's. Locks. */
void note_epoch(struct worker *w, const struct trial *t, int epoch, int done, int bad, const struct err *e);
/* Output failed: the sweep ends. Locks. */
void break_off(struct sweep_run *run, const struct err *e);
int stopping(struct sweep_run *run); /* no further epoch. Locks */

/* Trains trial i in this thread, to its end or until the sweep stops, and keeps what it gives. */
void train_here(struct worker *w, size_t i);
/* Puts an epoch's row into the journal: store.keep_row of a thread. */
int journal_row(struct sweep_run *run, struct trial *t, const struct epoch_row *row, struct err *e);

#endif
