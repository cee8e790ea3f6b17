/* plot_slices.c - draws where a search has looked along each axis, and when: every trial a dot whose colour is its
 * number. */
#include "report/plots/axis_panels.h"

#include <math.h>
#include <stdio.h>

#define BAR 96 /* pixels of the scale of colours, with its numbers and name */

/* Counts the trials with a value, and fills y[] with them; *given_up: some of them were given up. */
static size_t gather_slices(const struct trials_view *v, double *y, int *given_up)
{
    size_t n = 0;
    *given_up = 0;
    for (size_t r = 0; r < v->t->rows; r++) {
        int pruned;
        y[n] = view_value(v, r, &pruned);
        *given_up |= pruned && !isnan(y[n]);
        n += !isnan(y[n]);
    }
    return n;
}

/* Writes the dots of a panel: place, value and number of those that are complete (`pruned` 0) or were given up. Returns
 * how many. */
static size_t put_slice(struct str *s, const struct plot_data *d, const struct table_axis *x, size_t i, size_t step,
                        int pruned)
{
    char name[40];
    size_t n = 0, dots = 0;
    snprintf(name, sizeof name, "%s%zu", pruned ? "given_up" : "complete", i);
    data_begin(s, name);
    for (size_t r = 0; r < d->trials.rows; r++) {
        int then;
        const double y = view_value(&d->v, r, &then);
        if (isnan(y) || n++ % step || then != pruned)
            continue;
        const double at = axis_place(x, r, n);
        if (isnan(at))
            continue;
        put_number(s, at);
        str_add(s, "\t");
        put_number(s, d->unit * y);
        str_addf(s, "\t%zu\n", r + 1);
        dots++;
    }
    data_end(s);
    return dots;
}

static void put_value_labels(struct str *s, const struct table_axis *x, size_t i, const struct labels *b)
{
    char name[40];
    snprintf(name, sizeof name, "labels%zu", i);
    data_begin(s, name);
    for (size_t l = 0; l < x->levels; l++) {
        str_addf(s, "%zu\t", l);
        put_label(s, x, l, b);
        str_add(s, "\n");
    }
    data_end(s);
}

static void put_slices_legend(struct str *s, size_t n, size_t step, size_t outside, int given_up)
{
    if (step > 1)
        str_addf(s, "below = 'dots: one in %zu of the %zu trials", step, n);
    else
        str_add(s, "below = 'a dot is a trial");
    str_addf(s, ", its colour when it was proposed%s'\n", given_up ? "; a ring: it was given up" : "");
    str_addf(s, "lowest = '%zu of %zu trials lie outside the frame'\n", outside, n);
}

/* Draws the scale of colours at the right of the first row. */
static void put_order_scale(struct str *s, const struct axis_panels *g, size_t rows)
{
    const double x = g->width - BAR + 12;
    str_addf(s, "set colorbox user origin screen %.4f,%.4f size screen %.4f,%.4f\n", x / g->width,
             1 - (g->top[0] + g->frame) / g->height, 16 / g->width, g->frame / g->height);
    str_addf(s, "set cbrange [1:%zu]\n", rows > 1 ? rows : 2);
    put_ticks(s, "cb", 1, (double)(rows > 1 ? rows : 2), 5, 1);
    put_text(s, g->width, g->height, TAG_SCALE, "'number of the trial'", g->width - 12, g->top[0] + g->frame / 2,
             "center rotate by 90");
}

static const char *draw_slices(const struct plot_data *d, struct str *s, struct arena *a)
{
    struct axis_panels g = {.bar = BAR};
    struct str ticks = {0};
    size_t dots[AXIS_PANELS][2];
    double lo, hi, *y = arena_take(a, (d->trials.rows + 1) * sizeof *y);
    int given_up;
    if (!y)
        return PLOT_NOMEM;
    if (!d->trials.drawn)
        return "the points are a grid, whose order says nothing: see axes";
    if (!axis_panels_choose(&g, d))
        return d->v.naxes ? "no axis has two values" : "there is no axis";
    const size_t n = gather_slices(&d->v, y, &given_up), step = axis_dot_step(n);
    if (n < 2)
        return "there are not two trials with a value";
    const size_t outside = fair_range(y, n, d->v.maximise, &lo, &hi);
    const int lines = outside ? 3 : 2;
    size_t scaled = 0; /* the first panel with dots has the scale of colours */
    const size_t tick = put_ticks(&ticks, "y", d->unit * lo, d->unit * hi, 6, 0);
    axis_panels_arrange(&g, tick, lines);
    script_begin(s, d, &plot_slices, "where it was looked, and when");
    put_variable(s, "objective", d->label, (size_t)(g.frame / LETTER));
    for (size_t i = 0; i < g.n; i++) {
        axis_panels_name(s, d, &g, i);
        for (int pruned = 0; pruned < 2; pruned++)
            dots[i][pruned] = put_slice(s, d, g.axis[i], i, step, pruned);
        if (!axis_is_scale(g.axis[i]))
            put_value_labels(s, g.axis[i], i, &g.below[i]);
    }
    while (scaled + 1 < g.n && !dots[scaled][0] && !dots[scaled][1])
        scaled++;
    put_slices_legend(s, n, step, outside, given_up);
    axis_panels_begin(s, &g, ticks.p ? ticks.p : "", d->unit * lo, d->unit * hi, lines);
    str_add(s, "unset colorbox\n");
    for (size_t i = 0; i < g.n; i++) {
        axis_panel_begin(s, &g, i);
        if (i == scaled)
            put_order_scale(s, &g, d->trials.rows);
        str_addf(s, "plot %.9g with lines lc rgb '#ffffff'", d->unit * (lo - (hi - lo))); /* also where no trial is */
        if (!axis_is_scale(g.axis[i]))
            str_addf(s, ", \\\n     $labels%zu using 1:(%.9g):xtic(2) with dots lc rgb '#ffffff'", i, d->unit * lo);
        if (dots[i][0])
            str_addf(s, ", \\\n     $complete%zu using 1:2:3 with points pt 7 ps 0.5 lc palette", i);
        if (dots[i][1])
            str_addf(s, ", \\\n     $given_up%zu using 1:2:3 with points pt 6 ps 0.5 lc palette", i);
        str_add(s, "\n");
        axis_panel_end(s);
        if (i == scaled)
            str_addf(s, "unset colorbox\nunset label %d\n", TAG_SCALE);
    }
    str_add(s, "unset multiplot\n");
    script_end(s);
    s->failed |= ticks.failed;
    str_release(&ticks);
    return NULL;
}

const struct plot plot_slices = {
    {"slices", "each axis against the objective of all trials of a search, coloured by their order"}, draw_slices};
