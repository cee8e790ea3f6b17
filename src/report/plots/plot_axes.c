/* plot_axes.c - draws what each axis does: trials and means by value, the strongest axis first. */
#include "report/plots/axis_panels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIALS_OF_MEAN 4

/* Says whether means are drawn: of many values where each was tried a few times, and a mean is more than one more dot.
 */
static int has_means(const struct trials_view *v, const struct table_axis *x)
{
    return !x->scattered && (!axis_is_scale(x) || v->ncomplete >= TRIALS_OF_MEAN * x->levels);
}

static void put_dots(struct str *s, const struct plot_data *d, const struct table_axis *x, size_t i)
{
    char name[40];
    const struct trials_view *v = &d->v;
    size_t n = 0, step = axis_dot_step(v->ncomplete);
    snprintf(name, sizeof name, "dots%zu", i);
    data_begin(s, name);
    for (size_t r = 0; r < v->t->rows; r++) {
        if (isnan(v->y[r]) || n++ % step)
            continue;
        double at = axis_place(x, r, n);
        if (isnan(at))
            continue;
        put_number(s, at);
        str_add(s, "\t");
        put_number(s, d->unit * v->y[r]);
        str_add(s, "\n");
    }
    data_end(s);
}

/* Reads the mean and the interval of a value from the table of effects, whose rows are in the order of the values;
 * gives the mean three times where there is no interval. Returns 0 where there is no such row. */
static int mean_of_value(const struct plot_data *d, const struct table_axis *x, size_t level, double out[3])
{
    static const char *const column[3] = {"mean", "ci95_low", "ci95_high"};
    const struct table *t = &d->effects;
    for (size_t r = 0; r < t->rows; r++) {
        if (strcmp(table_cell(t, r, "kind"), "value") || strcmp(table_cell(t, r, "axis"), x->name) || level--)
            continue;
        for (size_t k = 0; k < 3; k++) {
            out[k] = table_number(t, r, table_column(t, column[k]));
            out[k] = isnan(out[k]) ? out[0] : out[k];
        }
        return 1;
    }
    return 0;
}

/* Writes, value by value, position, label, mean and interval. */
static void put_means(struct str *s, const struct plot_data *d, const struct table_axis *x, size_t i,
                      const struct labels *b)
{
    char name[40];
    double out[3];
    snprintf(name, sizeof name, "means%zu", i);
    data_begin(s, name);
    for (size_t l = 0; l < x->levels && mean_of_value(d, x, l, out); l++) {
        if (x->conditional && l + 1 == x->levels)
            str_add(s, "\n"); /* no line goes to "absent" */
        put_number(s, axis_is_scale(x) ? x->value[l] : (double)l);
        str_add(s, "\t");
        put_label(s, x, l, b);
        for (size_t k = 0; k < 3; k++) {
            str_add(s, "\t");
            put_number(s, d->unit * out[k]);
        }
        str_add(s, "\n");
    }
    data_end(s);
}

static void plot_scale(struct str *s, size_t i, int means)
{
    str_addf(s, "plot $dots%zu using 1:2 with points pt 7 ps 0.45 lc rgb '#800072B2'", i);
    if (means)
        str_addf(s,
                 ", \\\n     $means%zu using 1:3 with lines lw 1.5 lc rgb '" RED "', \\\n"
                 "     $means%zu using 1:3:4:5 with yerrorbars pt 7 ps 0.5 lw 1 lc rgb '" RED "'",
                 i, i);
    str_add(s, "\n");
}

/* Joins the means of numbers by a line, but not of points that were drawn: their other axes differ. */
static void plot_values(struct str *s, const struct table_axis *x, size_t i, int drawn)
{
    str_addf(s,
             "plot $dots%zu using 1:2 with points pt 7 ps 0.45 lc rgb '#900072B2', \\\n"
             "     $means%zu using 1:3:xtic(2) with %s lw 1.5 lc rgb '" RED "', \\\n"
             "     $means%zu using 1:3:4:5 with yerrorbars pt 7 ps %s lw %s lc rgb '" RED "'\n",
             i, i, x->numeric && !drawn ? "lines" : "dots", i, x->levels > 30 ? "0.5" : "0.9",
             x->levels > 30 ? "1" : "2");
}

/* Finds the frame of all panels: most trials, and the intervals where these do not squeeze them. Returns 1 when some go
 * on outside. */
