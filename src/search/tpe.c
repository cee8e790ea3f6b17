/* tpe.c - proposes what is likely among the good points and unlikely among the others: tree-structured Parzen
 * estimators. */
#include "search/objectives.h"
#include "search/parzen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GOOD_MOST 25     /* points that are good, a tenth of those whose results are known */
#define GOOD_SEVERAL 100 /* the same where there are several objectives; Optuna has no end there */
#define AGAIN 8          /* candidates are drawn so many times where the best one was proposed before */

/* What a proposal is made from. */
struct estimate {
    const struct search *s;
    const struct search_history *h;
    struct rng r;
    size_t ngood;
    uint32_t good[GOOD_SEVERAL]; /* points, in the order of the plan */
    uint32_t *split, *kernel;    /* [points] scratch */
    struct parzen_point *x;      /* [candidates][axes] */
};

static int by_point_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Finds the best of the points whose results may be known. One without a result is not good. 0, or -1 without memory.
 */
static int find_good(struct estimate *t)
{
    const size_t known = search_known(t->s, t->h), limit = t->s->others ? GOOD_SEVERAL : GOOD_MOST;
    const size_t most = (known + 9) / 10 < limit ? (known + 9) / 10 : limit;
    const struct search_result *r = t->h->result;
    if (t->s->others) {
        int bad = best_by_volume(t->s, t->h, most, t->good, &t->ngood);
        qsort(t->good, t->ngood, sizeof *t->good, by_point_number);
        return bad;
    }
    for (uint32_t i = 0; i < known; i++) {
        size_t at = t->ngood;
        if (!(r[i].loss < INFINITY))
            continue;
        while (at > 0 && search_better(&r[i], &r[t->good[at - 1]]))
            at--;
        if (at == most)
            continue;
        t->ngood += t->ngood < most;
        memmove(t->good + at + 1, t->good + at, (t->ngood - at - 1) * sizeof *t->good);
        t->good[at] = i;
    }
    qsort(t->good, t->ngood, sizeof *t->good, by_point_number);
    return 0;
}

static int has_axis(const struct estimate *t, size_t point, size_t axis)
{
    return t->h->value[point * t->s->axes + axis] != SEARCH_ABSENT;
}

static int always_there(const struct estimate *t, size_t axis)
{
    return !t->s->axis[axis].conditional;
}

/* Takes into group[] the first axis that is not done yet, and all others that the same points have: they are one
 * space. Returns how many. */
static size_t take_group(const struct estimate *t, char *done, size_t *group)
{
    size_t n = 0;
    for (size_t i = 0; i < t->s->axes; i++) {
        int same = !done[i], plain = n && always_there(t, i) && always_there(t, group[0]);
        for (size_t p = 0; n && same && !plain && p < t->h->points; p++)
            same = has_axis(t, p, i) == has_axis(t, p, group[0]);
        if (same) {
            done[i] = 1;
            group[n++] = i;
        }
    }
    return n;
}

/* Fills split[] with the points that have the axes of the group: the good ones, or all others, those whose results are
 * not known yet among them. Returns how many. */
static size_t split_points(const struct estimate *t, size_t axis, int good)
{
    size_t n = 0, g = 0;
    for (uint32_t p = 0; p < t->h->points; p++) {
        int is_good = g < t->ngood && t->good[g] == p;
        g += (size_t)is_good;
        if (is_good == good && has_axis(t, p, axis))
            t->split[n++] = p;
    }
    return n;
}

/* Returns the number of the candidate with the largest ratio of the densities, the first of equals; candidates where
 * there is no memory. */
static size_t best_candidate(const struct estimate *t, const struct parzen *good, const struct parzen *others)
{
    size_t n = (size_t)t->s->args.candidates, best = n;
    double most = -INFINITY, l[PARZEN_LOOKS], g[PARZEN_LOOKS];
    for (size_t from = 0; from < n; from += PARZEN_LOOKS) {
        size_t some = n - from < PARZEN_LOOKS ? n - from : PARZEN_LOOKS;
        const struct parzen_point *x = t->x + from * good->axes;
        if (parzen_density(good, x, some, l) || parzen_density(others, x, some, g))
            return n;
        for (size_t c = 0; c < some; c++)
            if (best == n || l[c] - g[c] > most) {
                most = l[c] - g[c];
                best = from + c;
            }
    }
    return best;
}

