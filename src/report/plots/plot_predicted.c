/* plot_predicted.c - draws the numbers that the best point predicts against the true ones, and what is left between
 * them. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>

#define WIDTH 1200
#define HEIGHT 600
#define DOTS 3000 /* at most; of more every so manieth is drawn */
#define TARGETS 6 /* numbers with a colour of their own */

static const char *const target_colour[TARGETS] = {BLUE, ORANGE, GREEN, RED, SKY, PINK};

struct extent {
    double lo, hi;
};

static void extend(struct extent *e, double v)
{
    if (!isfinite(v))
        return;
    e->lo = v < e->lo ? v : e->lo;
    e->hi = v > e->hi ? v : e->hi;
}

static void add_margin(struct extent *e)
{
    const double more = e->hi > e->lo ? 0.04 * (e->hi - e->lo) : fabs(e->hi) > 0 ? 0.1 * fabs(e->hi) : 1;
    e->lo -= more;
    e->hi += more;
}

/* The numbers, and the residuals, symmetric about 0. */
static size_t find_extents(const struct table *t, struct extent *number, struct extent *residual)
{
    const int truth = table_column(t, "true"), said = table_column(t, "predicted"), error = table_column(t, "error");
    size_t n = 0;
    *number = *residual = (struct extent){HUGE_VAL, -HUGE_VAL};
    for (size_t r = 0; r < t->rows; r++) {
        const double e = table_number(t, r, error);
        if (!isfinite(e))
            continue;
        n++;
        extend(number, table_number(t, r, truth));
        extend(number, table_number(t, r, said));
        extend(residual, e);
        extend(residual, -e);
    }
    add_margin(number);
    add_margin(residual);
    return n;
}

static size_t count_targets(const struct table *t)
{
    size_t most = 1;
    for (size_t r = 0; r < t->rows; r++) {
        const double k = table_number(t, r, table_column(t, "target"));
        most = k > (double)most && k < 1e6 ? (size_t)k : most;
    }
    return most;
}

static void put_predictions(struct str *s, const struct table *t, size_t target, size_t each)
{
    const char *const column[] = {"true", "predicted", "error"};
    char name[32];
    snprintf(name, sizeof name, "number%zu", target);
    data_begin(s, name);
    for (size_t r = 0, seen = 0; r < t->rows; r++) {
        if (table_number(t, r, table_column(t, "target")) != (double)target || seen++ % each)
            continue;
        for (size_t k = 0; k < 3; k++) {
            put_number(s, table_number(t, r, table_column(t, column[k])));
            str_add(s, k < 2 ? "\t" : "\n");
        }
    }
    str_add(s, "NaN\tNaN\tNaN\n");
    data_end(s);
}

static void plot_predictions(struct str *s, const char *columns, size_t targets, int legend)
{
    for (size_t k = 1; k <= targets; k++) {
        str_addf(s, "%s$number%zu using %s with points pt 7 ps 0.5 lc rgb '#a0%s'", k == 1 ? "plot " : ", \\\n     ", k,
                 columns, target_colour[k - 1] + 1);
        if (legend)
            str_addf(s, ", keyentry with points pt 7 ps 1 lc rgb '%s' title 'number %zu'", target_colour[k - 1], k);
    }
    str_add(s, "\n");
}

static void put_extent(struct str *s, const char *axis, const struct extent *e, double pixels)
{
    str_addf(s, "set %srange [%.9g:%.9g]\n", axis, e->lo, e->hi);
    if (*axis == 'x')
        put_ticks_across(s, e->lo, e->hi, 0, pixels);
    else
        put_ticks(s, "y", e->lo, e->hi, 6, 0);
}

static const char *draw_predicted(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct table *t = &d->predictions;
    const struct panel left = {110, 570, 70, 500}, right = {710, 1170, 70, 500};
    struct extent number, residual;
    const size_t n = find_extents(t, &number, &residual), all = count_targets(t);
    const size_t targets = all < TARGETS ? all : TARGETS, each = n / DOTS + 1;
    char below[120];
    (void)a;
    if (!n || !(number.lo < number.hi))
        return "no numbers are predicted";
    script_begin(s, d, &plot_predicted, "predicted and true numbers of the best point");
    snprintf(below, sizeof below, "test split of all repeats%s%s", each > 1 ? "; a part of the samples" : "",
             all > targets ? "; the first 6 numbers" : "");
    put_variable(s, "below", below, 0);
    for (size_t k = 1; k <= targets; k++)
        put_predictions(s, t, k, each);
    script_draw(s, WIDTH, HEIGHT);
    str_add(s, "set multiplot\n");
    put_heading(s, 2, HEIGHT);
    put_key_below(s, HEIGHT);
    put_panel(s, WIDTH, HEIGHT, &left);
    put_extent(s, "x", &number, left.right - left.left);
    put_extent(s, "y", &number, 0);
    put_text(s, WIDTH, HEIGHT, TAG_X, "'true'", (left.left + left.right) / 2, left.bottom + 44, "center");
    put_text(s, WIDTH, HEIGHT, TAG_Y, "'predicted'", 22, (left.top + left.bottom) / 2, "center rotate by 90");
    str_addf(s, "set arrow 1 from %.9g,%.9g to %.9g,%.9g nohead back lw 1 dt 2 lc rgb '#555555'\n", number.lo,
             number.lo, number.hi, number.hi);
    plot_predictions(s, "1:2", targets, all > 1);
    str_addf(s, "unset arrow 1\nunset label %d\n", TAG_HEADING);
    put_panel(s, WIDTH, HEIGHT, &right);
    put_extent(s, "y", &residual, 0);
    put_text(s, WIDTH, HEIGHT, TAG_X, "'predicted'", (right.left + right.right) / 2, right.bottom + 44, "center");
    put_text(s, WIDTH, HEIGHT, TAG_Y, "'residual: predicted less true'", 622, (right.top + right.bottom) / 2,
             "center rotate by 90");
    str_addf(s, "set arrow 1 from %.9g,0 to %.9g,0 nohead back lw 1 dt 2 lc rgb '#555555'\n", number.lo, number.hi);
    plot_predictions(s, "2:3", targets, 0);
    str_add(s, "unset multiplot\n");
    script_end(s);
    return NULL;
}

const struct plot plot_predicted = {
    {"predicted", "numbers that the best point predicts against the true ones, and the residuals"}, draw_predicted};