static int frame_of_panels(const struct plot_data *d, const struct table_axis **axis, size_t n, double *lo, double *hi)
{
    double ends[2] = {INFINITY, -INFINITY}, least, most, reach = (*hi - *lo) / 3, out[3];
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < axis[i]->levels && has_means(&d->v, axis[i]) && mean_of_value(d, axis[i], l, out); l++) {
            ends[0] = fmin(ends[0], out[1]);
            ends[1] = fmax(ends[1], out[2]);
        }
    *lo = ends[0] > *lo ? *lo : fmax(ends[0] - 0.02 * reach, *lo - reach);
    *hi = ends[1] < *hi ? *hi : fmin(ends[1] + 0.02 * reach, *hi + reach);
    metric_limits(d->v.t, d->v.metric, &least, &most);
    *lo = *lo < least && least < *hi ? least : *lo;
    *hi = *hi > most && most > *lo ? most : *hi;
    return ends[0] < *lo || ends[1] > *hi;
}

/* Writes what a dot is, what is red, and what lies outside. */
static void put_axes_legend(struct str *s, const struct trials_view *v, int means, size_t outside, int cut)
{
    size_t step = axis_dot_step(v->ncomplete);
    if (step > 1)
        str_addf(s, "below = 'dots: one in %zu of the %zu trials", step, v->ncomplete);
    else
        str_add(s, "below = 'a dot is a trial");
    if (means)
        str_addf(s, "; red: mean of %s and its 95%% interval",
                 v->t->drawn ? "the points drawn with a value" : "comparable points");
    str_add(s, "'\nlowest = '");
    if (outside)
        str_addf(s, "%zu of %zu trials lie outside the frame", outside, v->ncomplete);
    if (cut)
        str_addf(s, "%ssome intervals go on outside", outside ? "; " : "");
    str_add(s, "'\n");
}

/* Finds the range of the trials without a far tail, and how many lie outside. *m is 0 when there is nothing to draw. */
static size_t range_of_trials(const struct trials_view *v, double *y, size_t *m, double *lo, double *hi)
{
    *m = 0;
    for (size_t r = 0; r < v->t->rows; r++)
        if (!isnan(v->y[r]))
            y[(*m)++] = v->y[r];
    return *m < 2 ? 0 : fair_range(y, *m, v->maximise, lo, hi);
}

static const char *draw_axes(const struct plot_data *d, struct str *s, struct arena *a)
{
    struct axis_panels g = {.bar = 0};
    struct str ticks = {0};
    size_t m;
    int means = 0;
    double lo, hi, *y = arena_take(a, (d->v.t->rows + 1) * sizeof *y);
    if (!axis_panels_choose(&g, d))
        return d->v.naxes ? "no axis has two values" : "there is no axis";
    if (!y)
        return PLOT_NOMEM;
    size_t outside = range_of_trials(&d->v, y, &m, &lo, &hi);
    if (m < 2)
        return "fewer than two trials are complete";
    int cut = frame_of_panels(d, g.axis, g.n, &lo, &hi), lines = outside || cut ? 3 : 2;
    size_t tick = put_ticks(&ticks, "y", d->unit * lo, d->unit * hi, 6, 0);
    axis_panels_arrange(&g, tick, lines);
    script_begin(s, d, &plot_axes, "effect of each axis");
    put_variable(s, "objective", d->label, (size_t)(g.frame / LETTER));
    for (size_t i = 0; i < g.n; i++) {
        axis_panels_name(s, d, &g, i);
        put_dots(s, d, g.axis[i], i);
        means |= has_means(&d->v, g.axis[i]);
        if (has_means(&d->v, g.axis[i]))
            put_means(s, d, g.axis[i], i, &g.below[i]);
    }
    put_axes_legend(s, &d->v, means, outside, cut);
    axis_panels_begin(s, &g, ticks.p ? ticks.p : "", d->unit * lo, d->unit * hi, lines);
    for (size_t i = 0; i < g.n; i++) {
        axis_panel_begin(s, &g, i);
        if (axis_is_scale(g.axis[i]))
            plot_scale(s, i, has_means(&d->v, g.axis[i]));
        else
            plot_values(s, g.axis[i], i, d->trials.drawn);
        axis_panel_end(s);
    }
    str_add(s, "unset multiplot\n");
    script_end(s);
    s->failed |= ticks.failed;
    str_release(&ticks);
    return NULL;
}

const struct plot plot_axes = {{"axes", "effect of each axis: every trial a dot, mean and 95 % interval of each value"},
                               draw_axes};
