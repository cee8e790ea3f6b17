/* prune.h - which trainings are given up before their end. A rule is one row and one file of pruners/: after an epoch
 * it is shown the curve of a trial, and those of the trials that it may be compared with, and says whether to give it
 * up.
 *
 * For the same decisions by any number of workers, trials of point k are compared with those of points 0 .. k - lag, in
 * the order of the plan, all of which have come to their ends, and with no other: the clock is the plan, and its unit
 * the epoch. What a trial has after an epoch is its best value so far. Values here are smaller for better. */
#ifndef SEARCH_PRUNE_H
#define SEARCH_PRUNE_H

#include "base/param.h"

#include <stddef.h>
#include <stdint.h>

struct prune_args {  /* of the keys that rows have */
    int lag;         /* >= 1 */
    int after;       /* epochs before the first decision */
    int keep;        /* a trial among so many best ones is never given up */
    int startup;     /* complete trials that a comparison takes at least */
    int eta;         /* one of so many goes on */
    int promotion;   /* trials wait at their rungs: promotion.h */
    int patience;    /* epochs without a better value */
    int pairs, test; /* of a race: repeats before the first decision, and which test it is */
    double alpha;
    double percent; /* of the trials go on */
    double min_delta;
};

struct prune_curve {
    const float *best; /* [epochs] the best value after each epoch */
    int epochs, planned;
    uint64_t point; /* from 0 */
    int complete;   /* it came to its own end; 0: it was given up or failed */
};
struct prune_case {
    struct prune_curve own; /* .epochs >= 1, < .planned: the decision is that after so many */
    const struct prune_curve *other;
    size_t others;
};

struct prune_type {
    const char *name, *help, *source;
    const struct param *params; /* keys of [prune], into struct prune_args; NULL: none */
    int compares;               /* it looks at other trials */
    /* 1: give it up, with *against what its value was compared with; 0: go on; -1: no memory. */
    int (*decide)(const struct prune_args *a, const struct prune_case *c, double *against);
    /* Of a rule that decides between the repeats of points before they are trained, and of which `decide` is NULL: 1:
     * the values of a point's repeats tell it from the best one's in the same repeats, so that it gets no further one;
     * -1: no memory. */
    int (*race)(const struct prune_args *a, const double *own, const double *best, size_t pairs);
    /* The bracket of a point, whose trials are compared with those of their bracket alone; NULL: there is one. */
    int (*bracket)(const struct prune_args *a, int planned, uint64_t point);
    /* Epochs of a trial on average where as many go on as the rule lets; NULL: that is a matter of the curves. */
    double (*epochs)(const struct prune_args *a, int planned);
};
static inline int prune_bracket(const struct prune_type *type, const struct prune_args *a, int planned, uint64_t point)
{
    return type->bracket ? type->bracket(a, planned, point) : 0;
}

extern const struct prune_type *const prune_types[]; /* the first never decides; ends with NULL */
const char *prune_name(size_t i);                    /* NULL after the last */

/* Whether the trial is given up: what all rules have in common, and then the rule. As decide. */
int prune_decide(const struct prune_type *type, const struct prune_args *a, const struct prune_case *c,
                 double *against);

/* Of a race: a trial of the plan as far as it is known. */
struct prune_repeat {
    uint64_t point;
    int repeat;   /* from 0 */
    double value; /* of the objective, smaller is better; NaN: it has none */
};
/* Whether trial i of t[], in the order of the plan, is not trained: its point, by its repeats before, cannot be the
 * best. Trials of points that it may be compared with, and those of its own before it, have come to their ends. 1, with
 * *own and *against the means of both over the repeats that both have; 0: it is trained; -1: no memory. */
int prune_race_out(const struct prune_type *type, const struct prune_args *a, const struct prune_repeat *t, size_t i,
                   double *own, double *against);
/* The share of cases in which chance alone makes own[n] so much larger than best[n]: Student's paired test, where
 * the differences are not all the same, and Wilcoxon's (1945), exact, of the first 100 pairs
 * that differ. -1: no memory. */
double race_t(const double *own, const double *best, size_t n);
double race_wilcoxon(const double *own, const double *best, size_t n);

/* For rules. The value of a curve that has reached the epoch. */
static inline double prune_value(const struct prune_curve *c, int epoch)
{
    return (double)c->best[epoch - 1];
}
/* The row of the share that goes on of those that have come to the epoch of the decision: 1 where the trial is not
 * among the best n / eta of them (whole numbers, at least 1), itself counted. Only the curves for which `same` is true
 * (NULL: all) are counted. */
int prune_rung(const struct prune_args *a, const struct prune_case *c,
               int (*same)(const struct prune_args *a, const struct prune_curve *own, const struct prune_curve *other),
               double *against);
/* Epochs of a trial on average where one of eta goes on after each of first * eta^k epochs. */
double prune_rung_epochs(int first, int eta, int planned);
/* Whether the epoch is first * eta^k. */
int prune_is_rung(int first, int eta, int epoch);

/* Hyperband: how many brackets trials of so many epochs have, the number of points of bracket b in each round, and the
 * bracket of a point. */
int hyperband_brackets(const struct prune_args *a, int planned);
uint64_t hyperband_size(const struct prune_args *a, int planned, int bracket);
int hyperband_bracket(const struct prune_args *a, int planned, uint64_t point);

/* Rows of rules. */
// clang-format off
#define PRUNE_ARG(field) offsetof(struct prune_args, field)
#define PRUNE_AFTER                                                                                                    \
    { .name = "after", .type = P_INT, .at = PRUNE_ARG(after), .min = 1, .max = 1000000, .preset = "1",                 \
      .help = "epochs before the first decision" }
#define PRUNE_COMPARES                                                                                                 \
    { .name = "lag", .type = P_INT, .at = PRUNE_ARG(lag), .min = 1, .max = 100000, .preset = "8",                      \
      .help = "trials of point k are compared with those of points 1 to k - lag, whatever the number of workers, for " \
              "as many of which a small lag leaves no work" },                                                         \
    PRUNE_AFTER,                                                                                                       \
    { .name = "keep", .type = P_INT, .at = PRUNE_ARG(keep), .min = 1, .max = 1000000, .preset = "1",                   \
      .help = "a trial among so many best ones is never given up" }
#define PRUNE_PROMOTION                                                                                                \
    { .name = "promotion", .type = P_BOOL, .at = PRUNE_ARG(promotion), .preset = "no",                                 \
      .help = "trials wait at their rungs, and the best third of all that came to one goes on when it is known; lag "  \
              "counts trainings from rung to rung. Without it each trial goes on at once where it is among the best "  \
              "third so far" }
// clang-format on

#endif
