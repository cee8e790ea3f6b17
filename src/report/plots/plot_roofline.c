/* plot_roofline.c - draws the kernels of a benchmark below the roofs of the machine, and tells tables of benchmarks
 * from those of sweeps. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The picture is 1300 x 800 pixels: the graph at the left, the names of what is numbered at the right. */
#define WIDTH 1300
#define HEIGHT 800
#define LEFT 0.065
#define RIGHT 0.685
#define TOP 0.925
#define BOTTOM 0.15
#define MOST_NAMES 36
#define LABEL 44

int report_is_bench(const struct table *t)
{
    return table_column(t, "kind") >= 0 && table_column(t, "intensity") >= 0 && table_column(t, "gflops") >= 0;
}

int report_refuse_bench(const struct table *t, const char *name, struct err *e)
{
    if (!report_is_bench(t))
        return 0;
    return err_set(e, ERR_USAGE, "%s is a benchmark: there is no summary of it, but `sweep plot %s`", name, name);
}

// clang-format off
static const struct series {
    const char *suffix, *colour, *name;
    int point;
} series[] = {
    { "_forward",          BLUE,   "layer, forward",             7 },
    { "_backward_data",    ORANGE, "layer, gradient of data",    5 },
    { "_backward_weights", GREEN,  "layer, gradient of weights", 9 },
    { "",                  PINK,   "other kernels",              13 },
};
// clang-format on
#define SERIES (sizeof series / sizeof *series)

struct roofline_kernel {
    size_t row;
    double x, y; /* operations a byte, GFLOP/s */
    size_t series;
    int named;     /* has a number: a layer of n1, a dense layer, or no layer at all */
    size_t number; /* from 1 */
    double lx, ly; /* place of the number; 0: none here */
};

struct roofs {
    double fma;
    struct {
        const char *level;
        double rate;
    } read[8];
    size_t n;
};

struct roofline_frame {
    double x0, x1, y0, y1;
};

static double table_value(const struct table *t, size_t row, const char *column)
{
    return table_number(t, row, table_column(t, column));
}

/* Finds the best rate of each level, fastest first as the table has them. */
static void find_roofs(const struct table *t, struct roofs *r)
{
    memset(r, 0, sizeof *r);
    for (size_t row = 0; row < t->rows; row++) {
        if (strcmp(table_cell(t, row, "kind"), "machine") != 0)
            continue;
        double fma = table_value(t, row, "gflops"), rate = table_value(t, row, "gbytes_per_second");
        const char *level = table_cell(t, row, "shape");
        size_t i = 0;
        if (fma > 0 && isfinite(fma))
            r->fma = fma;
        while (i < r->n && strcmp(r->read[i].level, level) != 0)
            i++;
        if (!*level || !(rate > 0) || !isfinite(rate) || i == 8)
            continue;
        if (i == r->n)
            r->read[r->n++].level = level;
        r->read[i].rate = rate > r->read[i].rate ? rate : r->read[i].rate;
    }
}

static size_t series_of(const char *kernel)
{
    size_t i = 0;
    if (strncmp(kernel, "conv_", 5) && strncmp(kernel, "dense_", 6))
        return SERIES - 1;
    while (i + 1 < SERIES && !str_ends(kernel, series[i].suffix))
        i++;
    return i;
}

/* Returns the rate at which a kernel is drawn: as far below the roof as its share says, which was measured beside the
 * roof of that moment (the rate of another moment may be above it). Of tables without shares it is the rate itself. */
static double height_below_roof(const struct table *t, size_t row, double fma)
{
    double share = table_value(t, row, "fma_share");
    return share > 0 ? share * fma : table_value(t, row, "gflops");
}

static size_t gather_kernels(const struct table *t, double fma, struct roofline_kernel *spot)
{
    size_t n = 0;
    for (size_t row = 0; row < t->rows; row++) {
        struct roofline_kernel s = {
            .row = row, .x = table_value(t, row, "intensity"), .y = height_below_roof(t, row, fma)};
        if (strcmp(table_cell(t, row, "kind"), "kernel") || !(s.x > 0) || !(s.y > 0) || !isfinite(s.x) ||
            !isfinite(s.y))
            continue;
        const char *group = table_cell(t, row, "group");
        s.series = series_of(table_cell(t, row, "name"));
        s.named = s.series == SERIES - 1 || !strcmp(group, "n1") || !strcmp(group, "dense");
        spot[n++] = s;
    }
    return n;
}

