/* asha.c - lets the better part of the trials go on from rung to rung, whose epochs grow by a factor. */
#include "search/prune.h"

static int decide_asha(const struct prune_args *a, const struct prune_case *c, double *against)
{
    return prune_is_rung(a->after, a->eta, c->own.epochs) ? prune_rung(a, c, NULL, against) : 0;
}

static double asha_epochs(const struct prune_args *a, int planned)
{
    return prune_rung_epochs(a->after, a->eta, planned);
}

// clang-format off
static const struct param asha_params[] = {
    PRUNE_COMPARES,
    { .name = "eta", .type = P_INT, .at = PRUNE_ARG(eta), .min = 2, .max = 100, .preset = "3",
      .help = "one of so many goes on from each rung; rungs are at after, after * eta, after * eta^2, ... epochs" },
    PRUNE_PROMOTION,
    { 0 }
};
// clang-format on

const struct prune_type prune_asha = {
    .name = "asha",
    .help = "after 1, 3, 9, ... epochs gives up trials that are not among the best third of those that came so far",
    .source = "Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020 (the stopping form; with "
              "promotion = yes "
              "algorithm 2)",
    .params = asha_params,
    .compares = 1,
    .decide = decide_asha,
    .epochs = asha_epochs,
};
