/* plot_roc.c - draws the ROC and the precision-recall curves of the best point's classes. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 1200
#define HEIGHT 640
#define COLOURED 6 /* curves with a name: all, or those of the classes with the smallest areas */
#define NAME 16    /* letters of a class */

static const char *const curve_colour[COLOURED] = {RED, BLUE, GREEN, ORANGE, PINK, SKY};

/* The rows of a class in the table of curves. */
struct class_curve {
    const char *name;
    size_t from, n;
    double area; /* under the ROC curve; NaN where there is none */
};

/* The area as the table of classes has it. */
static double area_of_class(const struct table *classes, const char *name)
{
    for (size_t r = 0; r < classes->rows; r++)
        if (!strcmp(table_cell(classes, r, "class"), name))
            return table_number(classes, r, table_column(classes, "auc"));
    return NAN;
}

static size_t find_curves(const struct plot_data *d, struct class_curve *c)
{
    const struct table *t = &d->curves;
    size_t n = 0;
    for (size_t r = 0; r < t->rows; r++) {
        const char *name = table_cell(t, r, "class");
        if (!n || strcmp(c[n - 1].name, name) != 0)
            c[n++] = (struct class_curve){name, r, 0, area_of_class(&d->classes, name)};
        c[n - 1].n++;
    }
    if (n != 2)
        return n;
    c[0] = c[1]; /* of two classes one curve says what the other does */
    return 1;
}

/* Those of the smallest areas come first; those without an area last. */
static void sort_curves(struct class_curve *c, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k && (c[k].area < c[k - 1].area || (isnan(c[k - 1].area) && !isnan(c[k].area))); k--) {
            struct class_curve x = c[k];
            c[k] = c[k - 1];
            c[k - 1] = x;
        }
}

static void put_curve(struct str *s, const struct table *t, const struct class_curve *c)
{
    const int recall = table_column(t, "recall"), wrong = table_column(t, "false_positive_rate"),
              precision = table_column(t, "precision");
    str_add(s, "0\t0\t");
    put_number(s, table_number(t, c->from, precision));
    str_add(s, "\n");
    for (size_t r = c->from; r < c->from + c->n; r++) {
        put_number(s, table_number(t, r, wrong));
        str_add(s, "\t");
        put_number(s, table_number(t, r, recall));
        str_add(s, "\t");
        put_number(s, table_number(t, r, precision));
        str_add(s, "\n");
    }
}

/* Writes the curves with names into $curve0, ..., the others into $others, a blank line between two. */
static void put_class_curves(struct str *s, const struct table *t, const struct class_curve *c, size_t n, size_t named)
{
    for (size_t i = 0; i < named; i++) {
        char name[32];
        snprintf(name, sizeof name, "curve%zu", i);
        data_begin(s, name);
        put_curve(s, t, &c[i]);
        data_end(s);
        struct str label = {0};
        str_add(&label, "class ");
        put_field(&label, c[i].name, NAME);
        if (!isnan(c[i].area))
            str_addf(&label, " (AUC %.4f)", c[i].area);
        snprintf(name, sizeof name, "name%zu", i);
        put_variable(s, name, label.p ? label.p : "", 0);
        s->failed |= label.failed;
        str_release(&label);
    }
    data_begin(s, "others");
    for (size_t i = named; i < n; i++) {
        put_curve(s, t, &c[i]);
        str_add(s, "\n");
    }
    if (n == named)
        str_add(s, "NaN\tNaN\tNaN\n");
    data_end(s);
}

/* One panel: columns x and y of the datablocks. */
static void plot_panel_of_curves(struct str *s, const char *columns, size_t n, size_t named, int legend)
{
    str_add(s, "plot ");
    if (n > named)
        str_addf(s, "$others using %s with lines lw 1 lc rgb '#c8c8c8' %s, \\\n     ", columns,
                 legend ? "title others" : "notitle");
    for (size_t i = 0; i < named; i++) {
        str_addf(s, "$curve%zu using %s with lines lw 2 lc rgb '%s' ", i, columns, curve_colour[i]);
        if (legend)
            str_addf(s, "title name%zu", i);
        else
            str_add(s, "notitle");
        str_add(s, i + 1 < named ? ", \\\n     " : "\n");
    }
}

static void put_unit_ticks(struct str *s, const struct panel *p, const char *x, const char *y)
{
    put_panel(s, WIDTH, HEIGHT, p);
    str_add(s, "set xrange [0:1]\nset yrange [0:1.005]\nset xtics 0.2\nset ytics 0.2\n");
    put_text(s, WIDTH, HEIGHT, TAG_X, x, (p->left + p->right) / 2, p->bottom + 44, "center");
    put_text(s, WIDTH, HEIGHT, TAG_Y, y, p->left - 52, (p->top + p->bottom) / 2, "center rotate by 90");
}

static const char *draw_roc(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct table *t = &d->curves;
    const struct panel left = {90, 410, 70, 560}, right = {510, 830, 70, 560};
    struct class_curve *c = arena_take(a, (t->rows + 2) * sizeof *c);
    if (!t->rows)
        return "there is no table of curves";
    if (!c)
        return PLOT_NOMEM;
    const size_t n = find_curves(d, c), named = n < COLOURED ? n : COLOURED;
    char others[60];
    sort_curves(c, n);
    script_begin(s, d, &plot_roc, n == 1 ? "ROC and precision-recall curve" : "ROC and precision-recall curves");
    put_class_curves(s, t, c, n, named);
    snprintf(others, sizeof others, "%zu other class%s", n - named, n - named == 1 ? "" : "es");
    put_variable(s, "others", others, 0);
    put_variable(s, "below",
                 n > named ? "test split of the best point; coloured: the classes with the smallest areas"
                           : "test split of the best point, each class against the others",
                 0);
    script_draw(s, WIDTH, HEIGHT);
    str_add(s, "set multiplot\n");
    put_heading(s, 2, HEIGHT);
    str_addf(s, "set key at screen %.4f, screen %.4f left top vertical Left reverse samplen 1.5 width 1\n",
             860.0 / WIDTH, 1 - 80.0 / HEIGHT);
    put_unit_ticks(s, &left, "'share of the others taken for the class'", "'share of the class found (recall)'");
    str_add(s, "set arrow 1 from 0,0 to 1,1 nohead back lw 1 dt 2 lc rgb '#888888'\n");
    plot_panel_of_curves(s, "1:2", n, named, 1);
    str_addf(s, "unset arrow 1\nunset label %d\n", TAG_HEADING);
    put_unit_ticks(s, &right, "'share of the class found (recall)'", "'share of right ones (precision)'");
    plot_panel_of_curves(s, "2:3", n, named, 0);
    str_add(s, "unset multiplot\n");
    script_end(s);
    return NULL;
}

const struct plot plot_roc = {
    {"roc", "ROC and precision-recall curves of the best point on the test split, each class against the others"},
    draw_roc};
