/* run.h - the state of a running sweep, shared by run.c (the whole), work.c (workers), order.c (which trial is next),
 * resume.c, checkpoint.c and running.c (what stands on the disk), isolate.c (trials in processes of their own),
 * tables.c and about.c. */
#ifndef ORCHESTRATE_RUN_H
#define ORCHESTRATE_RUN_H

#include "orchestrate/checkpoint.h"
#include "orchestrate/crew.h"
#include "orchestrate/datasets.h"
#include "orchestrate/journal.h"
#include "orchestrate/kept.h"
#include "orchestrate/keymap.h"

#include "base/str.h"
#include "report/report.h"

#include <omp.h>
#include <sys/types.h>

/* What many points have in common: each is there once. */
struct plan_kind {
    struct nn_facts facts;
    int has_facts, batchnorm, dropout, precision;
    size_t n[3];
    const struct dataset *set; /* peeked */
    double expected;           /* seconds, an estimate */
    size_t bytes;              /* memory of a worker that has it to itself */
    uint64_t images;           /* trained by one epoch */
    int epochs;                /* planned */
};

struct planned_point {
    uint64_t index;
    const char *skip; /* NULL: it is trained */
    uint32_t first;   /* of its trials, index into run->trial */
};

/* A point that is the same training as an earlier one: it is trained once, and stands in the tables with its own values
 * and the other's results. */
struct copied_point {
    uint64_t index, of; /* of: index of the point that is trained */
};

/* Of a trial_record what is held in memory; the rest is in run->kept. */
struct trial_end {
    uint64_t key;
    const char *error; /* "" when there is none */
    int epochs_run, best_epoch;
    float metric[M_COUNT];
    uint8_t status; /* enum trial_status */
    uint8_t volatile_failure;
};

/* A plan may have millions of trials: this is most of what each of them takes. */
struct trial {
    struct trial_end r;
    const struct plan_kind *kind;
    uint64_t place; /* in run->kept */
    uint32_t point; /* index into run->point */
    int repeat;     /* 0-based */
    int nepochs;    /* rows in run->kept */
    uint8_t reused;
    uint8_t again; /* it failed in an earlier call, and may be tried once more */
    uint8_t apart; /* it was running when an earlier call broke off, or is tried again: in a process of its own */
};

struct run {
    const struct sweep *sweep;
    const struct sweep_spec *spec;
    const struct run_options *o;
    const struct kernels *k;
    char folder[4096]; /* results/NAME */
    int lock_fd;
    struct datasets sets;
    struct journal journal;
    struct kept kept;
    struct arena text;             /* texts of points and errors */
    struct report_metrics metrics; /* of the tables, set by tables_write */
    struct planned_point *point;
    size_t npoints, point_cap;
    struct trial *trial;
    size_t ntrials, trial_cap;
    off_t running_at; /* where the workers' places begin in the file of running trials */
    int running_fd;
    struct apart *apart;  /* [jobs] of each worker, see apart.h; NULL: no trial needs a process of its own */
    int worker_fd;        /* in such a process: to its worker */
    struct keymap by_key; /* trial_record.key -> index into trial; gone when the workers start */
    struct keymap kinds;  /* hash of a struct plan_kind -> where it is, while the plan is made */
    struct copied_point *copy;
    size_t ncopies, copy_cap;
    int more;         /* points lie behind the plan's window ([stop] trials) */
    size_t outside;   /* final trials of the journal that are not in the plan */
    int replaces;     /* and the tables were those of another plan until now */
    unsigned damaged; /* lines of the journal that cannot be read */

    /* An epoch's row where it is safe: in the journal; from a process of its own to its worker. 0, or -1 with *e.
     * Locks. */
    int (*keep_row)(struct run *run, struct trial *t, const struct epoch_row *row, struct err *e);

    omp_lock_t lock;           /* guards everything below, the journal, the datasets, the trials and progress */
    struct crew *crew;         /* [jobs] of each worker */
    struct running_trial *now; /* [jobs] what it is at */
    int jobs, members;         /* workers; most that go together into one trial */
    atomic_int helping;        /* workers inside another's crew: with those that train no more than there are cores */
    uint32_t *order;
    size_t norder, next;
    size_t settled, end;   /* trials before it are final; those from here on do not count ([stop] stagnation) */
    size_t leader, barren; /* of the settled ones: the best (SIZE_MAX: none), how many were no better since */
    double held, room;     /* bytes of the trials that run; of those that may run together */
    enum { STOP_NOT, STOP_LIMIT, STOP_FAIL_FAST, STOP_BROKEN } stop; /* no further epoch, and why */
    struct err broken;                                               /* of STOP_BROKEN: output failed */
    double earlier; /* seconds of earlier calls: their last trial's end */
    double slowest; /* of the complete trials: seconds of one of an expected second; 0: there is none */
    double began, tables_at, tables_cost;
    uint64_t epochs, images; /* trained by this call */
    double work_done, work_left;
    uint64_t count[TRIAL_SKIPPED + 1], reused, running;
    size_t best;       /* best complete trial by the objective, SIZE_MAX: none */
    size_t best_point; /* the first of rank 1 in NAME.points.csv, set by tables_write; SIZE_MAX: none */
};

