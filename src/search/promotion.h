/* promotion.h - which trial is trained next, and how far, where trials wait at rungs: algorithm 2 of Li et al., A
 * System for Massively Parallel Hyperparameter Tuning, MLSys 2020, by a clock of its own. The clock counts jobs, a job
 * being a trial and the epoch that it is trained up to: what job n is follows from what the jobs 0 .. n - lag have come
 * to, and from nothing else, so that it is the same for any number of workers and after any interruption. A job may be
 * none: there was nothing to do for it at its time. */
#ifndef SEARCH_PROMOTION_H
#define SEARCH_PROMOTION_H

#include "search/prune.h"

/* A trial in the order of the plan, as far as its results are there. */
struct promotion_trial {
    const float *best; /* [epochs] the best value after each, as in struct prune_curve */
    int epochs;        /* that it rests at, or has come to */
    int planned;
    int ended;   /* it came to its own end or failed after these, maybe in a call before this one */
    int bracket; /* below PROMOTION_BRACKETS: its first rung is after `after` * eta^bracket epochs, and it is compared
                  * with those of its bracket alone */
};

struct promotion_job {
    size_t trial;
    int to; /* epochs; 0: none */
};

/* The trials that have come to a rung, as far as the clock knows, the best first, of equal ones the first of the plan.
 */
enum promotion_state { PROMOTION_WAITS, PROMOTION_WENT_ON, PROMOTION_ENDED };
struct promotion_place {
    float value;
    uint32_t trial : 30, state : 2;
};
struct promotion_rung {
    struct promotion_place *place; /* [n] */
    size_t n, cap;
    size_t first; /* none waits before place[first] */
    double worst; /* of those that went on; NaN: none did */
};
#define PROMOTION_RUNGS 32 /* of eta 2 up to 2^31 epochs */
#define PROMOTION_BRACKETS 32

/* Zero-initialise but for the arguments; promotion_release frees it. */
struct promotion {
    const struct prune_args *args;
    size_t trials;
    struct promotion_job *job; /* [jobs] in their order */
    size_t jobs, cap;
    size_t known; /* jobs 0 .. known - 1 have come to their ends, and their trials are at the rungs */
    struct promotion_rung (*rung)[PROMOTION_RUNGS]; /* [brackets] rung k is after `after` * eta^k epochs */
    int brackets;                                   /* 1 more than the highest of those that have begun */
    uint8_t *bracket;                               /* [trials] of those that have begun */
    int *granted;                                   /* [trials] epochs by all jobs */
    size_t begun;                                   /* trials 0 .. begun - 1 have had a job */
    int closed;                                     /* no job follows: what waits is given up */
};
/* 0, or -1 without memory. */
int promotion_init(struct promotion *p, const struct prune_args *a, size_t trials);
void promotion_release(struct promotion *p);

/* The next job, into job[jobs - 1], where the clock allows it. t[trials]: those of jobs that are over are as these left
 * them, or further. 1: there is one; 0: it depends on results that are not there; 2: there are no more, and all that
 * waits is given up; -1: no memory. */
int promotion_next(struct promotion *p, const struct promotion_trial *t);
/* Whether the trial of a job has come to its epoch, or ended before. */
int promotion_job_is_over(const struct promotion *p, const struct promotion_trial *t, size_t job);
/* Whether a trial is at its rung, or on the way there: not one that ended before, nor one that was let go to its end.
 */
int promotion_waits(const struct promotion *p, const struct promotion_trial *t, size_t i);
/* When no job follows: the epochs after which the trial is given up; 0: it is not. */
int promotion_gives_up(const struct promotion *p, const struct promotion_trial *t, size_t i);
/* What the value of a trial that waits was compared with: that of the worst one that went on from its rung; NaN: none
 * did. */
double promotion_against(const struct promotion *p, size_t i);

#endif