/* Gives the passes of one layer one number; it is drawn at the highest of them. Returns how many numbers there are. */
static size_t give_numbers(const struct table *t, struct roofline_kernel *spot, size_t n)
{
    size_t numbers = 0;
    for (size_t i = 0; i < n; i++) {
        if (!spot[i].named)
            continue;
        for (size_t k = 0; k < i && spot[i].series < SERIES - 1 && !spot[i].number; k++)
            if (spot[k].named && spot[k].series < SERIES - 1 &&
                !strcmp(table_cell(t, spot[k].row, "group"), table_cell(t, spot[i].row, "group")) &&
                !strcmp(table_cell(t, spot[k].row, "shape"), table_cell(t, spot[i].row, "shape")))
                spot[i].number = spot[k].number;
        if (!spot[i].number && numbers < MOST_NAMES)
            spot[i].number = ++numbers;
    }
    return numbers;
}

static struct roofline_frame frame_of_roofs(const struct roofline_kernel *spot, size_t n, const struct roofs *r)
{
    struct roofline_frame f = {spot[0].x, spot[0].x, spot[0].y, r->fma};
    for (size_t i = 0; i < n; i++) {
        f.x0 = spot[i].x < f.x0 ? spot[i].x : f.x0;
        f.x1 = spot[i].x > f.x1 ? spot[i].x : f.x1;
        f.y0 = spot[i].y < f.y0 ? spot[i].y : f.y0;
        f.y1 = spot[i].y > f.y1 ? spot[i].y : f.y1;
    }
    f.x0 /= 1.8;
    f.x1 *= 1.8;
    f.y0 /= 1.5;
    f.y1 *= pow(f.y1 / f.y0, 0.15);
    return f;
}

/* Returns the distance of two values as a share of the graph's width or height. */
static double distance_apart(double a, double b, double lo, double hi)
{
    return fabs(log(a / b)) / log(hi / lo);
}

static struct roofline_kernel *top_of(struct roofline_kernel *spot, size_t n, size_t number)
{
    struct roofline_kernel *top = NULL;
    for (size_t i = 0; i < n; i++)
        if (spot[i].number == number && (!top || spot[i].y > top->y))
            top = &spot[i];
    return top;
}

static int by_x(const void *a, const void *b)
{
    const struct roofline_kernel *x = *(const struct roofline_kernel *const *)a,
                                 *y = *(const struct roofline_kernel *const *)b;
    return x->x != y->x ? (x->x > y->x ? 1 : -1) : (x->row > y->row) - (x->row < y->row);
}

/* Places the numbers of layers, which crowd together below the roof, in a row above it, each with a line down to the
 * highest point. The row is as wide as it must be and centred on its points. */
static void place_row(struct roofline_kernel **top, size_t n, const struct roofline_frame *f, double fma)
{
    double gap = log(f->x1 / f->x0) * 0.026, shift = 0;
    qsort(top, n, sizeof *top, by_x);
    for (size_t i = 0; i < n; i++) {
        top[i]->lx = log(top[i]->x);
        if (i && top[i]->lx < top[i - 1]->lx + gap)
            top[i]->lx = top[i - 1]->lx + gap;
        shift += top[i]->lx - log(top[i]->x);
    }
    for (size_t i = 0; i < n; i++) {
        double y = top[i]->y > fma ? top[i]->y : fma;
        top[i]->lx = exp(top[i]->lx - 0.7 * shift / (double)n);
        top[i]->ly = fma * pow(f->y1 / f->y0, 0.085);
        if (y > 0.97 * top[i]->ly) /* by a method with fewer operations than are counted */
            top[i]->ly = y * pow(f->y1 / f->y0, 0.03);
    }
}

/* Places the number of any other kernel beside it, higher where it would cover one. */
static void place_beside(struct roofline_kernel *s, struct roofline_kernel *spot, size_t n,
                         const struct roofline_frame *f)
{
    s->lx = s->x * pow(f->x1 / f->x0, 0.008);
    s->ly = s->y;
    for (size_t i = 0; i < n; i++)
        if (&spot[i] != s && spot[i].ly > 0 && distance_apart(spot[i].lx, s->lx, f->x0, f->x1) < 0.024 &&
            distance_apart(spot[i].ly, s->ly, f->y0, f->y1) < 0.022) {
            s->ly = spot[i].ly * pow(f->y1 / f->y0, 0.025);
            i = (size_t)-1; /* the new place may be taken too */
        }
}

