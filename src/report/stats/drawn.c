/* drawn.c computes what can be said of axes whose points were drawn, not crossed: shares of a random forest, as no two
 * points differ in one axis alone, and the mean of each value over the points that have it, where values are met by
 * several points. */
#include "report/stats/design.h"
#include "report/stats/effect_rows.h"

#include <math.h>
#include <string.h>

/* Of the points with a value of an axis. */
struct drawn_value {
    size_t points, trials, planned;
    double mean, squares; /* of the points' means; summed squares of their distances from it */
    double rounding; /* the least variance of one of them: that of an accuracy of n samples is 1 / (12 n^2) a trial */
};

static void add_point_to_mean(struct drawn_value *x, double y, double step)
{
    x->rounding = fmax(x->rounding, step * step / 12);
    double before = y - x->mean; /* Welford, 1962 */
    x->mean += before / (double)++x->points;
    x->squares += before * (y - x->mean);
}

static void gather_drawn(const struct trials_view *v, const struct table_axis *axis, struct drawn_value *value)
{
    memset(value, 0, axis->levels * sizeof *value);
    for (size_t p = 0; p < v->npoints; p++) {
        struct drawn_value *x = &value[axis->code[v->first[p]]];
        x->planned += v->start[p + 1] - v->start[p];
        for (size_t i = v->start[p]; i < v->start[p + 1]; i++)
            x->trials += !isnan(v->y[v->row[i]]);
        if (!isnan(v->mean[p]))
            add_point_to_mean(x, v->mean[p], view_resolution(v, p));
    }
}

/* Adds the mean and Student's interval of the points that were drawn with a value: what a further such point would add
 * is in it, the seed and the other axes alike. */
static int add_drawn_value(struct table *out, const struct trials_view *v, const struct table_axis *axis, size_t level,
                           const struct drawn_value *x)
{
    struct effect_row r = effect_row_of("value", axis->name);
    double lo, hi, n = (double)x->points;
    double variance = fmax(x->squares / (n - 1), x->rounding * n / (double)x->trials);
    double half = x->points > 1 ? stats_t95(x->points - 1) * sqrt(variance / n) : NAN;
    metric_limits(v->t, v->metric, &lo, &hi);
    r.value = axis->text[level];
    r.n = x->trials;
    r.planned = x->planned;
    r.basis = x->points ? "drawn" : "";
    r.mean = x->points ? x->mean : NAN;
    r.low = x->mean >= lo ? fmax(lo, x->mean - half) : x->mean - half;
    r.high = x->mean <= hi ? fmin(hi, x->mean + half) : x->mean + half;
    if (isnan(half))
        r.low = r.high = NAN;
    return add_effect_row(out, &r);
}

static int add_drawn_axis(struct table *out, const struct trials_view *v, const struct table_axis *axis,
                          struct arena *a)
{
    struct drawn_value *value = arena_take(a, (axis->levels + 1) * sizeof *value);
    if (!value)
        return -1;
    gather_drawn(v, axis, value);
    for (size_t l = 0; l < axis->levels; l++)
        if (add_drawn_value(out, v, axis, l, &value[l]))
            return -1;
    return 0;
}

/* Notes which axes have no means. */
static int note_scattered(struct table *out, const struct trials_view *v)
{
    struct str s = {0};
    for (size_t i = 0; i < v->naxes; i++)
        if (v->axis[i].scattered)
            str_addf(&s, "%s%s", s.n ? ", " : "no means of the values of ", v->axis[i].name);
    if (s.n)
        str_add(&s, ": most of them are those of a single point; the pictures show the points");
    int bad = s.failed || (s.n && add_effect_note(out, s.p));
    str_release(&s);
    return bad;
}

/* Adds a row of the share of each axis and pair, where a forest can be asked. *study: NULL where it cannot; the caller
 * frees it. */
static int add_drawn_shares(struct table *out, const struct trials_view *v, struct design *g,
                            struct forest_study **study, struct arena *a)
{
    *study = NULL;
    if (design_factors(g, v, a) || forest_study(study, g) < 0)
        return -1;
    return *study ? add_forest_shares(out, *study) : 0;
}

static int add_drawn_means(struct table *out, const struct trials_view *v, size_t *axes, struct arena *a)
{
    *axes = 0;
    for (size_t i = 0; i < v->naxes; i++) {
        *axes += !v->axis[i].scattered;
        if (!v->axis[i].scattered && add_drawn_axis(out, v, &v->axis[i], a))
            return -1;
    }
    return 0;
}

static int note_drawn(struct table *out, const struct trials_view *v, const struct forest_study *study, size_t means)
{
    int bad = study ? add_forest_notes(out, study)
                    : add_effect_note(out, "no shares: the points were drawn, and too few have come to different "
                                           "values for a forest over them");
    return bad ||
                   (means &&
                    add_effect_note(out, "means of basis drawn are over the points that were drawn with the value, "
                                         "whatever their other axes; the intervals are those of such points")) ||
                   note_scattered(out, v) || note_missing_trials(out, v)
               ? -1
               : 0;
}

int drawn_effects(const struct trials_view *v, struct table *out, struct arena *a)
{
    struct forest_study *study = NULL;
    struct design g;
    size_t means;
    int bad = effect_columns(out) || add_drawn_shares(out, v, &g, &study, a) || add_drawn_means(out, v, &means, a) ||
              note_drawn(out, v, study, means);
    forest_study_free(study);
    return bad ? -1 : 0;
}
