/* plan.h - the points and trials of a sweep. A plan may have millions of trials: what many have in common is there
 * once, and what only tables and checkpoints ask for is in the store. */
#ifndef ORCHESTRATE_PLAN_H
#define ORCHESTRATE_PLAN_H

#include "base/keymap.h"
#include "orchestrate/run.h"

/* What many points have in common. */
struct plan_kind {
    struct nn_facts facts;
    int has_facts, batchnorm, dropout, precision;
    int late_dropout;          /* train.dropout_from is not the first epoch */
    size_t n[3];               /* samples of train, validation, test */
    const struct dataset *set; /* peeked */
    const struct task_type *task;
    unsigned metrics; /* that it measures: bits 1 << METRIC_X */
    double expected;  /* seconds, an estimate */
    size_t bytes;     /* memory of a worker that has it to itself */
    uint64_t images;  /* trained by one epoch */
    int epochs;       /* planned */
};

struct planned_point {
    uint64_t index;   /* its number, as in struct plan_point */
    const char *skip; /* NULL: it is trained */
    uint32_t first;   /* of its trials, index into trial */
};

/* A point that is the same training as an earlier one: it is trained once, and stands in the tables with its own values
 * and the other's results. */
struct copied_point {
    uint64_t index, of; /* of: index of the point that is trained */
};

/* Of a trial_record what is held in memory; the rest is in the store. */
struct trial_end {
    uint64_t key;
    const char *error; /* "" when there is none */
    int epochs_run, best_epoch;
    uint8_t status; /* enum trial_status */
    uint8_t volatile_failure;
    uint8_t model; /* enum trial_model */
};
enum trial_model { MODEL_NONE, MODEL_THERE, MODEL_WRITTEN /* by this call, and not synced yet */ };

/* This is most of what each trial takes. */
struct trial {
    struct trial_end r;
    const struct plan_kind *kind;
    uint64_t place;  /* in store.kept */
    uint32_t point;  /* index into point */
    int repeat;      /* 0-based */
    int nepochs;     /* rows in store.kept */
    int warned_at;   /* the first epoch that had a warning, 0: none has; */
    int dropout_at;  /* the first that train.dropout_from let dropout act in, 0: none has */
    uint8_t warning; /* and which, as in struct epoch_row */
    uint8_t reused;
    uint8_t gained;  /* of several objectives: no trial before it in the plan was as good in each (limits.c) */
    uint8_t retried; /* it failed in an earlier call, and may be tried once more */
    uint8_t apart;   /* it was running when an earlier call broke off, or is retried: in a process of its own */
};

struct trial_plan {
    struct arena text; /* texts of points and errors, and the kinds */
    struct planned_point *point;
    size_t npoints, point_cap;
    int64_t *drawn; /* [npoints][axes] value numbers of points that a search has drawn; a grid works them out */
    size_t drawn_cap;
    struct trial *trial;
    size_t ntrials, trial_cap;
    const char *first_skip_at; /* of the first point: plan_point's skip_at */
    struct copied_point *copy;
    size_t ncopies, copy_cap;
    float *metric;        /* [ntrials][measured] of the final trials */
    int measured;         /* rows of train_metrics that some task of the plan measures */
    int8_t slot[M_COUNT]; /* which of them a row is; -1: none measures it */
    struct keymap by_key; /* trial_record.key -> index into trial; gone when the plan is made and met the journal */
    struct keymap kinds;  /* hash of a struct plan_kind -> where it is, while the plan is made */
    int more;             /* points lie after the plan's window ([stop] trials) */
    size_t settled;       /* points before it have come to their ends; see plan_advance */
};

/* Whether anything follows from results: points, or whether trials are given up. */
static inline int plan_follows(const struct sweep_run *run)
{
    return run->growth || run->pruning;
}

/* Every point has a trial. */
static inline const struct plan_kind *point_kind(const struct sweep_run *run, const struct planned_point *p)
{
    return run->plan->trial[p->first].kind;
}

/* What a final trial measured, by the row of train_metrics: NaN where it did not. Into out[M_COUNT] all of them, and
 * from a record. */
float trial_metric(const struct trial_plan *plan, const struct trial *t, int m);
void trial_metrics(const struct trial_plan *plan, const struct trial *t, float *out);
void trial_set_metrics(struct trial_plan *plan, const struct trial *t, const float *metric);

/* Where the point with that number is in point[], which is in the order of the numbers. */
size_t point_of(const struct trial_plan *plan, uint64_t index);
/* Which values the point with that number, which is in point[] or copy[], has. */
void plan_proposal(const struct sweep_run *run, uint64_t index, struct proposal *out);
/* The text of its value of axis key i, in buf or where it stays. */
const char *plan_value(const struct sweep_run *run, uint64_t index, size_t i, char buf[STR_NUM]);

/* The point and its trials, after those that are there; p->same_as is itself. 0, or -1 without memory. */
int plan_add_point(struct sweep_run *run, const struct plan_point *p);
/* The key of a trial of a point: trial_end.key. */
uint64_t trial_key(const struct plan_point *p, const struct sweep_spec *s, int repeat);
/* Where point number `point` of point[] ends in trial[]. */
size_t end_of_point(const struct trial_plan *plan, size_t point);
/* What follows from results, where something does (growth.h, pruning.h): points that have come to their ends are
 * counted in their order, trials that were waiting for these are judged, and the search proposes further points. Under
 * the lock, which is left while the search works out a proposal: whoever comes meanwhile leaves to that thread what
 * follows. 0, or -1 with *e. */
int plan_advance(struct sweep_run *run, struct err *e);
/* Fills point[] and trial[] with what the search proposes, writes NAME.layers.csv, and fills in what the journal has.
 * 0, or -1 with *errs; a signal on the way is -1 with nothing in *errs, and no table was touched. */
int plan_prepare(struct sweep_run *run, struct err_list *errs);

#endif
