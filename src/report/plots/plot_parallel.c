/* plot_parallel.c - draws each point as a line through one scale per axis. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>

#define LINES 400
#define AXES 12
#define TICKS 12
#define LABEL 18 /* letters of a value */
#define NAME 26
#define SPREAD 0.1 /* of the way to the next value, to both sides */

#define ABSENT_AT 1.0 /* where points without the value of a scattered axis are; the others end below */
#define ENDS_AT 0.93

/* Returns the height of a number on a scattered axis: by what it is, not by its place among the others. */
static double height_on_scale(const struct table_axis *x, double value)
{
    double lo = x->value[0], hi = x->value[x->levels - 1 - (size_t)x->conditional], top = x->conditional ? ENDS_AT : 1;
    if (isnan(value))
        return ABSENT_AT;
    if (!(hi > lo))
        return 0.5 * top;
    return top * (spans_decades(x) ? log(value / lo) / log(hi / lo) : (value - lo) / (hi - lo));
}

/* Returns the height of point p on an axis, 0..1, a little beside its value so that lines can be told apart. */
static double height_on_axis(const struct trials_view *v, const struct table_axis *x, size_t p)
{
    double n = (double)x->levels;
    if (x->scattered)
        return height_on_scale(x, x->value[x->code[v->first[p]]]);
    double room = n > 1 ? SPREAD / n : SPREAD;
    return ((double)x->code[v->first[p]] + 0.5) / n + (n <= TICKS ? room * jitter(p + 1) : 0);
}