static void number_kernels(struct roofline_kernel *spot, size_t n, size_t numbers, const struct roofline_frame *f,
                           double fma)
{
    struct roofline_kernel *layer[MOST_NAMES];
    size_t layers = 0;
    for (size_t k = 1; k <= numbers; k++) {
        struct roofline_kernel *top = top_of(spot, n, k);
        if (top->series < SERIES - 1)
            layer[layers++] = top;
        else
            place_beside(top, spot, n, f);
    }
    if (layers)
        place_row(layer, layers, f, fma);
}

static void put_pair(struct str *s, double x, double y)
{
    put_number(s, x);
    str_add(s, "\t");
    put_number(s, y);
}

static void put_kernels(struct str *s, const struct roofline_kernel *spot, size_t n)
{
    for (size_t k = 0; k < SERIES; k++)
        for (int named = 0; named < 2; named++) {
            char name[32];
            snprintf(name, sizeof name, "%s%zu", named ? "named" : "plain", k);
            data_begin(s, name);
            for (size_t i = 0; i < n; i++)
                if (spot[i].series == k && spot[i].named == named) {
                    put_pair(s, spot[i].x, spot[i].y);
                    str_add(s, "\n");
                }
            str_add(s, "NaN\tNaN\n");
            data_end(s);
        }
    data_begin(s, "beside");
    for (size_t i = 0; i < n; i++)
        if (spot[i].ly > 0 && spot[i].series == SERIES - 1) {
            put_pair(s, spot[i].lx, spot[i].ly);
            str_addf(s, "\t%zu\n", spot[i].number);
        }
    str_add(s, "NaN\tNaN\t \n");
    data_end(s);
    data_begin(s, "above"); /* the point, where its number is, the number */
    for (size_t i = 0; i < n; i++)
        if (spot[i].ly > 0 && spot[i].series < SERIES - 1) {
            put_pair(s, spot[i].x, spot[i].y);
            str_add(s, "\t");
            put_pair(s, spot[i].lx, spot[i].ly);
            str_addf(s, "\t%zu\n", spot[i].number);
        }
    str_add(s, "NaN\tNaN\tNaN\tNaN\t \n");
    data_end(s);
}

/* Draws a line from the left or lower edge up to the other roof; its name runs along it. */
static void put_slope(struct str *s, const struct roofs *r, size_t i, const struct roofline_frame *f, double angle)
{
    double rate = r->read[i].rate, x = f->x0, y = rate * f->x0, end = r->fma / rate;
    char text[96];
    if (y < f->y0) {
        y = f->y0;
        x = y / rate;
    }
    if (end > f->x1)
        end = f->x1;
    if (x >= end)
        return;
    str_add(s, "set arrow from ");
    put_number(s, x);
    str_add(s, ",");
    put_number(s, y);
    str_add(s, " to ");
    put_number(s, end);
    str_add(s, ",");
    put_number(s, end * rate);
    str_add(s, " nohead back lw 1.6 lc rgb '#777777'\nset label ");
    snprintf(text, sizeof text, "%.16s %.3g GB/s", r->read[i].level, rate);
    put_quoted(s, text, 40);
    /* where no kernel is: above the line, and below the crowd under the other roof */
    double middle = r->fma / 4 > y ? r->fma / 4 : sqrt(y * end * rate);
    str_add(s, " at ");
    put_number(s, middle / rate);
    str_add(s, ",");
    put_number(s, middle * pow(f->y1 / f->y0, 0.03));
    str_addf(s, " center rotate by %.1f front tc rgb '#555555'\n", angle);
}

static void put_roofs(struct str *s, const struct roofs *r, const struct roofline_frame *f)
{
    double w = WIDTH * (RIGHT - LEFT) / log(f->x1 / f->x0), h = HEIGHT * (TOP - BOTTOM) / log(f->y1 / f->y0);
    double left = f->x1, angle = atan(h / w) * 180 / 3.14159265358979;
    for (size_t i = 0; i < r->n; i++) {
        put_slope(s, r, i, f, angle);
        left = r->fma / r->read[i].rate < left ? r->fma / r->read[i].rate : left;
    }
    if (!r->n || left < f->x0)
        left = f->x0;
    str_add(s, "set arrow from ");
    put_number(s, left);
    str_add(s, ",");
    put_number(s, r->fma);
    str_add(s, " to ");
    put_number(s, f->x1);
    str_add(s, ",");
    put_number(s, r->fma);
    str_addf(s, " nohead back lw 2 lc rgb '%s'\nset label 'multiply-adds %.4g GFLOP/s' at ", INK, r->fma);
    put_number(s, left);
    str_add(s, ",");
    put_number(s, r->fma);
    str_addf(s, " right offset -0.5,0.3 front tc rgb '%s'\n", INK);
}

