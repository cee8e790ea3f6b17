/* hyperband.c - as asha, by brackets of points whose first rungs differ: in the last one nothing is given up. */
#include "search/prune.h"

int hyperband_brackets(const struct prune_args *a, int planned)
{
    int n = 1;
    for (int64_t epochs = (int64_t)a->after * a->eta; epochs <= planned; epochs *= a->eta)
        n++;
    return n;
}

/* As many as let each bracket take about the same epochs, rounded up. */
uint64_t hyperband_size(const struct prune_args *a, int planned, int bracket)
{
    uint64_t n = (uint64_t)hyperband_brackets(a, planned), rungs = n - (uint64_t)bracket, power = 1;
    for (uint64_t i = 1; i < rungs; i++)
        power *= (uint64_t)a->eta;
    return (n * power + rungs - 1) / rungs;
}

#define MOST_BRACKETS 32 /* of eta 2 up to 2^31 epochs */

/* Points are dealt out so that after any number of them each bracket has its share as nearly as it can: Sainte-Lague.
 */
int hyperband_bracket(const struct prune_args *a, int planned, uint64_t point)
{
    uint64_t size[MOST_BRACKETS], count[MOST_BRACKETS] = {0}, round = 0;
    int n = hyperband_brackets(a, planned), next = 0;
    for (int b = 0; b < n; b++)
        round += size[b] = hyperband_size(a, planned, b);
    for (uint64_t p = 0; p <= point % round; p++) {
        next = 0;
        for (int b = 1; b < n; b++)
            if ((2 * count[b] + 1) * size[next] < (2 * count[next] + 1) * size[b])
                next = b;
        count[next]++;
    }
    return next;
}

/* Brackets of one number have the same rungs, however many epochs their trials have (train.epochs may be an axis). */
static int same_bracket(const struct prune_args *a, const struct prune_curve *own, const struct prune_curve *other)
{
    return hyperband_bracket(a, own->planned, own->point) == hyperband_bracket(a, other->planned, other->point);
}

static int decide_hyperband(const struct prune_args *a, const struct prune_case *c, double *against)
{
    int first = a->after;
    for (int b = hyperband_bracket(a, c->own.planned, c->own.point); b > 0; b--)
        first *= a->eta;
    return prune_is_rung(first, a->eta, c->own.epochs) ? prune_rung(a, c, same_bracket, against) : 0;
}

static double hyperband_epochs(const struct prune_args *a, int planned)
{
    double epochs = 0, points = 0;
    int first = a->after;
    for (int b = 0; b < hyperband_brackets(a, planned); b++, first *= a->eta) {
        double n = (double)hyperband_size(a, planned, b);
        epochs += n * prune_rung_epochs(first, a->eta, planned);
        points += n;
    }
    return epochs / points;
}

// clang-format off
static const struct param hyperband_params[] = {
    PRUNE_COMPARES,
    { .name = "eta", .type = P_INT, .at = PRUNE_ARG(eta), .min = 2, .max = 100, .preset = "3",
      .help = "one of so many goes on from each rung; a bracket's rungs begin so many times later than the one before" },
    PRUNE_PROMOTION,
    { 0 }
};
// clang-format on

const struct prune_type prune_hyperband = {
    .name = "hyperband",
    .help = "as asha, with brackets of points that begin to be given up after 1, 3, 9, ... epochs, each compared among "
            "themselves",
    .source = "Li et al., Hyperband, JMLR 18, 2018; brackets of asha",
    .params = hyperband_params,
    .compares = 1,
    .decide = decide_hyperband,
    .bracket = hyperband_bracket,
    .epochs = hyperband_epochs,
};