static double goal_height(const struct trials_view *v, size_t p, double lo, double hi)
{
    double x = (v->mean[p] - lo) / (hi - lo);
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* Writes one polyline for each point, the best ones last (on top): axis number, height, objective. */
static void put_lines(struct str *s, const struct plot_data *d, const struct table_axis **axis, size_t naxes, size_t n,
                      double lo, double hi)
{
    size_t step = n / LINES + 1;
    data_begin(s, "lines");
    for (size_t i = n; i-- > 0;) {
        size_t p = d->v.order[i];
        if (i % step)
            continue;
        for (size_t k = 0; k <= naxes; k++) {
            str_addf(s, "%zu\t", k);
            put_number(s, k < naxes ? height_on_axis(&d->v, axis[k], p) : goal_height(&d->v, p, lo, hi));
            str_add(s, "\t");
            put_number(s, d->unit * d->v.mean[p]);
            str_add(s, "\n");
        }
        str_add(s, "\n");
    }
    data_end(s);
}

static double letters_drawn(const char *text, size_t most)
{
    size_t n = text_width(text);
    return (double)(n < most ? n : most);
}

/* Pixels left of the first axis, between two, and right of the last one, so that no text is cut by the edge. */
struct parallel_room {
    double left, between, right;
};

static struct parallel_room measure_room(const struct plot_data *d, const struct table_axis **axis, size_t naxes)
{
    struct parallel_room r = {4 * letters_drawn(axis[0]->label, NAME) + 8, 170, 4 * letters_drawn(d->label, NAME) + 12};
    for (size_t k = 0; k < naxes; k++)
        for (size_t l = 0; l < axis[k]->levels; l += (axis[k]->levels + TICKS - 1) / TICKS) {
            double wide = 8 * letters_drawn(axis[k]->show[l], LABEL) + 28;
            if (k)
                r.between = wide + 30 > r.between ? wide + 30 : r.between;
            else
                r.left = wide > r.left ? wide : r.left;
        }
    r.right = r.right < 80 ? 80 : r.right;
    double spare = (1000 - r.left - r.right) / (double)naxes;
    r.between = spare > r.between ? spare : r.between;
    return r;
}

/* Says whether neighbouring names would touch; they then alternate between two heights. */
static int names_touch(const struct plot_data *d, const struct table_axis **axis, size_t naxes, double between)
{
    for (size_t k = 0; k < naxes; k++)
        if (4 * (letters_drawn(axis[k]->label, NAME) +
                 letters_drawn(k + 1 < naxes ? axis[k + 1]->label : d->label, NAME)) >
            between - 12)
            return 1;
    return 0;
}

static void put_scale_label(struct str *s, size_t k, const struct table_axis *x, double value)
{
    char text[STR_NUM];
    str_addf(s, "%zu\t", k);
    put_number(s, height_on_scale(x, value));
    snprintf(text, sizeof text, "%.6g", value);
    str_addf(s, "\t%s\n", isnan(value) ? "(none)" : text);
}

/* Writes round numbers along a scattered axis: each decade's 1, 2 and 5 where there are few decades. */
static void put_scale_labels(struct str *s, size_t k, const struct table_axis *x)
{
    double lo = x->value[0], hi = x->value[x->levels - 1 - (size_t)x->conditional];
    if (x->conditional)
        put_scale_label(s, k, x, NAN);
    if (spans_decades(x)) {
        int each = (int)(log10(hi / lo) / 10) + 1, more = hi < 2000 * lo;
        for (int e = (int)floor(log10(lo)); pow(10, e) <= hi; e += each)
            for (int digit = 1; digit <= (more ? 5 : 1); digit += digit == 1 ? 1 : 3)
                if (pow(10, e) * digit >= lo && pow(10, e) * digit <= hi)
                    put_scale_label(s, k, x, pow(10, e) * digit);
        return;
    }
    double step = round_step(hi - lo, 6);
    for (double i = ceil(lo / step); hi > lo && i * step <= hi; i++)
        put_scale_label(s, k, x, i * step + 0.0); /* -0 + 0 is 0 */
}

static void put_labels(struct str *s, const struct plot_data *d, const struct table_axis **axis, size_t naxes,
                       double lo, double hi, int alternate)
{
    data_begin(s, "ticks");
    for (size_t k = 0; k < naxes; k++) {
        size_t step = (axis[k]->levels + TICKS - 1) / TICKS;
        if (axis[k]->scattered) {
            put_scale_labels(s, k, axis[k]);
            continue;
        }
        for (size_t l = 0; l < axis[k]->levels; l += step) {
            str_addf(s, "%zu\t", k);
            put_number(s, ((double)l + 0.5) / (double)axis[k]->levels);
            str_add(s, "\t");
            put_field(s, axis[k]->show[l], LABEL);
            str_add(s, "\n");
        }
    }
    data_end(s);
    data_begin(s, "goal");
    double from = d->unit * lo, width = d->unit * (hi - lo), step = round_step(width, 8);
    int digits = step < 1 ? (int)ceil(-log10(step) - 1e-6) : 0;
    for (double i = ceil(from / step); i * step <= from + width; i++)
        str_addf(s, "%zu\t%.6g\t%.*f\n", naxes, (i * step - from) / width, digits, i * step + 0.0); /* -0 + 0 is 0 */
    data_end(s);
    data_begin(s, "names");
    for (size_t k = 0; k <= naxes; k++) {
        str_addf(s, "%zu\t%g\t", k, k % 2 && alternate ? -0.115 : -0.06);
        put_field(s, k < naxes ? axis[k]->label : d->label, NAME);
        str_add(s, "\n");
    }
    data_end(s);
}

static const char *spread_note(const struct table_axis **axis, size_t naxes)
{
    size_t scattered = 0;
    for (size_t k = 0; k < naxes; k++)
        scattered += (size_t)axis[k]->scattered;
    return scattered == naxes ? "" : "lines are spread a little around a value, so that they can be told apart";
}

static const char *draw_parallel(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct trials_view *v = &d->v;
    const struct table_axis *axis[AXES];
    size_t naxes = 0, n = 0;
    double lo, hi, *y = arena_take(a, (v->npoints + 1) * sizeof *y);
    if (!y)
        return PLOT_NOMEM;
    for (size_t i = 0; i < d->naxes && naxes < AXES; i++)
        if (d->axis[i].levels > 1)
            axis[naxes++] = &d->axis[i];
    if (naxes < 2)
        return "it needs two axes";
    for (; n < v->npoints && !isnan(v->mean[v->order[n]]); n++)
        y[n] = v->mean[v->order[n]];
    if (n < 2)
        return "fewer than two points have a complete trial";
    fair_range(y, n, v->maximise, &lo, &hi);
    char heading[120];
    if (n > LINES)
        snprintf(heading, sizeof heading, "one in %zu of the %zu points, best on top", n / LINES + 1, n);
    else
        snprintf(heading, sizeof heading, "the %zu points, coloured by the objective, best on top", n);
    script_begin(s, d, &plot_parallel, heading);
    put_variable(s, "objective", d->label, 60);
    put_lines(s, d, axis, naxes, n, lo, hi);
    struct parallel_room room = measure_room(d, axis, naxes);
    put_variable(s, "below", spread_note(axis, naxes), 0);
    put_labels(s, d, axis, naxes, lo, hi, names_touch(d, axis, naxes, room.between));
    data_begin(s, "best");
    for (size_t k = 0; k <= naxes; k++) {
        str_addf(s, "%zu\t", k);
        put_number(s, k < naxes ? height_on_axis(v, axis[k], v->order[0]) : goal_height(v, v->order[0], lo, hi));
        str_add(s, "\n");
    }
    data_end(s);
    script_draw(s, (int)(room.left + room.between * (double)naxes + room.right), 700);
    put_heading(s, 2, 700);
    str_addf(s,
             "unset border\nunset tics\nunset grid\nunset colorbox\n"
             "set xrange [%.4f:%.4f]\nset yrange [-0.21:1.03]\nset bmargin 1\nset lmargin at screen 0\nset rmargin at "
             "screen 1\n"
             "set key at graph 0.5, graph 0.02 center center samplen 2\nset cbrange [",
             -room.left / room.between, (double)naxes + room.right / room.between);
    put_number(s, d->unit * lo);
    str_add(s, ":");
    put_number(s, d->unit * hi);
    str_add(s, "]\n");
    if (!v->maximise)
        str_add(s, "set palette negative\n");
    for (size_t k = 0; k <= naxes; k++)
        str_addf(s, "set arrow from %zu,0 to %zu,1 nohead lw 1.5 lc rgb '#666666' back\n", k, k);
    str_addf(s,
             "plot $lines using 1:2:3 with lines lw %s lc palette, \\\n"
             "     $best using 1:2 with lines lw 3 lc rgb '" RED "' title 'best point', \\\n"
             "     $ticks using 1:2:3 with labels right boxed offset -0.7,0 tc rgb '" INK "', \\\n"
             "     $goal using 1:2:3 with labels left offset 0.7,0 tc rgb '" INK "', \\\n"
             "     $names using 1:2:3 with labels center tc rgb '#000000'\n",
             n > 100 ? "0.9" : "1.5");
    script_end(s);
    return NULL;
}

const struct plot plot_parallel = {{"parallel", "parallel coordinates: a line a point through the values of its axes"},
                                   draw_parallel};
