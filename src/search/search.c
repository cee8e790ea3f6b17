/* search.c lists the methods, and asks one for the next proposal that was not made before. */
#include "search/search.h"

#include "base/rng.h"
#include "base/str.h"

#include <math.h>
#include <string.h>

/* Rows in the order of the manual, the default first; each is a file NAME.c that ends in its row. */
// clang-format off
#define METHODS(X) X(grid) X(random) X(sobol) X(latin) X(tpe) X(gp) X(evolution)
// clang-format on
#define DECLARE(name) extern const struct search_type search_##name;
#define ROW(name) &search_##name,
METHODS(DECLARE)
const struct search_type *const search_types[] = {METHODS(ROW) NULL};

// clang-format off
const struct param search_draw_params[] = {
    { .name = "trials", .type = P_INT, .at = offsetof(struct search_args, trials), .min = 1, .max = 1000000000,
      .preset = "20", .help = "how many points are tried, each with its repeats" },
    SEARCH_START,
    { 0 }
};
// clang-format on

const char *search_name(size_t i)
{
    return i + 1 < sizeof search_types / sizeof *search_types ? search_types[i]->name : NULL;
}

#define COUNTED                                                                                                        \
    100000 /* combinations of values up to which the points of a space are counted; in more none runs out              \
            */

#define EDGES 1024 /* most values of an axis whose quantiles are kept */

