/* plot_contours.c - draws what the forest over a search expects of its two most important axes, with the points that
 * were tried: the table of the surrogate. */
#include "report/plots/axis_panels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 64 /* values of an axis at most */
#define LABEL 18
#define FRAME 430
#define DOTS 1000
#define LINES 7 /* contours, about */

/* An axis of the picture: its values as they stand in the table, at places that ascend. */
struct contour_axis {
    const struct table_axis *axis;
    size_t n;
    const char *text[SIDE];
    double at[SIDE];        /* a logarithm where it is logarithmic; 0, 1, ... of values that are no scale */
    int scale, logarithmic; /* numbers stand where they are, or one beside the other */
};

struct surface {
    struct contour_axis x, y;
    double mean[SIDE][SIDE]; /* [x][y]; NaN: not told */
};

/* The axis of the table whose name is in the first row; NULL: the main table does not have it. */
static const struct table_axis *axis_named(const struct plot_data *d, const char *name)
{
    for (size_t i = 0; i < d->naxes; i++)
        if (!strcmp(d->axis[i].name, name))
            return &d->axis[i];
    return NULL;
}

/* The number of a value among those that were met before it, which it joins. SIDE: there are too many. */
static size_t number_of_value_text(struct contour_axis *x, const char *text)
{
    size_t i = 0;
    while (i < x->n && strcmp(x->text[i], text) != 0)
        i++;
    if (i == x->n && i < SIDE)
        x->text[x->n++] = text;
    return i;
}

static void place_contour_values(struct contour_axis *x)
{
    double value[SIDE];
    x->scale = axis_is_scale(x->axis);
    for (size_t i = 0; i < x->n && x->scale; i++)
        x->scale = !str_to_double(x->text[i], &value[i]) && (!i || value[i] > value[i - 1]);
    x->logarithmic = x->scale && spans_decades(x->axis) && value[0] > 0;
    for (size_t i = 0; i < x->n; i++)
        x->at[i] = !x->scale ? (double)i : x->logarithmic ? log10(value[i]) : value[i];
}

/* 0, or -1: the table has no surface. */
static int read_surface(const struct plot_data *d, struct surface *f)
{
    const struct table *t = &d->surrogate;
    const int mean = table_column(t, "mean");
    if (!t->rows)
        return -1;
    f->x = (struct contour_axis){.axis = axis_named(d, table_cell(t, 0, "axis"))};
    f->y = (struct contour_axis){.axis = axis_named(d, table_cell(t, 0, "other"))};
    for (size_t i = 0; i < SIDE; i++)
        for (size_t k = 0; k < SIDE; k++)
            f->mean[i][k] = NAN;
    for (size_t r = 0; r < t->rows; r++) {
        const size_t i = number_of_value_text(&f->x, table_cell(t, r, "value")),
                     k = number_of_value_text(&f->y, table_cell(t, r, "other_value"));
        if (i < SIDE && k < SIDE)
            f->mean[i][k] = table_number(t, r, mean);
    }
    if (!f->x.axis || !f->y.axis || f->x.n < 2 || f->y.n < 2)
        return -1;
    place_contour_values(&f->x);
    place_contour_values(&f->y);
    return 0;
}

/* Where the cell of value i begins: half way from the one before. */
static double edge_of_cell(const struct contour_axis *x, size_t i)
{
    if (!x->scale)
        return (double)i - 0.5;
    return !i ? x->at[0] : i == x->n ? x->at[i - 1] : (x->at[i - 1] + x->at[i]) / 2;
}

static double on_scale(const struct contour_axis *x, double at)
{
    return x->logarithmic ? pow(10, at) : at;
}

static void put_surface(struct str *s, const struct plot_data *d, const struct surface *f)
{
    data_begin(s, "cells");
    for (size_t i = 0; i < f->x.n; i++)
        for (size_t k = 0; k < f->y.n; k++) {
            if (isnan(f->mean[i][k]))
                continue;
            str_addf(s, "%.9g\t%.9g\t%.9g\t%.9g\t", on_scale(&f->x, edge_of_cell(&f->x, i)),
                     on_scale(&f->x, edge_of_cell(&f->x, i + 1)), on_scale(&f->y, edge_of_cell(&f->y, k)),
                     on_scale(&f->y, edge_of_cell(&f->y, k + 1)));
            put_number(s, d->unit * f->mean[i][k]);
            str_add(s, "\n");
        }
    data_end(s);
}

/* Where a level crosses the way from one corner to another, in [0, 1]; NaN: nowhere. */
static double crossing(double from, double to, double level)
{
    return (from < level) == (to < level) ? NAN : (level - from) / (to - from);
}

/* Writes the pieces of the lines of a level through the square of four neighbouring values: each side that it crosses,
 * two by two. */
