/* front_picture.c - draws the objective of the points over a second number of them, and names the points of the front.
 */
#include "report/plots/front_picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LABELLED 10
#define WIDTH 1000
#define FRAME 390 /* pixels from the upper end of the frame to the lower one */
#define LABEL 86  /* letters of a point's name in the table */

struct front_point {
    size_t p;
    double x, least_x, most_x, y, low,
        high;         /* the second number and the objective: mean, least and most of the repeats */
    int front, named; /* in the table below the picture */
    double lx, ly;    /* middle of its number in the picture, NaN: there is no room */
};

/* The frame, in data and in pixels. */
struct front_frame {
    double lo, hi, least, most;
    int logarithmic;
    struct panel box;
};

static int by_second_number(const void *a, const void *b)
{
    const struct front_point *x = a, *y = b;
    if (x->x != y->x)
        return x->x < y->x ? -1 : 1;
    return (x->p > y->p) - (x->p < y->p);
}

/* Marks the front: no point whose second number is as good is better. The spots are in the order of that number, the
 * best first. */
static void mark_front(const struct trials_view *v, struct front_point *spot, size_t n)
{
    double best = NAN;
    for (size_t i = 0; i < n;) {
        size_t top = i, end = i;
        for (; end < n && spot[end].x == spot[i].x; end++)
            if (v->maximise ? spot[end].y > spot[top].y : spot[end].y < spot[top].y)
                top = end;
        int better = isnan(best) || (v->maximise ? spot[top].y > best : spot[top].y < best);
        best = better ? spot[top].y : best;
        for (; i < end; i++) /* equal points are as good */
            spot[i].front = better && spot[i].y == best;
    }
}

/* Gathers the points in the order of their second number, the best first, and marks the front. */
static size_t gather_spots(const struct plot_data *d, const struct front_axis *x, struct front_point *spot, double *buf)
{
    const struct trials_view *v = &d->v;
    struct t_cache cache = {0};
    size_t n = 0;
    for (size_t p = 0; x->col >= 0 && p < v->npoints; p++) {
        if (isnan(v->mean[p]))
            continue;
        struct stats m = view_stats(v, p, v->col, buf, &cache), second = view_stats(v, p, x->col, buf, &cache);
        if (!isnan(second.mean))
            spot[n++] = (struct front_point){.p = p,
                                             .x = second.mean,
                                             .least_x = second.min,
                                             .most_x = second.max,
                                             .y = m.mean,
                                             .low = m.min,
                                             .high = m.max,
                                             .lx = NAN,
                                             .ly = NAN};
    }
    qsort(spot, n, sizeof *spot, by_second_number);
    for (size_t i = 0; x->maximise && i < n / 2; i++) {
        struct front_point other = spot[i];
        spot[i] = spot[n - 1 - i];
        spot[n - 1 - i] = other;
    }
    mark_front(v, spot, n);
    return n;
}

static void put_spots(struct str *s, const struct plot_data *d, const struct front_axis *x,
                      const struct front_point *spot, size_t n)
{
    data_begin(s, "points");
    for (size_t i = 0; i < n; i++) {
        put_number(s, x->unit * spot[i].x);
        str_add(s, "\t");
        put_number(s, d->unit * spot[i].y);
        str_add(s, "\n");
    }
    data_end(s);
}

/* Chooses at most LABELLED points of the front to be named, thinned from the end: the best point always has its name.
 * Returns how many. */
static size_t choose_named_spots(struct front_point *spot, size_t n)
{
    size_t front = 0, seen = 0, named = 0;
    for (size_t i = 0; i < n; i++)
        front += (size_t)spot[i].front;
    size_t step = (front + LABELLED - 1) / LABELLED;
    for (size_t i = n; i-- > 0;)
        if (spot[i].front) {
            spot[i].named = seen++ % step == 0;
            named += (size_t)spot[i].named;
        }
    return named;
}

static const char *number_of_spot(const struct plot_data *d, const struct front_point *x)
{
    return view_cell(&d->v, d->v.first[x->p], table_column(&d->trials, "point"));
}

/* Writes the points of the front: second number, its least and most, mean, least and most of the objective. */
static void put_front(struct str *s, const struct plot_data *d, const struct front_axis *x,
                      const struct front_point *spot, size_t n)
{
    data_begin(s, "front");
    for (size_t i = 0; i < n; i++) {
        const double out[] = {x->unit * spot[i].x, x->unit * spot[i].least_x, x->unit * spot[i].most_x,
                              d->unit * spot[i].y, d->unit * spot[i].low,     d->unit * spot[i].high};
        const size_t last = sizeof out / sizeof *out - 1;
        for (size_t k = 0; k <= last && spot[i].front; k++) {
            put_number(s, out[k]);
            str_add(s, k < last ? "\t" : "\n");
        }
    }
    data_end(s);
}

/* "12000 parameters", "val loss 0.1234", "test accuracy 98.50 %" */
static void put_second_number(struct str *s, const struct front_axis *x, double v)
{
    if (x->count)
        str_addf(s, "%.0f %s", v, x->count);
    else if (x->unit > 1)
        str_addf(s, "%s %.2f %%", x->name, x->unit * v);
    else
        str_addf(s, v == floor(v) && fabs(v) < 1e15 ? "%s %.0f" : "%s %.5g", x->name, v);
}