/* Every point has a trial. */
static inline const struct plan_kind *point_kind(const struct run *run, const struct planned_point *p)
{
    return run->trial[p->first].kind;
}

/* --- run.c --- */

int run_signalled(void); /* the signal that asks for an end, 0: none */
/* Signals are not for the thread that calls this: only the first is told, and can put them off. */
void run_signals_elsewhere(void);

void run_ignore_signals(void); /* in a process of a trial: its worker hears them */

/* --- work.c --- */

int make_crews(struct run *run, struct err *e);
void release_crews(struct run *run);
void train_all(struct run *run);
/* Under the lock, or before the workers start. `event` and `important` as in run_progress. */
void run_tell(struct run *run, const char *event, int important);

/* --- order.c --- */

/* The open trials into order[], as many as [stop] trials lets this call run; the others into the counts. */
int order_trials(struct run *run, struct err *e);
/* The trial that a worker is to do next: 1 and its index, 0: none is left, -1: none has room beside those that run; and
 * that it is done. Both lock. */
int next_trial(struct run *run, size_t *trial);
void end_trial(struct run *run, size_t i);
/* Under the lock: what a final trial means for the best one; whether a limit of [stop] is reached. */
void note_best(struct run *run, size_t i);
void check_limits(struct run *run);
void check_target(struct run *run, const struct trial *t);
void check_stagnation(struct run *run);

/* --- resume.c: the plan met with what the journal and the checkpoints hold --- */

/* Takes results/NAME for this process alone: 0, or -1 with *e (ERR_BUSY when another sweep has it). */
int run_lock(struct run *run, struct err *e);
void run_unlock(struct run *run);
/* Expands the plan into point[] and trial[], writes NAME.layers.csv, and fills in what the journal has. 0, or -1 with
 * *errs; a signal on the way is -1 with nothing in *errs, and no table was touched. */
int run_prepare(struct run *run, struct err_list *errs);
/* 0, or -1 with *e. */
int trial_add_epoch(struct run *run, struct trial *t, const struct epoch_row *row, struct err *e);
int trial_take(struct run *run, struct trial *t, const struct trial_record *r, struct err *e);
void trial_reopen(struct trial *t); /* nothing is known of its end */

/* --- running.c: which trials are being trained --- */

/* Marks trials that an earlier call left behind, by a crash or a kill, and those tried again: trial.apart. */
int running_read(struct run *run, struct err *e);
int running_begin(struct run *run, struct err *e);
/* A worker begins with a trial (NULL: it has none). 0, or -1 with *e. */
int running_mark(const struct run *run, int worker, const struct trial *t, struct err *e);
int running_end(struct run *run, struct err *e);

/* --- outside.c --- */

/* The list of final trials that the plan does not have, and whether the user is to be told. 0, or -1 with *e. */
int outside_write(struct run *run, struct err *e);
void outside_tell(struct run *run);

/* --- seen.c --- */

/* What an earlier run found into run->sets; what stands there into the file. 0, or -1 with *e. */
int seen_read(struct run *run, struct err *e);
int seen_write(const struct run *run, struct err *e);
/* 0 unless a trial of order[] wants pixels that are gone: -1 with *e. */
int seen_suffices(const struct run *run, struct err *e);

/* --- checkpoint.c --- */

/* Saves, on the disk when it returns; 0, or -1 with *e. */
int checkpoint_write(const struct run *run, const struct trial *t, const struct train_run *r, struct checkpoint_pace *p,
                     struct err *e);
/* 1 when r and t now stand where the checkpoint stood, 0 when there is none (or none that can be used), -1 with *e when
 * epochs that the journal lacks (a lost tail) cannot be given back to it. */
int checkpoint_read(struct run *run, struct trial *t, struct train_run *r, struct err *e);
void checkpoint_remove(const struct run *run, const struct trial *t);
/* Removes checkpoints of final trials and half-written files that a kill left behind. */
void checkpoints_tidy(const struct run *run);

/* --- tables.c --- */

float objective_of(const struct run *run, const struct trial *t);
int objective_better(const struct run *run, double a, double b); /* a better than b; NaN never is */
/* Every table from the trials as they stand; sets run->best_point as the table of points ranks them. */
int tables_write(struct run *run, int sync, struct err *e);
void objective_text(const struct run *run, char *buf, size_t n); /* "max val_accuracy" */
char *run_path(const struct run *run, const char *suffix, char *buf, size_t n);
/* "model.kernels=8 train.lr=0.1", and with its result before that: "val_accuracy 0.9912, model.kernels=8" */
void describe_axes(const struct run *run, const struct trial *t, struct str *out);
void describe_trial(const struct run *run, const struct trial *t, struct str *out);

/* --- findings.c --- */

/* NAME.classes.csv and the like: what the repeats of the best point left beside their metrics. */
int write_findings(struct run *run, int sync, struct err *e);

/* --- about.c --- */

/* What the reports need to know of the metrics. */
void metrics_known(struct report_metrics *out);
/* NAME.about.csv: what the sweep is, and how its conditions fare. */
int write_about(struct run *run, int sync, struct err *e);
/* 1 when every `result` condition holds for every repeat of the best point, else 0; -1 with *e where it cannot be told.
 */
int conditions_met(struct run *run, struct err *e);

#endif
