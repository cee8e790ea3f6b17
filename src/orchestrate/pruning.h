/* pruning.h - trials that are given up before their end ([prune]). Each decision is a function of the curves of trials
 * that have come to their ends (search/prune.h), so that it is the same for any number of workers and after any
 * interruption; a trial begins when all those have that it may be compared with. What the journal calls the end of a
 * trial is judged again when a call begins: another rule, or none, may let it go on from its checkpoint. Under the
 * lock, or before the workers start. */
#ifndef ORCHESTRATE_PRUNING_H
#define ORCHESTRATE_PRUNING_H

#include "orchestrate/journal.h"
#include "orchestrate/run.h"
#include "search/promotion.h"
#include "search/prune.h"

struct trial;

struct prune_verdict {    /* of a trial that was given up */
    int epoch;            /* 0: it was not, or before its first */
    float value, against; /* of the objective */
};

/* What an epoch is judged by: the objective on the validation split, or, without one, on the training split. */
float pruning_value(const struct sweep_spec *spec, const float metric[M_EPOCHS]);

struct pruning {
    const struct prune_type *type;
    const struct prune_args *args;
    size_t trials; /* that there is room for */
    float **best;  /* [trials][epochs planned] best value after each epoch, smaller is better; or NULL */
    struct prune_verdict *verdict; /* [trials] */
    uint8_t *unjudged;             /* [trials] the journal says how it ended, and it has not been judged yet */
    struct prune_curve *other;     /* [trials] scratch */
    struct prune_repeat *repeat;   /* likewise */
    struct promotion promotion;    /* where trials wait at rungs, */
    struct promotion_trial *rests; /* [trials] and what they rest at; NULL: they do not */
    size_t read;                   /* rests[0 .. read - 1] are filled */
};

/* With room for so many trials, when [prune] has a rule. 0, or -1 with *e. */
int pruning_begin(struct sweep_run *run, size_t trials, struct err *e);
void pruning_release(struct sweep_run *run);

/* An epoch of a trial is known. 0, or -1 with *e. */
int pruning_note_epoch(struct sweep_run *run, const struct trial *t, const struct epoch_row *row, struct err *e);
/* Whether the journal has an end of the trial, which is to be judged. */
void pruning_note_end(struct sweep_run *run, const struct trial *t, int has);
/* The end of trial i in the plan is known, and it was judged. */
int pruning_is_final(const struct sweep_run *run, size_t i);
/* Judges the trials of a point whose ends the journal has. 1: one of them is open now, 0, or -1 with *e. */
int pruning_judge_point(struct sweep_run *run, size_t point, struct err *e);
/* Where trials wait at rungs: gives out the trainings that follow from those that are over, and, when none follows, has
 * what waits given up. 0, or -1 with *e. */
int pruning_promote(struct sweep_run *run, struct err *e);
/* Likewise: the trial has come to its rung, and its checkpoint is there. */
void pruning_rest(struct sweep_run *run, size_t i);
/* Whether the open trial i is to be trained now; to which epoch, its last one or its rung; and how often a trial may be
 * begun. */
int pruning_is_due(const struct sweep_run *run, size_t i);
int pruning_goal(const struct sweep_run *run, const struct trial *t);
size_t pruning_turns(const struct sweep_run *run);
/* Whether trials of the point may begin, of which all are before `settled` that it is compared with. */
int pruning_may_begin(const struct sweep_run *run, size_t point, size_t settled);
/* Whether trial i of the plan may begin: all trials have come to their ends that decide on it. */
int pruning_trial_may_begin(const struct sweep_run *run, size_t i);
/* Whether the trial is given up after one of the epochs from .. to, and then its record; one that is to wait at its
 * rung has a record that it is open. 1, 0, or -1 with *e. */
int pruning_decide(struct sweep_run *run, const struct trial *t, int from, int to, struct trial_record *rec,
                   struct err *e);
/* The verdict of a trial that is TRIAL_PRUNED. */
const struct prune_verdict *pruning_verdict(const struct sweep_run *run, const struct trial *t);

#endif
