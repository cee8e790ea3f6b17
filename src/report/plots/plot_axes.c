/* plot_axes.c - draws what each axis does: trials and means by value, the strongest axis first. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PANELS 12
#define DOTS 1500 /* a panel */
#define LABEL 20  /* letters of a value */
#define TICKS 14  /* more values than this: a scale instead of categories */
#define AIR 14    /* pixels between a panel and the next */

/* Returns the share of the variance that an axis explains, -1 when it is not known. */
static double share_of_axis(const struct plot_data *d, const char *axis)
{
    const struct table *t = &d->effects;
    int share = table_column(t, "share");
    for (size_t r = 0; r < t->rows; r++) {
        if (strcmp(table_cell(t, r, "kind"), "axis") || strcmp(table_cell(t, r, "axis"), axis))
            continue;
        double x = table_number(t, r, share);
        return isnan(x) ? -1 : x;
    }
    return -1;
}

/* Chooses the axes with at least two values, the strongest first. */
static size_t choose_axes(const struct plot_data *d, const struct table_axis **axis)
{
    double share[PANELS];
    size_t n = 0;
    for (size_t i = 0; i < d->naxes; i++) {
        const struct table_axis *x = &d->axis[i];
        double mine = share_of_axis(d, x->name);
        size_t at = n;
        if (x->levels < 2)
            continue;
        while (at && mine > share[at - 1])
            at--;
        if (at == PANELS)
            continue;
        n += n < PANELS;
        for (size_t k = n - 1; k > at; k--) {
            share[k] = share[k - 1];
            axis[k] = axis[k - 1];
        }
        share[at] = mine;
        axis[at] = x;
    }
    return n;
}

static int has_many_values(const struct table_axis *x)
{
    return x->scattered || (x->numeric && x->levels - (size_t)x->conditional > TICKS);
}

#define TRIALS_OF_MEAN 4

/* Says whether means are drawn: of many values where each was tried a few times, and a mean is more than one more dot.
 */
static int has_means(const struct trials_view *v, const struct table_axis *x)
{
    return !x->scattered && (!has_many_values(x) || v->ncomplete >= TRIALS_OF_MEAN * x->levels);
}

/* Says for how many trials there is one dot, so that the picture is not black. */
static size_t dot_step(const struct trials_view *v)
{
    return v->ncomplete ? (v->ncomplete - 1) / DOTS + 1 : 1;
}

