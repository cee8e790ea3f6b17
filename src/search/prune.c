/* prune.c lists the rules by which trainings are given up, and has what they share. */
#include "search/prune.h"

#include <math.h>
#include <stdlib.h>

// clang-format off
#define RULES(X) X(none) X(median) X(percentile) X(patience) X(asha) X(hyperband) X(race)
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
    if (!type->decide || c->own.epochs < a->after || c->own.epochs >= c->own.planned)
        return 0;
    if (type->compares && better_ones(c) < (size_t)a->keep)
        return 0;
    return type->decide(a, c, against);
}

/* Finds where the best of the points that trial i is compared with begins, by the mean of the repeats that it has; i:
 * there is none. */
static size_t best_to_race(const struct prune_args *a, const struct prune_repeat *t, size_t i)
{
    size_t best = i;
    double least = INFINITY;
    for (size_t from = 0, to; from < i && t[from].point + (uint64_t)a->lag <= t[i].point; from = to) {
        double sum = 0, n = 0;
        for (to = from; to < i && t[to].point == t[from].point; to++)
            if (!isnan(t[to].value)) {
                sum += t[to].value;
                n++;
            }
        if (n >= a->pairs && sum / n < least) {
            least = sum / n;
            best = from;
        }
    }
    return best;
}

/* Fills the values of the repeats that trial i's point, before it, and the best point both have. Returns how many. */
static size_t pair_repeats(const struct prune_repeat *t, size_t i, size_t best, double *own, double *other)
{
    size_t n = 0;
    for (size_t k = i; k-- > 0 && t[k].point == t[i].point;)
        for (size_t b = best; b < i && t[b].point == t[best].point; b++)
            if (t[b].repeat == t[k].repeat && !isnan(t[b].value) && !isnan(t[k].value)) {
                own[n] = t[k].value;
                other[n++] = t[b].value;
            }
    return n;
}

int prune_race_out(const struct prune_type *type, const struct prune_args *a, const struct prune_repeat *t, size_t i,
                   double *own, double *against)
{
    size_t best = type->race && t[i].repeat >= a->pairs ? best_to_race(a, t, i) : i;
    if (best == i)
        return 0;
    double *v = malloc(2 * (size_t)t[i].repeat * sizeof *v), *other = v + t[i].repeat;
    if (!v)
        return -1;
    size_t n = pair_repeats(t, i, best, v, other);
    int out = n >= (size_t)a->pairs ? type->race(a, v, other, n) : 0;
    *own = *against = 0;
    for (size_t k = 0; k < n; k++) {
        *own += v[k] / (double)n;
        *against += other[k] / (double)n;
    }
    free(v);
    return out;
}

int prune_is_rung(int first, int eta, int epoch)
{
    while (epoch > first && epoch % eta == 0)
        epoch /= eta;
    return epoch == first;
}

double prune_rung_epochs(int first, int eta, int planned)
{
    double epochs = 0, share = 1;
    int64_t from = 0;
    for (int64_t rung = first; rung < planned; rung *= eta) {
        epochs += share * (double)(rung - from);
        share /= eta;
        from = rung;
    }
    return epochs + share * (double)(planned - from);
}

int prune_rung(const struct prune_args *a, const struct prune_case *c,
               int (*same)(const struct prune_args *a, const struct prune_curve *own, const struct prune_curve *other),
               double *against)
{
    const int epoch = c->own.epochs;
    double own = prune_value(&c->own, epoch), worst = -INFINITY;
    size_t reached = 1, better = 0;
    for (size_t i = 0; i < c->others; i++) {
        const struct prune_curve *o = &c->other[i];
        if (o->epochs < epoch || (same && !same(a, &c->own, o)))
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