/* Writes the list of names at the right. */
static void put_kernel_names(struct str *s, const struct table *t, const struct roofline_kernel *spot, size_t n,
                             size_t numbers)
{
    double step = numbers > 0 && (TOP - 0.04) / (double)numbers < 0.0275 ? (TOP - 0.04) / (double)numbers : 0.0275;
    for (size_t k = 1; k <= numbers; k++) {
        size_t i = 0;
        char text[200];
        while (i < n && spot[i].number != k)
            i++;
        const char *name = table_cell(t, spot[i].row, "name"), *shape = table_cell(t, spot[i].row, "shape");
        if (spot[i].series < SERIES - 1)
            snprintf(text, sizeof text, "%s %.60s", strncmp(name, "dense", 5) ? "conv" : "dense", shape);
        else
            snprintf(text, sizeof text, "%.60s   %.60s", name, shape);
        double y = TOP - 0.01 - step * (double)(k - 1);
        str_addf(s, "set label '%zu' at screen 0.715, screen %.4f right tc rgb '%s'\nset label ", k, y, INK);
        put_quoted(s, text, LABEL);
        str_addf(s, " at screen 0.722, screen %.4f left tc rgb '%s'\n", y, INK);
    }
}

static void put_roofline(struct str *s, const struct roofline_kernel *spot, size_t n)
{
    const char *sep = "plot ";
    for (int named = 0; named < 2; named++)
        for (size_t k = 0; k < SERIES; k++) {
            size_t found = 0, any = 0;
            for (size_t i = 0; i < n; i++) {
                any |= spot[i].series == k;
                found += spot[i].series == k && spot[i].named == named;
            }
            if (found)
                str_addf(s, "%s$%s%zu using 1:2 with points pt %d ps %s lc rgb '%s%s'", sep, named ? "named" : "plain",
                         k, series[k].point, named ? "1.3" : "0.9", named ? "#" : "#90", series[k].colour + 1);
            if (found)
                sep = ", \\\n     ";
            if (any && named)
                str_addf(s, "%skeyentry with points pt %d ps 1.3 lc rgb '%s' title '%s'", sep, series[k].point,
                         series[k].colour, series[k].name);
            if (any && named)
                sep = ", \\\n     ";
        }
    str_addf(s,
             "%s$above using 1:2:($3-$1):($4-$2) with vectors nohead lw 0.8 lc rgb '#bbbbbb', \\\n"
             "     $above using 3:4:5 with labels offset 0,0.6 tc rgb '%s' font ',9', \\\n"
             "     $beside using 1:2:3 with labels left tc rgb '%s' font ',9'\n",
             sep, INK, INK);
}

static const char *draw_roofline(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct table *t = &d->trials;
    struct roofs r;
    struct roofline_kernel *spot = arena_take(a, (t->rows + 1) * sizeof *spot);
    if (!spot)
        return PLOT_NOMEM;
    find_roofs(t, &r);
    size_t n = gather_kernels(t, r.fma, spot);
    if (!n || !(r.fma > 0))
        return n ? "the machine was not measured" : "no kernel was measured";
    struct roofline_frame f = frame_of_roofs(spot, n, &r);
    size_t numbers = give_numbers(t, spot, n);
    number_kernels(spot, n, numbers, &f, r.fma);
    script_begin(s, d, &plot_roofline, "kernels and the roofs of one core; above them: Winograd");
    put_kernels(s, spot, n);
    script_draw(s, WIDTH, HEIGHT);
    put_key_below(s, HEIGHT);
    str_addf(s,
             "set lmargin at screen %g\nset rmargin at screen %g\nset tmargin at screen %g\nset bmargin at screen %g\n"
             "set title heading\nset logscale xy\nset xlabel 'operations a byte'\nset ylabel 'GFLOP/s at the speed of "
             "the roof'\nset xrange [",
             LEFT, RIGHT, TOP, BOTTOM);
    put_number(s, f.x0);
    str_add(s, ":");
    put_number(s, f.x1);
    str_add(s, "]\nset yrange [");
    put_number(s, f.y0);
    str_add(s, ":");
    put_number(s, f.y1);
    str_add(s, "]\n");
    put_log_ticks(s, "x", f.x0, f.x1);
    put_log_ticks(s, "y", f.y0, f.y1);
    put_roofs(s, &r, &f);
    put_kernel_names(s, t, spot, n, numbers);
    put_roofline(s, spot, n);
    script_end(s);
    return NULL;
}

const struct plot plot_roofline = {{"roofline", "kernels of a benchmark against what one core can do"}, draw_roofline};
