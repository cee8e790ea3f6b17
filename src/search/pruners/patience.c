/* patience.c - gives up trials that have not become better for a while. */
#include "search/prune.h"

#include <math.h>

static int decide_patience(const struct prune_args *a, const struct prune_case *c, double *against)
{
    int before = c->own.epochs - a->patience;
    if (before < 1)
        return 0;
    *against = prune_value(&c->own, before);
    return !(prune_value(&c->own, c->own.epochs) < *against - a->min_delta);
}

// clang-format off
static const struct param patience_params[] = {
    PRUNE_AFTER,
    { .name = "patience", .type = P_INT, .at = PRUNE_ARG(patience), .min = 1, .max = 1000000, .preset = "5",
      .help = "epochs without a better value" },
    { .name = "min_delta", .type = P_FLOAT, .at = PRUNE_ARG(min_delta), .min = 0, .max = HUGE_VAL, .preset = "0",
      .help = "a value is better when it is so by more than this" },
    { 0 }
};
// clang-format on

const struct prune_type prune_patience = {
    .name = "patience",
    .help =
        "gives up trials whose best value is as many epochs old; train.patience does the same, and calls them complete",
    .source = "Prechelt, Early Stopping - But When?, 1998",
    .params = patience_params,
    .decide = decide_patience,
};