static size_t put_square(struct str *s, const struct surface *f, size_t i, size_t k, double level)
{
    static const int corner[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
    size_t n = 0;
    for (int side = 0; side < 4; side++) {
        const int *a = corner[side], *b = corner[(side + 1) % 4];
        const double t =
            crossing(f->mean[i + (size_t)a[0]][k + (size_t)a[1]], f->mean[i + (size_t)b[0]][k + (size_t)b[1]], level);
        if (isnan(t))
            continue;
        const double x0 = f->x.at[i + (size_t)a[0]], x1 = f->x.at[i + (size_t)b[0]];
        const double y0 = f->y.at[k + (size_t)a[1]], y1 = f->y.at[k + (size_t)b[1]];
        str_addf(s, "%.6g\t%.6g\n", on_scale(&f->x, x0 + t * (x1 - x0)), on_scale(&f->y, y0 + t * (y1 - y0)));
        if (n++ % 2)
            str_add(s, "\n");
    }
    if (n % 2) /* beside a value that is not told */
        str_add(s, "\n");
    return n;
}

/* Writes the contours at round values, by marching squares. Returns whether there are any. */
static int put_contours(struct str *s, const struct plot_data *d, const struct surface *f, double lo, double hi)
{
    const double step = round_step(d->unit * (hi - lo), LINES) / d->unit;
    size_t n = 0;
    data_begin(s, "lines");
    for (double level = ceil(lo / step) * step; step > 0 && level < hi; level += step)
        for (size_t i = 0; i + 1 < f->x.n; i++)
            for (size_t k = 0; k + 1 < f->y.n; k++)
                n += put_square(s, f, i, k, level);
    data_end(s);
    return n > 0;
}

/* The place of a row's value on an axis; NaN: none. */
static double place_of_row(const struct contour_axis *x, size_t row, size_t shake)
{
    const int code = x->axis->code[row];
    if (x->scale)
        return x->axis->value[code];
    for (size_t i = 0; i < x->n; i++)
        if (!strcmp(x->axis->text[code], x->text[i]))
            return (double)i + 0.3 * jitter(shake);
    return NAN;
}

static void put_tried(struct str *s, const struct plot_data *d, const struct surface *f)
{
    const struct trials_view *v = &d->v;
    const size_t every = v->npoints / DOTS + 1;
    data_begin(s, "tried");
    for (size_t p = 0; p < v->npoints; p++) {
        const int best = p == v->order[0] && !isnan(v->mean[p]);
        const double x = place_of_row(&f->x, v->first[p], 2 * p + 1), y = place_of_row(&f->y, v->first[p], 3 * p + 2);
        if (isnan(x) || isnan(y) || (p % every && !best))
            continue;
        str_addf(s, "%.9g\t%.9g\t%s\n", x, y, best ? "1" : "0");
    }
    data_end(s);
}

/* Writes the labels of values that stand beside each other, and the range of the axis. */
static void put_contour_axis(struct str *s, const struct contour_axis *x, const char *name, double pixels)
{
    const double lo = on_scale(x, edge_of_cell(x, 0)), hi = on_scale(x, edge_of_cell(x, x->n));
    str_addf(s, "%sset %srange [%.9g:%.9g]\n",
             x->logarithmic ? (*name == 'x' ? "set logscale x\n" : "set logscale y\n") : "", name, lo, hi);
    if (x->scale && *name == 'x')
        put_ticks_across(s, lo, hi, x->logarithmic && hi > 30 * lo, pixels);
    else if (x->scale && x->logarithmic)
        put_log_ticks(s, name, lo, hi);
    else if (x->scale)
        put_ticks(s, name, lo, hi, 7, 0);
}

/* Writes the values that stand beside each other as labels, which no command may hold. */
static void put_contour_labels(struct str *s, const struct contour_axis *x, const char *name, int across, double pixels)
{
    const double step = pixels / (double)x->n;
    const size_t each = (size_t)ceil((across ? 6 * LETTER : LINE) / step);
    const size_t letters = across ? (size_t)fmax(3, step * (double)each / LETTER - 2) : LABEL;
    data_begin(s, name);
    for (size_t i = 0; i < x->n; i++) {
        str_addf(s, "%zu\t", i);
        if (i % each)
            str_add(s, " ");
        else
            put_value(s, x->axis, x->text[i], letters);
        str_add(s, "\n");
    }
    data_end(s);
}

/* Letters of the widest value of the y axis. */
static size_t widest_of_y(const struct contour_axis *y)
{
    size_t most = 7;
    for (size_t i = 0; i < y->n && !y->scale; i++)
        most = text_width(y->text[i]) > most ? text_width(y->text[i]) : most;
    return most < LABEL ? most : LABEL;
}

/* What the table of effects says of the forest: how much it explains. */
static const char *say_of_forest(const struct plot_data *d)
{
    for (size_t r = 0; r < d->effects.rows; r++)
        if (!strcmp(table_cell(&d->effects, r, "kind"), "note") &&
            !strncmp(table_cell(&d->effects, r, "value"), "the forest", 10))
            return table_cell(&d->effects, r, "value");
    return "";
}

/* Returns how many cells have a value. */
static size_t range_of_surface(const struct plot_data *d, const struct surface *f, double *all, double *lo, double *hi)
{
    size_t n = 0;
    for (size_t i = 0; i < f->x.n; i++)
        for (size_t k = 0; k < f->y.n; k++)
            if (!isnan(f->mean[i][k]))
                all[n++] = f->mean[i][k];
    if (n)
        fair_range(all, n, d->v.maximise, lo, hi);
    return n;
}

static const char *draw_contours(const struct plot_data *d, struct str *s, struct arena *a)
{
    struct surface *f = arena_take(a, sizeof *f);
    double *all = arena_take(a, SIDE * SIDE * sizeof *all), lo, hi;
    struct str ticks = {0};
    if (!f || !all)
        return PLOT_NOMEM;
    if (!d->trials.drawn)
        return "the points are a grid: see the means themselves in pairs";
    if (read_surface(d, f) || !range_of_surface(d, f, all, &lo, &hi))
        return "there is no surrogate: it takes two axes and eight points that came to different values";
    const size_t letters = put_ticks(&ticks, "cb", d->unit * lo, d->unit * hi, 8, 0);
    const double left = 58 + LETTER * (double)widest_of_y(&f->y), width = left + 640 + 64 + LETTER * (double)letters;
    const struct panel box = {left, left + 620, 80, 80 + FRAME};
    const int height = 80 + FRAME + 66 + KEY_ROOM;
    script_begin(s, d, &plot_contours, "what is expected of the two most important axes");
    put_variable(s, "objective", d->label, FRAME / (size_t)LETTER);
    put_variable(s, "xname", f->x.axis->name, 60);
    put_variable(s, "yname", f->y.axis->name, FRAME / (size_t)LETTER);
    put_variable(s, "below", "mean over all other axes, by the random forest of the importance", 0);
    put_variable(s, "lowest", say_of_forest(d), 90);
    put_surface(s, d, f);
    if (!f->x.scale)
        put_contour_labels(s, &f->x, "xlabels", 1, box.right - box.left);
    if (!f->y.scale)
        put_contour_labels(s, &f->y, "ylabels", 0, box.bottom - box.top);
    put_tried(s, d, f);
    const int lines = f->x.scale && f->y.scale && put_contours(s, d, f, lo, hi);
    script_draw(s, (int)width, height);
    put_heading(s, 3, height);
    put_key_below(s, height);
    put_panel(s, width, height, &box);
    str_add(s, "unset grid\n");
    if (!d->v.maximise)
        str_add(s, "set palette negative\n");
    str_addf(s, "set colorbox user origin screen %.4f,%.4f size screen %.4f,%.4f\n%sset cbrange [%.9g:%.9g]\n",
             (box.right + 16) / width, 1 - box.bottom / height, 18 / width, FRAME / (double)height,
             ticks.p ? ticks.p : "", d->unit * lo, d->unit * hi);
    put_text(s, width, height, TAG_SCALE, "objective", width - 14, (box.top + box.bottom) / 2, "center rotate by 90");
    put_text(s, width, height, TAG_X, "xname", (box.left + box.right) / 2, box.bottom + 44, "center");
    put_text(s, width, height, TAG_Y, "yname", 18, (box.top + box.bottom) / 2, "center rotate by 90");
    put_contour_axis(s, &f->x, "x", box.right - box.left);
    put_contour_axis(s, &f->y, "y", box.bottom - box.top);
    str_add(s, "plot $cells using 1:3:1:2:3:4:5 with boxxyerror fs solid 1 noborder lc palette");
    if (!f->x.scale)
        str_addf(s, ", \\\n     $xlabels using 1:(%.9g):xtic(2) with dots lc rgb '#ffffff'",
                 on_scale(&f->y, edge_of_cell(&f->y, 0)));
    if (!f->y.scale)
        str_addf(s, ", \\\n     $ylabels using (%.9g):1:ytic(2) with dots lc rgb '#ffffff'",
                 on_scale(&f->x, edge_of_cell(&f->x, 0)));
    if (lines)
        str_add(s, ", \\\n     $lines using 1:2 with lines lw 1 lc rgb '#80ffffff'");
    str_add(s, ", \\\n     $tried using 1:2 with points pt 7 ps 0.55 lc rgb '#ffffff', \\\n"
               "     $tried using 1:2 with points pt 6 ps 0.6 lc rgb '" INK "' title 'a point', \\\n"
               "     $tried using ($3 > 0 ? $1 : NaN):2 with points pt 8 ps 1.6 lw 2.5 lc rgb '" RED
               "' title 'the best point'\n");
    script_end(s);
    s->failed |= ticks.failed;
    str_release(&ticks);
    return NULL;
}

const struct plot plot_contours = {
    {"contours", "what the forest over a search expects of the objective for its two most important axes"},
    draw_contours};
