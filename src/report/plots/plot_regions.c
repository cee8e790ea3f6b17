/* plot_regions.c - draws what the best point says of every place of a plane, where its input is two numbers, with the
 * training samples in it. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SIDE_LENGTH 640
#define COLOURS 7      /* of classes; more take them again */
#define NAME_LETTERS 9 /* of a class in the legend */
#define FAINT 0.12     /* of a class's colour where it is as likely as any other, */
#define STRONG 0.6     /* and where it is certain */

static const char *const class_colour[COLOURS] = {BLUE, ORANGE, GREEN, RED, SKY, PINK, GREY};

/* The number of the class in the confusion matrix. */
static size_t class_number(const struct plot_data *d, const char *name)
{
    for (size_t k = 0; k < d->confusion.rows; k++)
        if (!strcmp(table_cell(&d->confusion, k, "true"), name))
            return k;
    return 0;
}

/* One of the three channels of "#0072B2", from 0 to 255. */
static double channel_of(const char *colour, int k)
{
    unsigned v = 0;
    sscanf(colour + 1 + 2 * k, "%2x", &v);
    return v;
}

/* The colour of a cell: white and that of its class. */
static void put_cell_colour(struct str *s, size_t class, double share, size_t classes)
{
    const double least = classes > 1 ? 1 / (double)classes : 0;
    const double sure = share > least ? (share - least) / (1 - least) : 0, part = FAINT + (STRONG - FAINT) * sure;
    for (int k = 0; k < 3; k++)
        str_addf(s, "\t%.0f", 255 + part * (channel_of(class_colour[class % COLOURS], k) - 255));
}

/* Whether the row is a cell with a place, which is (x, y). */
static int is_cell(const struct table *t, size_t r, double *x, double *y)
{
    *x = table_number(t, r, table_column(t, "x"));
    *y = table_number(t, r, table_column(t, "y"));
    return !strcmp(table_cell(t, r, "kind"), "cell") && isfinite(*x) && isfinite(*y);
}

/* What the middles of the cells span, and how large a cell is. 1; 0 where they make no grid. */
static int find_grid(const struct table *t, struct panel *range, double side[2])
{
    double x, y;
    *range = (struct panel){HUGE_VAL, -HUGE_VAL, HUGE_VAL, -HUGE_VAL};
    side[0] = side[1] = 0;
    for (size_t r = 0; r < t->rows; r++) {
        if (!is_cell(t, r, &x, &y))
            continue;
        side[0] = x > range->right ? x - range->right : side[0];
        side[1] = y > range->bottom ? y - range->bottom : side[1];
        range->left = fmin(range->left, x);
        range->right = fmax(range->right, x);
        range->top = fmin(range->top, y);
        range->bottom = fmax(range->bottom, y);
    }
    return range->right > range->left && range->bottom > range->top && isfinite(side[0]) && isfinite(side[1]);
}

static void put_cells(struct str *s, const struct plot_data *d)
{
    const struct table *t = &d->regions;
    double x, y;
    data_begin(s, "cells");
    for (size_t r = 0; r < t->rows; r++) {
        if (!is_cell(t, r, &x, &y))
            continue;
        str_addf(s, "%.9g\t%.9g", x, y);
        put_cell_colour(s, class_number(d, table_cell(t, r, "class")),
                        table_number(t, r, table_column(t, "probability")), d->confusion.rows);
        str_add(s, "\n");
    }
    data_end(s);
}

static void put_region_samples(struct str *s, const struct plot_data *d, size_t class)
{
    const struct table *t = &d->regions;
    char name[32];
    snprintf(name, sizeof name, "samples%zu", class);
    data_begin(s, name);
    for (size_t r = 0; r < t->rows; r++)
        if (!strcmp(table_cell(t, r, "kind"), "sample") && class_number(d, table_cell(t, r, "class")) == class)
            str_addf(s, "%.9g\t%.9g\n", table_number(t, r, table_column(t, "x")),
                     table_number(t, r, table_column(t, "y")));
    str_add(s, "NaN\tNaN\n");
    data_end(s);
}

static const char *draw_regions(const struct plot_data *d, struct str *s, struct arena *a)
{
    const size_t classes = d->confusion.rows;
    const struct panel frame = {100, 100 + SIDE_LENGTH, 76, 76 + SIDE_LENGTH};
    const int width = SIDE_LENGTH + 140, height = SIDE_LENGTH + 190;
    struct panel range;
    double side[2];
    (void)a;
    if (!classes || !find_grid(&d->regions, &range, side))
        return "the input is not two numbers, or the answer no class";
    script_begin(s, d, &plot_regions, "what the best point says of each place");
    put_variable(s, "below", "the surer the stronger; training samples of the first repeat", 0);
    put_cells(s, d);
    for (size_t k = 0; k < classes; k++) {
        char name[32];
        put_region_samples(s, d, k);
        snprintf(name, sizeof name, "class%zu", k);
        put_variable(s, name, table_cell(&d->confusion, k, "true"), NAME_LETTERS);
    }
    script_draw(s, width, height);
    put_heading(s, 2, height);
    put_key_below(s, height);
    put_panel(s, width, height, &frame);
    str_addf(s,
             "unset grid\nset xlabel 'first number'\nset ylabel 'second number'\nset xrange [%.9g:%.9g]\nset yrange "
             "[%.9g:%.9g]\n",
             range.left - side[0] / 2, range.right + side[0] / 2, range.top - side[1] / 2, range.bottom + side[1] / 2);
    str_add(s, "plot $cells using 1:2:3:4:5 with rgbimage notitle");
    for (size_t k = 0; k < classes; k++) {
        str_addf(s, ", \\\n     $samples%zu using 1:2 with points pt 7 ps 0.9 lc rgb '#ffffff' notitle", k);
        str_addf(s, ", \\\n     $samples%zu using 1:2 with points pt 7 ps 0.7 lc rgb '%s' notitle", k,
                 class_colour[k % COLOURS]);
        if (k < COLOURS)
            str_addf(s, ", \\\n     keyentry with points pt 7 ps 1 lc rgb '%s' title class%zu", class_colour[k], k);
    }
    str_add(s, "\n");
    script_end(s);
    return NULL;
}

const struct plot plot_regions = {
    {"regions",
     "what the best point says of each place of a plane, where the input is two numbers, with samples in it"},
    draw_regions};
