/* percentile.c - gives up trials that are worse than most of the complete ones were after as many epochs. */
#include "search/prune.h"

#include <math.h>
#include <stdlib.h>

static int by_best_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Returns the percentile of v[n], sorted, between two of them by their distances. */
static double percentile_of(const double *v, size_t n, double percent)
{
    double at = percent / 100 * (double)(n - 1);
    size_t i = (size_t)floor(at);
    return i + 1 < n ? v[i] + (at - (double)i) * (v[i + 1] - v[i]) : v[n - 1];
}

static int worse_than(const struct prune_args *a, const struct prune_case *c, double percent, double *against)
{
    double *v = malloc((c->others + 1) * sizeof *v);
    size_t complete = 0, n = 0;
    if (!v)
        return -1;
    for (size_t i = 0; i < c->others; i++) {
        const struct prune_curve *o = &c->other[i];
        complete += o->complete != 0;
        if (o->complete && o->epochs >= c->own.epochs)
            v[n++] = prune_value(o, c->own.epochs);
    }
    int enough = n && complete >= (size_t)a->startup;
    if (enough) {
        qsort(v, n, sizeof *v, by_best_value);
        *against = percentile_of(v, n, percent);
    }
    free(v);
    return enough && prune_value(&c->own, c->own.epochs) > *against;
}

static int decide_percentile(const struct prune_args *a, const struct prune_case *c, double *against)
{
    return worse_than(a, c, a->percent, against);
}

static int decide_median(const struct prune_args *a, const struct prune_case *c, double *against)
{
    return worse_than(a, c, 50, against);
}

// clang-format off
#define STARTUP                                                                                                        \
    { .name = "startup", .type = P_INT, .at = PRUNE_ARG(startup), .min = 1, .max = 1000000, .preset = "5",             \
      .help = "complete trials that there are to be before one is given up" }
static const struct param median_params[] = { PRUNE_COMPARES, STARTUP, { 0 } };
static const struct param percentile_params[] = {
    PRUNE_COMPARES,
    STARTUP,
    { .name = "percent", .type = P_FLOAT, .at = PRUNE_ARG(percent), .min = 0, .max = 100, .preset = "25",
      .help = "of the trials go on: those whose best value is not worse than this percentile" },
    { 0 }
};
// clang-format on

#define SOURCE "Golovin et al., Google Vizier, KDD 2017; as Optuna has it"

const struct prune_type prune_median = {
    .name = "median",
    .help = "gives up trials whose best value is worse than the median of complete trials after as many epochs",
    .source = SOURCE,
    .params = median_params,
    .compares = 1,
    .decide = decide_median,
};
const struct prune_type prune_percentile = {
    .name = "percentile",
    .help = "likewise, by a percentile in place of the median",
    .source = SOURCE,
    .params = percentile_params,
    .compares = 1,
    .decide = decide_percentile,
};