/* Writes the numbers in the picture (x, y, "#12") and the table of names below it (row, text). */
static void put_spot_names(struct str *s, const struct plot_data *d, const struct front_axis *x,
                           const struct front_point *spot, size_t n)
{
    size_t row = 0;
    data_begin(s, "numbers");
    for (size_t i = 0; i < n; i++)
        if (spot[i].named && !isnan(spot[i].lx)) {
            str_addf(s, "%.9g\t%.9g\t#", x->unit * spot[i].lx, spot[i].ly);
            put_field(s, number_of_spot(d, &spot[i]), 12);
            str_add(s, "\n");
        }
    data_end(s);
    data_begin(s, "names");
    for (size_t i = 0; i < n; i++)
        if (spot[i].named) {
            str_addf(s, "%zu\t", row++);
            put_second_number(s, x, spot[i].x);
            str_addf(s, ", %.*f%s: ", d->unit > 1 ? 2 : 4, d->unit * spot[i].y, d->unit > 1 ? " %" : "");
            point_label(d, spot[i].p, LABEL, s);
            str_add(s, "\n");
        }
    data_end(s);
}

static double pixel_of_second(const struct front_frame *f, double x)
{
    double part = f->logarithmic ? log(x / f->least) / log(f->most / f->least) : (x - f->least) / (f->most - f->least);
    return f->box.left + part * (f->box.right - f->box.left);
}

static double pixel_of_objective(const struct front_frame *f, double y)
{
    return f->box.bottom - (y - f->lo) / (f->hi - f->lo) * (f->box.bottom - f->box.top);
}

/* Says whether the number of the point `own`, so many pixels wide, may be at (x, y): it covers no point of the front,
 * no other number and no edge of the frame, and no other point of the front is nearer. */
static int is_free_place(const struct front_frame *f, const struct front_point *spot, size_t n, size_t own, double x,
                         double y, double wide)
{
    double mine = hypot(pixel_of_second(f, spot[own].x) - x, pixel_of_objective(f, spot[own].y) - y);
    if (x - wide / 2 < f->box.left || x + wide / 2 > f->box.right || y - LINE / 2.0 < f->box.top ||
        y + LINE / 2.0 > f->box.bottom)
        return 0;
    for (size_t i = 0; i < n; i++) {
        double px = pixel_of_second(f, spot[i].x), py = pixel_of_objective(f, spot[i].y);
        if (spot[i].front && fabs(px - x) < wide / 2 + 4 && fabs(py - y) < LINE / 2.0 + 3)
            return 0;
        if (spot[i].front && hypot(px - x, py - y) < mine)
            return 0;
        if (!isnan(spot[i].lx) && fabs(spot[i].lx - x) < wide + 4 && fabs(spot[i].ly - y) < LINE)
            return 0;
    }
    return 1;
}

/* Places each number beside its point where it covers nothing, the best point's first; a number without such a place is
 * only in the table. */
static void place_spot_numbers(const struct plot_data *d, const struct front_frame *f, struct front_point *spot,
                               size_t n)
{
    static const int side[][2] = {{-1, -1}, {1, 1}, {1, -1}, {-1, 1}};
    for (size_t i = n; i-- > 0;) {
        double wide = LETTER * (double)(text_width(number_of_spot(d, &spot[i])) + 1);
        for (size_t k = 0; k < 4 && spot[i].named && isnan(spot[i].lx); k++) {
            double x = pixel_of_second(f, spot[i].x) + side[k][0] * (wide / 2 + 8),
                   y = pixel_of_objective(f, spot[i].y) + side[k][1] * 12;
            if (is_free_place(f, spot, n, i, x, y, wide)) {
                spot[i].lx = x;
                spot[i].ly = y;
            }
        }
    }
    for (size_t i = 0; i < n; i++) { /* from pixels to data */
        double part = (spot[i].lx - f->box.left) / (f->box.right - f->box.left);
        spot[i].lx = f->logarithmic ? f->least * pow(f->most / f->least, part) : f->least + part * (f->most - f->least);
        spot[i].ly = d->unit * (f->lo + (f->box.bottom - spot[i].ly) / (f->box.bottom - f->box.top) * (f->hi - f->lo));
    }
}