static void put_dots(struct str *s, const struct plot_data *d, const struct table_axis *x, size_t i)
{
    char name[40];
    const struct trials_view *v = &d->v;
    size_t n = 0, step = dot_step(v);
    snprintf(name, sizeof name, "dots%zu", i);
    data_begin(s, name);
    for (size_t r = 0; r < v->t->rows; r++) {
        if (isnan(v->y[r]) || n++ % step)
            continue;
        double at = has_many_values(x) ? x->value[x->code[r]] : (double)x->code[r] + 0.22 * jitter(n);
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
        put_number(s, has_many_values(x) ? x->value[l] : (double)l);
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

static void plot_scale(struct str *s, const struct table_axis *x, size_t i, double wide, int means)
{
    double lo = x->value[0], hi = x->value[x->levels - 1 - (size_t)x->conditional];
    int logarithmic = spans_decades(x);
    double air = logarithmic ? pow(hi / lo, 0.03) : 0.03 * (hi - lo);
    str_addf(s, "%sset logscale x\nset xrange [%.9g:%.9g]\nset xtics norotate autojustify\n", logarithmic ? "" : "un",
             logarithmic ? lo / air : lo - air, logarithmic ? hi * air : hi + air);
    put_ticks_across(s, lo, hi, logarithmic, wide);
    str_addf(s, "plot $dots%zu using 1:2 with points pt 7 ps 0.45 lc rgb '#800072B2'", i);
    if (means)
        str_addf(s,
                 ", \\\n     $means%zu using 1:3 with lines lw 1.5 lc rgb '" RED "', \\\n"
                 "     $means%zu using 1:3:4:5 with yerrorbars pt 7 ps 0.5 lw 1 lc rgb '" RED "'",
                 i, i);
    str_add(s, "\nunset logscale x\n");
}

/* Joins the means of numbers by a line, but not of points that were drawn: their other axes differ. */
static void plot_values(struct str *s, const struct table_axis *x, size_t i, int drawn, const struct labels *b)
{
    put_labels_style(s, b);
    str_addf(s, "set xrange [-0.6:%zu.6]\n", x->levels - 1);
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
    size_t step = dot_step(v);
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

static void put_panel_names(struct str *s, const struct plot_data *d, const struct table_axis *x, size_t i,
                            size_t letters)
{
    char name[40], percent[24], text[64] = "";
    double share = share_of_axis(d, x->name);
    if (share >= 0)
        snprintf(text, sizeof text, "%s of the variance", percent_text(share, percent, sizeof percent));
    snprintf(name, sizeof name, "name%zu", i);
    put_variable(s, name, x->name, letters);
    snprintf(name, sizeof name, "share%zu", i);
    put_variable(s, name, text, 0);
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

/* Panels in rows; each has the same pixels, and below it the labels of its values, its name and its share. */
struct grid_of_panels {
    size_t columns, rows;
    double cell, left, frame, width, height;
    double top[4]; /* of the frames of each row */
};

static struct grid_of_panels arrange_axes(const struct table_axis **axis, size_t n, size_t tick, int lines,
                                          struct labels *below)
{
    static const double wide[] = {800, 800, 1000, 1260, 1520}, high[] = {0, 340, 270, 220};
    struct grid_of_panels g = {.rows = n < 4 ? 1 : n < 7 ? 2 : 3};
    g.columns = (n + g.rows - 1) / g.rows;
    g.width = wide[g.columns];
    g.cell = g.width / (double)g.columns;
    g.left = 34 + LETTER * (double)tick + 12;
    g.frame = high[g.rows];
    g.top[0] = 30 + LINE * lines;
    for (size_t r = 0; r < g.rows; r++) {
        double deepest = LABELS_FLAT;
        for (size_t i = r * g.columns; i < n && i < (r + 1) * g.columns; i++) {
            below[i] = has_many_values(axis[i]) ? (struct labels){0, 1, LABEL, LABELS_FLAT}
                                                : labels_below(axis[i], LABEL, g.cell - g.left - AIR, g.left);
            deepest = fmax(deepest, below[i].height);
        }
        g.top[r + 1] = g.top[r] + g.frame + deepest + 12 + LINE + 10 + AIR;
    }
    g.height = g.top[g.rows];
    return g;
}

static void put_place(struct str *s, const struct grid_of_panels *g, size_t i, const struct labels *b)
{
    double x = g->cell * (double)(i % g->columns), y = g->top[i / g->columns];
    struct panel box = {x + g->left, x + g->cell - AIR, y, y + g->frame};
    char text[60];
    snprintf(text, sizeof text, "name%zu.\"\\n\".share%zu", i, i);
    put_panel(s, g->width, g->height, &box);
    put_text(s, g->width, g->height, TAG_X, text, (box.left + box.right) / 2, box.bottom + 12 + b->height, "center");
    if (i % g->columns)
        str_addf(s, "unset label %d\n", TAG_Y);
    else
        put_text(s, g->width, g->height, TAG_Y, "objective", x + 16, (box.top + box.bottom) / 2, "center rotate by 90");
}

static const char *draw_axes(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct table_axis *axis[PANELS + 1];
    struct labels below[PANELS + 1];
    struct str ticks = {0};
    size_t n = choose_axes(d, axis), m;
    int means = 0;
    double lo, hi, *buf = arena_take(a, (d->v.t->rows + 1) * sizeof *buf);
    if (!n)
        return d->v.naxes ? "no axis has two values" : "there is no axis";
    if (!buf)
        return PLOT_NOMEM;
    size_t outside = range_of_trials(&d->v, buf, &m, &lo, &hi);
    if (m < 2)
        return "fewer than two trials are complete";
    int cut = frame_of_panels(d, axis, n, &lo, &hi), lines = outside || cut ? 3 : 2;
    size_t tick = put_ticks(&ticks, "y", d->unit * lo, d->unit * hi, 6, 0);
    struct grid_of_panels g = arrange_axes(axis, n, tick, lines, below);
    script_begin(s, d, &plot_axes, "effect of each axis");
    put_variable(s, "objective", d->label, (size_t)(g.frame / LETTER));
    for (size_t i = 0; i < n; i++) {
        put_panel_names(s, d, axis[i], i, (size_t)((g.cell - g.left + AIR) / LETTER));
        put_dots(s, d, axis[i], i);
        means |= has_means(&d->v, axis[i]);
        if (has_means(&d->v, axis[i]))
            put_means(s, d, axis[i], i, &below[i]);
    }
    put_axes_legend(s, &d->v, means, outside, cut);
    script_draw(s, (int)g.width, (int)g.height);
    str_add(s, "set multiplot\n");
    put_heading(s, lines, (int)g.height);
    str_addf(s, "%sset grid noxtics\nset yrange [%.9g:%.9g]\n", ticks.p ? ticks.p : "", d->unit * lo, d->unit * hi);
    for (size_t i = 0; i < n; i++) {
        put_place(s, &g, i, &below[i]);
        if (has_many_values(axis[i]))
            plot_scale(s, axis[i], i, g.cell - g.left - AIR, has_means(&d->v, axis[i]));
        else
            plot_values(s, axis[i], i, d->trials.drawn, &below[i]);
        str_addf(s, "unset label %d\n", TAG_HEADING);
    }
    str_add(s, "unset multiplot\n");
    script_end(s);
    s->failed |= ticks.failed;
    str_release(&ticks);
    return NULL;
}

const struct plot plot_axes = {{"axes", "effect of each axis: every trial a dot, mean and 95 % interval of each value"},
                               draw_axes};