/* Returns the first quantile of 2^32 with at least this value. */
static uint64_t first_unit(const struct search *s, size_t axis, uint64_t value)
{
    uint64_t lo = 0, hi = SEARCH_STEPS;
    while (lo < hi) {
        uint64_t mid = (lo + hi) / 2;
        if (s->quantile(s->ctx, axis, (uint32_t)mid) < value)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int find_edges(struct search *s, struct arena *a, struct err *e)
{
    s->edge = arena_take(a, (s->axes + 1) * sizeof *s->edge);
    for (size_t i = 0; s->edge && i < s->axes; i++) {
        uint64_t n = s->axis[i].values;
        if (n > EDGES)
            continue;
        s->edge[i] = arena_take(a, (n + 1) * sizeof *s->edge[i]);
        for (uint64_t v = 0; s->edge[i] && v <= n; v++)
            s->edge[i][v] = (double)first_unit(s, i, v) * 0x1p-32;
    }
    return a->failed ? err_set(e, ERR_NOMEM, "no memory for the values of the search") : 0;
}

void search_cell(const struct search *s, size_t axis, int64_t value, double *from, double *to)
{
    uint64_t v = (uint64_t)value;
    if (s->axis[axis].values == SEARCH_STEPS) {
        *from = (double)v * 0x1p-32;
        *to = (double)(v + 1) * 0x1p-32;
    } else if (s->edge && s->edge[axis]) {
        *from = s->edge[axis][v];
        *to = s->edge[axis][v + 1];
    } else {
        *from = (double)first_unit(s, axis, v) * 0x1p-32;
        *to = (double)first_unit(s, axis, v + 1) * 0x1p-32;
    }
}

/* Counts the points of a space in which a method draws: UINT64_MAX where there are too many to run out of. */
static int count_space(struct search *s, struct arena *a, size_t *culprit, struct err *e)
{
    double all = 1;
    for (size_t i = 0; i < s->axes; i++)
        all *= (double)s->axis[i].values;
    if (all <= COUNTED)
        return diagram_build(&s->diagram, s->axis, s->axes, s->holds, s->ctx, a, culprit, e);
    memset(&s->diagram, 0, sizeof s->diagram);
    if (diagram_order(s->axis, s->axes, s->diagram.order, culprit, e))
        return -1;
    s->diagram.axes = s->axes;
    s->diagram.points = UINT64_MAX;
    s->diagram.approx = all;
    return 0;
}

int search_init(struct search *s, struct arena *a, size_t *culprit, struct err *e)
{
    if (s->type->listens && find_edges(s, a, e))
        return -1;
    if (s->type->draws)
        return count_space(s, a, culprit, e);
    return diagram_build(&s->diagram, s->axis, s->axes, s->holds, s->ctx, a, culprit, e);
}

uint64_t search_size(const struct search *s)
{
    uint64_t trials = (uint64_t)s->args.trials;
    return s->type->draws && trials < s->diagram.points ? trials : s->diagram.points;
}

double search_size_approx(const struct search *s)
{
    return s->type->draws ? fmin(s->args.trials, s->diagram.approx) : s->diagram.approx;
}

static uint64_t proposal_hash(const struct search *s, const struct proposal *p)
{
    return str_hash(STR_HASH, p->value, s->axes * sizeof *p->value);
}

int search_was_proposed(const struct search *s, const struct search_history *h, const struct proposal *p)
{
    return keymap_get(&h->seen, proposal_hash(s, p)) != KEYMAP_NONE;
}

static int waits(const struct search *s, const struct search_history *h)
{
    return s->type->listens && h->points >= (size_t)s->args.startup && h->points + 1 > h->told + (size_t)s->args.lag;
}

/* A point that is tried first; an axis whose condition does not hold there has no value. */
static int start_at(const struct search *s, uint64_t number, struct proposal *out, struct err *e)
{
    const struct proposal *given = &s->start[number];
    struct rng r;
    rng_init(&r, s->seed, RNG_SEARCH, (uint32_t)number, UINT32_MAX - 1);
    for (size_t i = 0; i < s->axes; i++)
        out->value[i] = SEARCH_ABSENT;
    for (size_t pos = 0; pos < s->axes; pos++) {
        size_t i = (size_t)s->diagram.order[pos];
        uint32_t unit = rng_u32(&r);
        int there = s->axis[i].conditional ? s->holds(s->ctx, i, out->value, e) : 1;
        if (there < 0)
            return -1;
        if (there)
            out->value[i] = given->value[i] == SEARCH_ANY ? (int64_t)s->quantile(s->ctx, i, unit) : given->value[i];
    }
    return 0;
}

#define MOST_DRAWN 0x3ffffffe /* the highest bits tell the numbers of methods apart */

/* What an earlier sweep found comes before all else. 0, or -1 with *e. */
static int know_earlier(const struct search *s, struct search_history *h, struct err *e)
{
    for (; s->type->listens && h->earlier < s->nearlier; h->earlier++) {
        if (search_accept(s, h, &s->earlier[h->earlier].at, e))
            return -1;
        search_tell(h, &s->earlier[h->earlier].result);
        h->drawn = (uint32_t)str_hash(STR_HASH + h->drawn, s->earlier[h->earlier].at.value, s->axes * sizeof(int64_t)) %
                       MOST_DRAWN +
                   1;
    }
    return 0;
}

/* The number that the method is asked for. After an earlier sweep, which may have the same seed, its numbers are not
 * taken again, those of proposals that it has left out as little: it would be trained once more. */
static uint64_t number_asked(const struct search *s, const struct search_history *h)
{
    return h->asked - s->nstart + ((uint64_t)h->drawn << 32);
}

#define REPEATED 10000 /* numbers in a row that were proposed before: the space is taken for used up */

int search_next(const struct search *s, struct search_history *h, struct proposal *out, struct err *e)
{
    if (know_earlier(s, h, e))
        return -1;
    for (int tries = 0; tries < REPEATED; tries++) {
        if (s->type->draws && h->seen.n >= s->diagram.points)
            return SEARCH_END;
        if (waits(s, h))
            return SEARCH_WAITS;
        int rc = h->asked < s->nstart ? start_at(s, h->asked, out, e) : s->type->ask(s, h, number_asked(s, h), out, e);
        if (rc)
            return rc;
        h->asked++;
        if (!s->type->draws)
            return 0;
        if (search_was_proposed(s, h, out))
            continue;
        return keymap_put(&h->seen, proposal_hash(s, out), h->asked) ? err_set(e, ERR_NOMEM, "no memory") : 0;
    }
    return SEARCH_END;
}

int search_from_units(const struct search *s, const uint32_t *unit, struct proposal *out, struct err *e)
{
    for (size_t i = 0; i < s->axes; i++)
        out->value[i] = SEARCH_ABSENT;
    for (size_t pos = 0; pos < s->axes; pos++) {
        size_t i = (size_t)s->diagram.order[pos];
        int there = s->axis[i].conditional ? s->holds(s->ctx, i, out->value, e) : 1;
        if (there < 0)
            return -1;
        if (there)
            out->value[i] = (int64_t)s->quantile(s->ctx, i, unit[i]);
    }
    return 0;
}