static struct front_frame frame_of_spots(const struct plot_data *d, const struct front_point *spot, size_t n,
                                         double *buf)
{
    struct front_frame f = {.least = fmin(spot[0].x, spot[n - 1].x), .most = fmax(spot[0].x, spot[n - 1].x)};
    double least, most;
    for (size_t i = 0; i < n; i++) {
        buf[i] = spot[i].y;
        f.least = spot[i].front ? fmin(f.least, spot[i].least_x) : f.least;
        f.most = spot[i].front ? fmax(f.most, spot[i].most_x) : f.most;
    }
    fair_range(buf, n, d->v.maximise, &f.lo, &f.hi);
    for (size_t i = 0; i < n; i++) {
        f.hi = spot[i].front && spot[i].high > f.hi - 0.02 * (f.hi - f.lo) ? spot[i].high + 0.04 * (f.hi - f.lo) : f.hi;
        f.lo = spot[i].front && spot[i].low < f.lo + 0.02 * (f.hi - f.lo) ? spot[i].low - 0.04 * (f.hi - f.lo) : f.lo;
    }
    metric_limits(d->v.t, d->v.metric, &least, &most);
    f.lo = f.lo < least && least < f.hi ? least : f.lo;
    f.hi = f.hi > most && most > f.lo ? most : f.hi;
    f.logarithmic = f.least > 0 && f.most > 8 * f.least;
    double wide = f.most - f.least;
    double factor = f.logarithmic ? pow(f.most / f.least, 0.07) : 1; /* numbers have room at both sides */
    f.least = f.logarithmic ? f.least / factor : f.least - 0.07 * wide;
    f.most = f.logarithmic ? f.most * factor : f.most + 0.07 * wide;
    return f;
}

static void put_front_table(struct str *s, double height, size_t rows)
{
    struct panel box = {40, WIDTH - 20.0, height - 20.0 * (double)rows - 14, height - 14};
    str_add(s, "unset border\nunset tics\nunset label\nunset grid\nunset logscale\n");
    put_panel(s, WIDTH, height, &box);
    str_addf(s,
             "set key at screen 0.5, screen %.4f center bottom horizontal maxrows 1 Left reverse samplen 2 width 1\n"
             "set xrange [0:1]\nset yrange [%zu.5:-0.5]\n"
             "plot $names using (0):1:2 with labels left tc rgb '" INK "', \\\n"
             "     keyentry with points pt 7 ps 0.7 lc rgb '#7a999999' title 'point (mean over repeats)', \\\n"
             "     keyentry with yerrorbars pt 7 ps 1 lw 1.5 lc rgb '" BLUE
             "' title 'Pareto front, least to most of the repeats'\n",
             (height - box.top + 8) / height, rows - 1);
}

const char *draw_front(const struct plot_data *d, const struct front_axis *x, const struct plot *plot,
                       const char *heading, struct str *s, struct arena *a)
{
    struct front_point *spot = arena_take(a, (d->v.npoints + 1) * sizeof *spot);
    double *buf = arena_take(a, (d->v.t->rows + 1) * sizeof *buf);
    struct str ticks = {0};
    if (!spot || !buf)
        return PLOT_NOMEM;
    size_t n = gather_spots(d, x, spot, buf);
    if (n < 2 || spot[0].x == spot[n - 1].x)
        return n < 2 ? "fewer than two points have a complete trial" : x->same;
    struct front_frame f = frame_of_spots(d, spot, n, buf);
    size_t rows = choose_named_spots(spot, n), tick = put_ticks(&ticks, "y", d->unit * f.lo, d->unit * f.hi, 8, 0);
    double height = 44 + FRAME + 96 + 20.0 * (double)rows + 14;
    f.box = (struct panel){48 + LETTER * (double)tick, WIDTH - 22, 44, 44 + FRAME};
    place_spot_numbers(d, &f, spot, n);
    script_begin(s, d, plot, heading);
    put_variable(s, "objective", d->label, 48);
    put_variable(s, "second", x->label, 80);
    put_spots(s, d, x, spot, n);
    put_front(s, d, x, spot, n);
    put_spot_names(s, d, x, spot, n);
    script_draw(s, WIDTH, (int)height);
    str_add(s, "set multiplot\n");
    put_heading(s, 1, (int)height);
    put_panel(s, WIDTH, height, &f.box);
    put_text(s, WIDTH, height, TAG_X, "second", (f.box.left + f.box.right) / 2, f.box.bottom + 44, "center");
    put_text(s, WIDTH, height, TAG_Y, "objective", 16, (f.box.top + f.box.bottom) / 2, "center rotate by 90");
    str_addf(s, "%s%sset xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n", ticks.p ? ticks.p : "",
             f.logarithmic ? "set logscale x\n" : "", x->unit * f.least, x->unit * f.most, d->unit * f.lo,
             d->unit * f.hi);
    if (f.logarithmic)
        put_log_ticks(s, "x", x->unit * f.least, x->unit * f.most);
    else
        put_ticks_across(s, x->unit * f.least, x->unit * f.most, 0, f.box.right - f.box.left);
    str_add(s, "plot $points using 1:2 with points pt 7 ps 0.7 lc rgb '#7a999999', \\\n"
               "     $front using 1:4 with steps lw 1.5 lc rgb '" BLUE "', \\\n"
               "     $front using 1:4:2:3:5:6 with xyerrorbars pt 7 ps 1 lw 1.5 lc rgb '" BLUE "', \\\n"
               "     $numbers using 1:2:3 with labels center tc rgb '" BLUE "'\n");
    put_front_table(s, height, rows);
    str_add(s, "unset multiplot\n");
    script_end(s);
    s->failed |= ticks.failed;
    str_release(&ticks);
    return NULL;
}
