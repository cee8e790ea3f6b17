/* orchestrate.h - from a sweep to finished tables: the plan, the journal, the OpenMP workers, resume, one row a trial.
 * The only folder that starts threads. */
#ifndef ORCHESTRATE_ORCHESTRATE_H
#define ORCHESTRATE_ORCHESTRATE_H

#include "base/err.h"
#include "config/config.h"

#include <stddef.h>
#include <stdint.h>

enum trial_status { TRIAL_OPEN, TRIAL_COMPLETE, TRIAL_PRUNED, TRIAL_FAILED, TRIAL_SKIPPED };
extern const char *const trial_status_name[]; /* "open", "complete", ... */

/* One point of a plan, costed. Valid during the visit. */
struct start_match;
struct plan_point {
    const struct sweep *sweep;
    uint64_t
        index; /* its number, 0-based; of a grid that of the combination, the last axis of the file turning fastest */
    const struct point *point;
    const struct nn_graph *graph; /* NULL when the network does not fit together */
    const struct dataset *set;    /* peeked: no pixels */
    const struct task_type *task;
    size_t n[3];                     /* samples of train, validation, test */
    const char *skip;                /* why it is skipped, or NULL */
    const char *skip_at;             /* "t.ini:9: " where a line of the sweep file is why, else "" */
    int mistake;                     /* it is skipped by a value that does not fit it, not by [require] or its shapes */
    const char *note;                /* what is odd about its training, or NULL */
    const struct start_match *start; /* what its network begins with (model/starting.h), or NULL */
    const struct train_judge *judge; /* of train.judge, or NULL */
    uint64_t hash;                   /* of the training without its seed: settings and data */
    uint64_t same_as;                /* number of an earlier point that is the same training, or its own */
    size_t bytes;                    /* memory of one worker */
};
/* Expected for one repeat on one worker of this machine, saving included; its speed is measured once in a process, when
 * this is first asked for. */
double plan_seconds(const struct plan_point *p);
/* What a search that draws left out. */
struct plan_draws {
    uint64_t broken, same; /* proposals that cannot be trained; that are the same training as an earlier point */
    char why[768];         /* the first of the broken ones cannot, after the place in the sweep file if one is why */
    int one_mistake;       /* that is a mistake, and all broken ones have it */
    int waits;             /* the points after those that were visited follow from results */
};
/* What is wrong where every point is skipped; `first`: why the first one is, NULL where there is no point; `at`: its
 * skip_at. */
int plan_all_skipped(const char *first, const char *at, struct err *e);
/* Visits points first .. first+count-1 (clipped) in order, of a search that listens those that depend on no results,
 * costed for a run with so many workers. The visitor returns non-zero to stop. A dataset whose files are not found is
 * taken as its name is known (p->set->absent says so). out: the folder that holds results/. *draws (may be NULL): what
 * was left out on the way. 0, or -1 with *errs. */
int plan_visit(const struct sweep *s, const char *out, uint64_t first, uint64_t count, int jobs,
               int (*visit)(void *ctx, const struct plan_point *p), void *ctx, struct plan_draws *draws,
               struct err_list *errs);

struct running_trial { /* what a worker is at */
    uint64_t trial;    /* as the tables number it; 0: the worker has none */
    int epoch, epochs; /* trained; planned */
    int measuring;     /* the last epoch is done, the test split is being measured */
    /* Of the last epoch, NaN before the first: the training loss, and what the objective measures, on the validation
     * split where there is one. */
    float train_loss, value;
    const char *metric; /* of value */
};
struct run_progress { /* told when a trial begins, after each epoch and trial; never concurrently */
    uint64_t done, total, complete, failed, skipped, pruned, running, reused;
    double elapsed, left; /* seconds; left < 0: unknown, or nothing is left to be trained */
    double images_per_second;
    const struct running_trial *worker; /* [workers] */
    size_t workers;
    double best_value; /* objective of the best trial, NaN before the first */
    const char *best;  /* its axes: "conv.kernels=16 ...", "" before the first and without axes */
    const char *event; /* a line worth keeping (a trial finished or failed), or NULL */
    int important;     /* event is a failure or a warning */
};

struct run_options {
    const char *out;    /* folder that holds results/ and plots/ */
    int jobs;           /* workers, >= 1 */
    const char *isa;    /* kernel level, NULL: best */
    int fail_fast;      /* stop at the first failed trial */
    int retry_failed;   /* failed trials of earlier runs are run again */
    int only_tables;    /* nothing is trained: the tables are written from the journal */
    int only_looks;     /* nor are these written: sweep_recheck */
    const char *notice; /* written to stderr at the first signal; NULL: nothing */
    uint64_t limit;     /* most trials of a plan that is run without [stop] trials */
    void (*progress)(void *ctx, const struct run_progress *p);
    void (*data)(void *ctx, const struct dataset *set); /* NULL, or called with each dataset before the training */
    void *ctx;
};
#define RUN_LIMIT 1000000 /* default of limit: larger grids want [stop] trials */

struct run_summary {
    uint64_t trials, complete, failed, skipped, pruned, open, reused;
    int began;           /* the plan and the journal were sound: after -1 too, what is finished is saved */
    uint64_t duplicates; /* points that are the same training as an earlier one: no trials of their own */
    int conditions_met;  /* all `result` conditions of [require] hold */
    int stopped;         /* 0 ran to its end, -1 by a [stop] limit, otherwise the signal number */
    int stagnated;       /* the limit is [stop] stagnation: it holds for the next call too */
    double seconds;
    char best[512];
};
/* Runs, or goes on with, the sweep. 0 with *sum (even when trials failed), -1 with *errs. A signal that comes during
 * the plan ends it with sum->stopped and no trials, and leaves the tables as they were. Installs handlers for HUP,
 * INT, TERM and USR1 while it runs, those aside that are ignored. */
int sweep_run(const struct sweep *s, const struct run_options *o, struct run_summary *sum, struct err_list *errs);

struct run_recheck {
    uint64_t rows, given_up;                      /* of the main table; of trials that were given up or left out */
    uint64_t different;                           /* rows that are others, or that a finished sweep's table lacks */
    int other_header;                             /* a finished sweep's table has other columns */
    const char *rule;                             /* of [prune], "" where it gives nothing up */
    void (*differs)(void *ctx, const char *line); /* called for each of these */
    void *ctx;
};
/* Makes the main table again from the journal's curves and results alone, and compares each row of NAME.csv with it, so
 * that every proposal of the search, every trial that was given up and every repeat that a race left out is decided
 * once more. Rows that the table of an unfinished sweep does not have yet are none. The journal has to be there; it,
 * the tables and all else of the results stay as they are, but for the lock. 0 with *r, or -1 with *errs; ERR_BUSY: it
 * is running. */
int sweep_recheck(const struct sweep *s, const char *out, struct run_recheck *r, struct err_list *errs);

/* The i-th table that a sweep writes, and its columns (report/table/columns.h); NULL after the last. */
struct column_table;
const struct column_table *sweep_table(size_t i);

#endif
