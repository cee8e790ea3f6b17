/* prune.c lists the rules by which trainings are given up, and has what they share. */
#include "search/prune.h"

#include <math.h>

// clang-format off
#define RULES(X) X(none) X(median) X(percentile) X(patience) X(asha) X(hyperband)
// clang-format on
#define DECLARE(name) extern const struct prune_type prune_##name;
#define ROW(name) &prune_##name,
RULES(DECLARE)
const struct prune_type *const prune_types[] = {RULES(ROW) NULL};

const struct prune_type prune_none = {.name = "none", .help = "every training comes to its end"};

const char *prune_name(size_t i)
{
    return i + 1 < sizeof prune_types / sizeof *prune_types ? prune_types[i]->name : NULL;
}

/* Counts the trials that are better than this one at its epoch; one that ended before has its last value. */
static size_t better_ones(const struct prune_case *c)
{
    double own = prune_value(&c->own, c->own.epochs);
    size_t n = 0;
    for (size_t i = 0; i < c->others; i++) {
        const struct prune_curve *o = &c->other[i];
        int epoch = o->epochs < c->own.epochs ? o->epochs : c->own.epochs;
        n += epoch > 0 && prune_value(o, epoch) < own;
    }
    return n;
}

int prune_decide(const struct prune_type *type, const struct prune_args *a, const struct prune_case *c, double *against)
{
    if (!type->decide || c->own.epochs < a->after || c->own.epochs >= c->planned)
        return 0;
    if (type->compares && better_ones(c) < (size_t)a->keep)
        return 0;
    return type->decide(a, c, against);
}

int prune_is_rung(int first, int eta, int epoch)
{
    while (epoch > first && epoch % eta == 0)
        epoch /= eta;
    return epoch == first;
}

int prune_rung(const struct prune_args *a, const struct prune_case *c,
               int (*same)(const struct prune_args *a, uint64_t point, uint64_t other, int planned), double *against)
{
    const int epoch = c->own.epochs;
    double own = prune_value(&c->own, epoch), worst = -INFINITY;
    size_t reached = 1, better = 0;
    for (size_t i = 0; i < c->others; i++) {
        const struct prune_curve *o = &c->other[i];
        if (o->epochs < epoch || (same && !same(a, c->own.point, o->point, c->planned)))
            continue;
        reached++;
        if (prune_value(o, epoch) < own) {
            better++;
            worst = fmax(worst, prune_value(o, epoch));
        }
    }
    size_t most = reached / (size_t)a->eta;
    *against = worst;
    return better >= (most ? most : 1);
}
