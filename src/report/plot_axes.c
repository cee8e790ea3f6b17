#include "report/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PANELS 12
#define DOTS 1500 /* a panel */
#define LABEL 20  /* letters of a value */
#define TICKS 14  /* more values than this: a scale instead of categories */

/* Share of the variance of an axis, -1 when it is not known. */
static double share_of(const struct plot_data *d, const char *axis)
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

/* Axes with at least two values, the strongest first. */
static size_t choose(const struct plot_data *d, const struct axis **axis)
{
    double share[PANELS];
    size_t n = 0;
    for (size_t i = 0; i < d->naxes; i++) {
        const struct axis *x = &d->axis[i];
        double mine = share_of(d, x->name);
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

static int continuous(const struct axis *x)
{
    return x->numeric && x->levels - (size_t)x->conditional > TICKS;
}

static void put_dots(struct str *s, const struct plot_data *d, const struct axis *x, size_t i)
{
    char name[40];
    const struct view *v = &d->v;
    size_t n = 0, step = v->ncomplete / DOTS + 1;
    snprintf(name, sizeof name, "dots%zu", i);
    data_begin(s, name);
    for (size_t r = 0; r < v->t->rows; r++) {
        if (isnan(v->y[r]) || n++ % step)
            continue;
        double at = continuous(x) ? x->value[x->code[r]] : (double)x->code[r] + 0.22 * jitter(n);
        if (isnan(at))
            continue;
        put_number(s, at);
        str_add(s, "\t");
        put_number(s, d->unit * v->y[r]);
        str_add(s, "\n");
    }
    data_end(s);
}

/* Value by value: position, label, mean, interval, as the table of effects has them; ends[] is widened to hold the
 * intervals. */
static void put_means(struct str *s, const struct plot_data *d, const struct axis *x, size_t i, double ends[2])
{
    const struct table *t = &d->effects;
    const int col[3] = {table_column(t, "mean"), table_column(t, "ci95_low"), table_column(t, "ci95_high")};
    char name[40];
    size_t l = 0;
    snprintf(name, sizeof name, "means%zu", i);
    data_begin(s, name);
    for (size_t r = 0; r < t->rows && l < x->levels; r++) {
        if (strcmp(table_cell(t, r, "kind"), "value") || strcmp(table_cell(t, r, "axis"), x->name))
            continue;
        double out[3];
        for (size_t k = 0; k < 3; k++) {
            out[k] = table_number(t, r, col[k]);
            out[k] = isnan(out[k]) ? out[0] : out[k];
        }
        if (x->conditional && l + 1 == x->levels)
            str_add(s, "\n"); /* no line goes to "absent" */
        str_addf(s, "%zu\t", l);
        put_field(s, x->show[l++], LABEL); /* rows stand in the order of the values */
        for (size_t k = 0; k < 3; k++) {
            str_add(s, "\t");
            put_number(s, d->unit * out[k]);
        }
        ends[0] = out[1] < ends[0] ? out[1] : ends[0];
        ends[1] = out[2] > ends[1] ? out[2] : ends[1];
        str_add(s, "\n");
    }
    data_end(s);
}

static int many_letters(const struct axis *x, size_t columns)
{
    size_t letters = 0;
    for (size_t l = 0; l < x->levels; l++)
        letters += (text_width(x->show[l]) < LABEL ? text_width(x->show[l]) : LABEL) + 2;
    return letters > 110 / columns;
}

static void put_panel(struct str *s, const struct axis *x, size_t i, size_t columns)
{
    str_addf(s, "set xlabel name%zu.\"\\n\".share%zu offset 0,0.3\n", i, i);
    if (continuous(x)) {
        /* values ascend; the middle one tells an even spread from one over decades */
        double lo = x->value[0], hi = x->value[x->levels - 1 - (size_t)x->conditional], mid = x->value[x->levels / 2];
        str_add(s, lo > 0 && hi > 30 * lo && mid < hi / 4 ? "set logscale x\n" : "unset logscale x\n");
        str_addf(s,
                 "set xrange [*:*]\nset xtics norotate autofreq\n"
                 "plot $dots%zu using 1:2 with points pt 7 ps 0.45 lc rgb '#80"
                 "0072B2'\n"
                 "unset logscale x\n",
                 i);
        return;
    }
    str_addf(s, "set xrange [-0.6:%zu.6]\nset xtics %s\n", x->levels - 1,
             many_letters(x, columns) ? "rotate by 35 right" : "norotate");
    str_addf(s,
             "plot $dots%zu using 1:2 with points pt 7 ps 0.45 lc rgb '#900072B2', \\\n"
             "     $means%zu using 1:3:xtic(2) with %s lw 1.5 lc rgb '" RED "', \\\n"
             "     $means%zu using 1:3:4:5 with yerrorbars pt 7 ps 0.9 lw 2 lc rgb '" RED "'\n",
             i, i, x->numeric ? "lines" : "dots", i);
}

static const char *draw(const struct plot_data *d, struct str *s, struct arena *a)
{
    static const int rows_of[PANELS + 1] = {0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3};
    const struct axis *axis[PANELS + 1];
    const struct view *v = &d->v;
    size_t n = choose(d, axis), m = 0;
    double lo, hi, ends[2] = {INFINITY, -INFINITY}, *y = arena_take(a, (v->t->rows + 1) * sizeof *y);
    if (!n)
        return v->naxes ? "no axis has two values" : "there is no axis";
    if (!y)
        return PLOT_NOMEM;
    for (size_t r = 0; r < v->t->rows; r++)
        if (!isnan(v->y[r]))
            y[m++] = v->y[r];
    if (m < 2)
        return "fewer than two trials are complete";
    size_t outside = fair_range(y, m, v->maximise, &lo, &hi), rows = (size_t)rows_of[n],
           columns = (n + rows - 1) / rows;
    int means = 0;
    for (size_t i = 0; i < n; i++)
        means |= !continuous(axis[i]);
    script_begin(s, d, &plot_axes, "effect of each axis");
    str_addf(s, "below = 'a dot is a trial%s", means ? "; red: mean over points and its 95% interval" : "");
    if (outside)
        str_addf(s, "; %zu of %zu trials lie outside the frame", outside, m);
    str_add(s, "'\n");
    put_variable(s, "objective", d->label, 60);
    for (size_t i = 0; i < n; i++) {
        char name[40], percent[24], text[64] = "";
        double share = share_of(d, axis[i]->name);
        if (share >= 0)
            snprintf(text, sizeof text, "%s of the variance", percent_text(share, percent, sizeof percent));
        snprintf(name, sizeof name, "name%zu", i);
        put_variable(s, name, axis[i]->name, 40);
        snprintf(name, sizeof name, "share%zu", i);
        put_variable(s, name, text, 0);
        put_dots(s, d, axis[i], i);
        if (!continuous(axis[i]))
            put_means(s, d, axis[i], i, ends);
    }
    double reach = (hi - lo) / 3; /* as far as intervals widen the frame */
    lo = ends[0] > lo ? lo : ends[0] - 0.02 * reach > lo - reach ? ends[0] - 0.02 * reach : lo - reach;
    hi = ends[1] < hi ? hi : ends[1] + 0.02 * reach < hi + reach ? ends[1] + 0.02 * reach : hi + reach;
    double least, greatest;
    metric_limits(v->metric, &least, &greatest);
    lo = lo < least && least < hi ? least : lo;
    hi = hi > greatest && greatest > lo ? greatest : hi;
    if (ends[0] < lo || ends[1] > hi)
        str_add(s, "below = below.'; some intervals go on outside'\n");
    script_draw(s,
                columns == 1   ? 800
                : columns == 2 ? 1000
                : columns == 3 ? 1250
                               : 1500,
                rows == 1   ? 520
                : rows == 2 ? 780
                            : 1050);
    str_addf(s, "set multiplot layout %zu,%zu title heading.\"\\n\".below\n", rows, columns);
    str_add(s, "set ylabel objective\nset grid noxtics\nset yrange [");
    put_number(s, d->unit * lo);
    str_add(s, ":");
    put_number(s, d->unit * hi);
    str_add(s, "]\n");
    for (size_t i = 0; i < n; i++)
        put_panel(s, axis[i], i, columns);
    str_add(s, "unset multiplot\n");
    script_end(s);
    return NULL;
}

const struct plot plot_axes = {{"axes", "effect of each axis: every trial a dot, mean and 95 % interval of each value"},
                               draw};