/* Draws candidates for the axes of a group, and puts the quantiles of the best into unit[]. 0, or -1 without memory. */
static int propose_group(struct estimate *t, const size_t *group, size_t n, uint32_t *unit)
{
    struct parzen good, others = {.mu = NULL};
    size_t points = split_points(t, group[0], 1), best = (size_t)t->s->args.candidates;
    int bad = parzen_init(&good, t->s, t->h, group, n, t->split, points, 1, t->kernel);
    points = split_points(t, group[0], 0);
    bad = bad || parzen_init(&others, t->s, t->h, group, n, t->split, points, 0, t->kernel);
    for (int c = 0; !bad && c < t->s->args.candidates; c++)
        parzen_draw(&good, &t->r, t->x + (size_t)c * n);
    if (!bad)
        best = best_candidate(t, &good, &others);
    bad = best == (size_t)t->s->args.candidates;
    for (size_t a = 0; a < n && !bad; a++)
        unit[group[a]] = t->x[best * n + a].unit;
    parzen_release(&good);
    parzen_release(&others);
    return bad ? -1 : 0;
}

static int propose(struct estimate *t, struct proposal *out, struct err *e)
{
    uint32_t unit[SEARCH_AXES] = {0};
    size_t group[SEARCH_AXES];
    char done[SEARCH_AXES] = {0};
    for (size_t n; (n = take_group(t, done, group)) > 0;)
        if (propose_group(t, group, n, unit))
            return err_set(e, ERR_NOMEM, "no memory for a proposal");
    return search_from_units(t->s, unit, out, e);
}

/* Where the candidates were all proposed before, the space may be nearly used up: then it is drawn as by `random`. */
static int ask_tpe(const struct search *s, const struct search_history *before, uint64_t number, struct proposal *out,
                   struct err *e)
{
    if (before->points < (size_t)s->args.startup || !search_known(s, before))
        return search_random.ask(s, before, number, out, e);
    struct estimate t = {.s = s, .h = before};
    t.split = malloc(before->points * sizeof *t.split);
    t.kernel = malloc(before->points * sizeof *t.kernel);
    t.x = malloc((size_t)s->args.candidates * (s->axes + 1) * sizeof *t.x);
    int bad = !t.split || !t.kernel || !t.x || find_good(&t) ? err_set(e, ERR_NOMEM, "no memory for a proposal") : 0;
    rng_init(&t.r, s->seed, RNG_SEARCH, (uint32_t)number, (uint32_t)(number >> 32) | 1u << 31);
    for (int i = 0; i < AGAIN && !bad && (!i || search_was_proposed(s, before, out)); i++)
        bad = propose(&t, out, e);
    if (!bad && search_was_proposed(s, before, out))
        bad = search_random.ask(s, before, number, out, e);
    free(t.split);
    free(t.kernel);
    free(t.x);
    return bad;
}

#define ARG(field) offsetof(struct search_args, field)
// clang-format off
static const struct param tpe_params[] = {
    SEARCH_LISTEN_PARAMS,
    { .name = "startup", .type = P_INT, .at = ARG(startup), .min = 1, .max = 100000, .preset = "10",
      .help = "the first points, which are those of random" },
    { .name = "candidates", .type = P_INT, .at = ARG(candidates), .min = 1, .max = 10000, .preset = "24",
      .help = "drawn for each proposal, which is the best of them" },
    { 0 }
};
// clang-format on

const struct search_type search_tpe = {
    .name = "tpe",
    .help = "learns from results: what is likely among the best tenth of the points and unlikely among the others",
    .source = "Bergstra, Bardenet, Bengio & Kegl, Algorithms for Hyper-Parameter Optimization, NeurIPS 2011; "
              "multivariate, with the defaults of Optuna 5.0 but narrower kernels of good points; several objectives: "
              "Ozaki, Tanigaki, Watanabe & Onishi, "
              "Multiobjective Tree-Structured Parzen Estimator, GECCO 2020",
    .params = tpe_params,
    .draws = 1,
    .listens = 1,
    .ask = ask_tpe,
};
