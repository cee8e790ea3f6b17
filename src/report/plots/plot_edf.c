/* plot_edf.c - draws the empirical distribution of the objective: which share of the trials came to at most as much. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WIDTH 1000
#define HEIGHT 500
#define STEPS 800 /* of a curve at most */

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Writes the curve of v[n], sorted here: value, share in percent; equal values are one step. From and to the ends of
 * the frame. */
static void put_edf(struct str *s, const char *name, double *v, size_t n, double unit, double lo, double hi)
{
    const size_t every = n / STEPS + 1;
    size_t below = 0, written;
    qsort(v, n, sizeof *v, ascending);
    while (below < n && v[below] < lo)
        below++;
    data_begin(s, name);
    str_addf(s, "%.9g\t%.6g\n", unit * lo, 100.0 * (double)below / (double)n);
    written = below;
    for (size_t i = below; i < n && v[i] <= hi; i++) {
        const int last = i + 1 == n || v[i + 1] > hi;
        if (!last && (v[i + 1] == v[i] || i + 1 - written < every))
            continue;
        str_addf(s, "%.9g\t%.6g\n", unit * v[i], 100.0 * (double)(i + 1) / (double)n);
        written = i + 1;
    }
    size_t end = n;
    while (end && v[end - 1] > hi)
        end--;
    str_addf(s, "%.9g\t%.6g\n", unit * hi, 100.0 * (double)end / (double)n);
    data_end(s);
}

static size_t gather_finite(const double *from, size_t n, double *v)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(from[i]))
            v[m++] = from[i];
    return m;
}

static const char *draw_edf(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct trials_view *v = &d->v;
    const struct panel box = {100, WIDTH - 40, 62, HEIGHT - 100};
    double *y = arena_take(a, (v->t->rows + 1) * sizeof *y), *mean = arena_take(a, (v->npoints + 1) * sizeof *mean);
    double lo, hi;
    if (!y || !mean)
        return PLOT_NOMEM;
    const size_t trials = gather_finite(v->y, v->t->rows, y), points = gather_finite(v->mean, v->npoints, mean);
    const int both = points < trials && points > 1;
    if (trials < 2)
        return "fewer than two trials are complete";
    const size_t outside = fair_range(y, trials, v->maximise, &lo, &hi);
    script_begin(s, d, &plot_edf, "how the objective is distributed");
    put_variable(s, "objective", d->label, 60);
    put_edf(s, "trials", y, trials, d->unit, lo, hi);
    if (both)
        put_edf(s, "points", mean, points, d->unit, lo, hi);
    str_addf(s, "below = '%zu of %zu trials lie outside the frame'\n", outside, trials);
    script_draw(s, WIDTH, HEIGHT);
    put_heading(s, outside ? 2 : 1, HEIGHT);
    put_key_below(s, HEIGHT);
    put_panel(s, WIDTH, HEIGHT, &box);
    put_text(s, WIDTH, HEIGHT, TAG_X, "objective", (box.left + box.right) / 2, box.bottom + 44, "center");
    put_text(s, WIDTH, HEIGHT, TAG_Y, "'share with at most as much (%)'", 30, (box.top + box.bottom) / 2,
             "center rotate by 90");
    str_addf(s, "set xrange [%.9g:%.9g]\nset yrange [0:102]\n", d->unit * lo, d->unit * hi);
    put_ticks_across(s, d->unit * lo, d->unit * hi, 0, box.right - box.left);
    put_ticks(s, "y", 0, 100, 5, 0);
    str_addf(s, "plot $trials using 1:2 with steps lw %s lc rgb '%s' title 'complete trials (%zu)'", both ? "1.5" : "2",
             both ? SKY : BLUE, trials);
    if (both)
        str_addf(s, ", \\\n     $points using 1:2 with steps lw 2 lc rgb '%s' title 'means of points (%zu)'", BLUE,
                 points);
    str_add(s, "\n");
    script_end(s);
    return NULL;
}

const struct plot plot_edf = {
    {"edf", "empirical distribution of the objective: the share of trials, and of points, with at most as much"},
    draw_edf};
