#include "report/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LABELLED 10
#define LABEL 92

struct spot {
    size_t p;
    double params, y, low, high;
    int front;
};

static int by_params(const void *a, const void *b)
{
    const struct spot *x = a, *y = b;
    if (x->params != y->params)
        return x->params < y->params ? -1 : 1;
    return (x->p > y->p) - (x->p < y->p);
}

/* Spots in the order of their size; the front: none with as few parameters is better. */
static size_t gather(const struct plot_data *d, struct spot *spot, double *buf)
{
    const struct view *v = &d->v;
    int col = table_column(v->t, "params");
    struct t_cache cache = {0};
    size_t n = 0;
    for (size_t p = 0; p < v->npoints; p++) {
        double size = table_number(v->t, v->first[p], col);
        if (isnan(size) || isnan(v->mean[p]))
            continue;
        struct stats m = view_stats(v, p, v->col, buf, &cache);
        spot[n++] = (struct spot){p, size, m.mean, m.min, m.max, 0};
    }
    qsort(spot, n, sizeof *spot, by_params);
    double best = NAN;
    for (size_t i = 0; i < n;) {
        size_t top = i, end = i;
        for (; end < n && spot[end].params == spot[i].params; end++)
            if (v->maximise ? spot[end].y > spot[top].y : spot[end].y < spot[top].y)
                top = end;
        if (isnan(best) || (v->maximise ? spot[top].y > best : spot[top].y < best)) {
            spot[top].front = 1;
            best = spot[top].y;
        }
        i = end;
    }
    return n;
}

static void put_spots(struct str *s, const struct plot_data *d, const struct spot *spot, size_t n)
{
    data_begin(s, "points");
    for (size_t i = 0; i < n; i++) {
        const double out[] = {spot[i].params, d->unit * spot[i].y};
        put_number(s, out[0]);
        str_add(s, "\t");
        put_number(s, out[1]);
        str_add(s, "\n");
    }
    data_end(s);
}

/* params, mean, min, max, "#12"; and the table of names beside it */
static size_t put_front(struct str *s, const struct plot_data *d, const struct spot *spot, size_t n)
{
    size_t front = 0, seen = 0;
    struct str names = {0};
    for (size_t i = 0; i < n; i++)
        front += (size_t)spot[i].front;
    size_t step = (front + LABELLED - 1) / LABELLED;
    data_begin(s, "front");
    for (size_t i = 0; i < n; i++) {
        if (!spot[i].front)
            continue;
        const double out[] = {spot[i].params, d->unit * spot[i].y, d->unit * spot[i].low, d->unit * spot[i].high};
        for (size_t k = 0; k < 4; k++) {
            put_number(s, out[k]);
            str_add(s, "\t");
        }
        /* thinned from the end: the best point always has its name */
        if ((front - 1 - seen++) % step) {
            str_add(s, " \n");
            continue;
        }
        const char *id = view_cell(&d->v, d->v.first[spot[i].p], table_column(&d->trials, "point"));
        str_add(s, "#");
        put_field(s, id, 12);
        str_add(s, "\n");
        str_addf(&names, "%.0f parameters, %.*f: ", spot[i].params, d->unit > 1 ? 2 : 4, d->unit * spot[i].y);
        point_label(d, spot[i].p, LABEL, &names);
        str_add(&names, "\n");
    }
    data_end(s);
    data_begin(s, "names");
    size_t row = 0;
    for (char *line = names.p; line && *line;) {
        char *end = line;
        while (*end != '\n')
            end++;
        str_addf(s, "%zu\t", row++);
        str_addn(s, line, (size_t)(end - line + 1));
        line = end + 1;
    }
    data_end(s);
    s->failed |= names.failed;
    str_release(&names);
    return row;
}

static const char *draw(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct view *v = &d->v;
    struct spot *spot = arena_take(a, (v->npoints + 1) * sizeof *spot);
    double lo, hi, *buf = arena_take(a, (v->t->rows + 1) * sizeof *buf);
    if (!spot || !buf)
        return PLOT_NOMEM;
    size_t n = gather(d, spot, buf);
    if (n < 2 || spot[0].params == spot[n - 1].params)
        return n < 2 ? "fewer than two points have a complete trial"
                     : "all networks have the same number of parameters";
    double least = spot[0].params, most = spot[n - 1].params;
    script_begin(s, d, &plot_params, "objective against the number of parameters");
    put_variable(s, "objective", d->label, 60);
    put_spots(s, d, spot, n);
    size_t rows = put_front(s, d, spot, n);
    for (size_t i = 0; i < n; i++)
        buf[i] = spot[i].y;
    fair_range(buf, n, v->maximise, &lo, &hi);
    for (size_t i = 0; i < n; i++) {
        hi = spot[i].front && spot[i].high > hi - 0.02 * (hi - lo) ? spot[i].high + 0.04 * (hi - lo) : hi;
        lo = spot[i].front && spot[i].low < lo + 0.02 * (hi - lo) ? spot[i].low - 0.04 * (hi - lo) : lo;
    }
    double height = 560 + 21.0 * (double)rows;
    script_draw(s, 1000, (int)height);
    str_addf(s, "set multiplot title heading\nset origin 0, %.4f\nset size 1, %.4f\n",
             (30 + 21.0 * (double)rows) / height, 500.0 / height);
    str_addf(s, "set xlabel 'parameters'\nset ylabel objective\nset format x '%s'\nset lmargin 11\n",
             most < 1e6 ? "%.0f" : "%.1s%c");
    if (least > 0 && most > 8 * least) {
        str_add(s, "set logscale x\n");
        put_log_ticks(s, "x", least * 0.85, most * 1.2);
    }
    str_addf(s, "set xrange [%.6g:%.6g]\nset yrange [",
             least > 0 && most > 8 * least ? least * 0.85 : least - 0.06 * (most - least),
             least > 0 && most > 8 * least ? most * 1.2 : most + 0.08 * (most - least));
    put_number(s, d->unit * lo);
    str_add(s, ":");
    put_number(s, d->unit * hi);
    str_addf(s,
             "]\nset key at screen 0.5, screen %.4f center bottom horizontal maxrows 1 Left reverse\n"
             "set bmargin at screen %.4f\n"
             "plot $points using 1:2 with points pt 7 ps 0.7 lc rgb '#7a999999' title 'point (mean over repeats)', \\\n"
             "     $front using 1:2 with steps lw 1.5 lc rgb '" BLUE "', \\\n"
             "     $front using 1:2:3:4 with yerrorbars pt 7 ps 1 lw 1.5 lc rgb '" BLUE
             "' title 'Pareto front, least to most of the repeats', \\\n"
             "     $front using 1:2:5 with labels right offset -0.8,0.7 tc rgb '" BLUE "'\n",
             (30 + 21.0 * (double)rows) / height, (110 + 21.0 * (double)rows) / height);
    str_addf(
        s,
        "set origin 0,0\nset size 1, %.4f\nunset border\nunset tics\nunset xlabel\nunset ylabel\nunset grid\nunset "
        "key\nunset logscale\nset tmargin 0\nset bmargin 0\nset xrange [0:1]\nset yrange [%zu:-1]\n"
        "plot $names using (0):1:2 with labels left tc rgb '" INK "'\nunset multiplot\n",
        (30 + 21.0 * (double)rows) / height, rows);
    script_end(s);
    return NULL;
}

const struct plot plot_params = {{"params", "objective against the number of parameters, with the Pareto front"}, draw};
