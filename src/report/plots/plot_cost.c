/* plot_cost.c - draws how long trials took against how long they were expected to take. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 760
#define HEIGHT 620
#define DOTS 3000

/* A trial that was trained: seconds by the estimate, and on the clock. */
struct cost {
    double expected, took;
    int given_up;
};

/* Reads the trials of the timing table that came to their ends or were given up; both tables are in the order of the
 * plan. Returns how many. */
static size_t read_costs(const struct plot_data *d, struct cost *c)
{
    const struct table *t = &d->timing, *m = &d->trials;
    const int of = table_column(t, "trial"), number = table_column(m, "trial");
    const int expected = table_column(t, "expected"), wall = table_column(t, "wall");
    size_t n = 0, row = 0;
    for (size_t r = 0; r < m->rows && of >= 0 && number >= 0; r++) {
        const double trial = table_number(m, r, number);
        while (row < t->rows && table_number(t, row, of) < trial)
            row++;
        if (row == t->rows || table_number(t, row, of) != trial)
            continue;
        int given_up;
        view_value(&d->v, r, &given_up);
        const double x = table_number(t, row, expected), y = table_number(t, row, wall);
        if ((given_up || d->v.complete[r]) && x > 0 && y > 0 && isfinite(x) && isfinite(y))
            c[n++] = (struct cost){x, y, given_up};
    }
    return n;
}

/* How the times lie about what was expected: the median of their ratios, and the factor about it in which nine of ten
 * are. ratio[n] is scratch. */
static double measure_costs(const struct cost *c, size_t n, double *ratio, double *within)
{
    for (size_t i = 0; i < n; i++)
        ratio[i] = c[i].took / c[i].expected;
    const double middle = stats_quantile(ratio, n, 0.5);
    for (size_t i = 0; i < n; i++) {
        ratio[i] = c[i].took / c[i].expected / middle;
        ratio[i] = ratio[i] < 1 ? 1 / ratio[i] : ratio[i];
    }
    *within = stats_quantile(ratio, n, 0.9);
    return middle;
}

/* Writes the dots of the trials that were given up, or of the others. Returns how many trials these are. */
static size_t put_costs(struct str *s, const struct cost *c, size_t n, double by, double scale, int given_up)
{
    size_t all = 0, seen = 0;
    for (size_t i = 0; i < n; i++)
        all += c[i].given_up == given_up;
    data_begin(s, given_up ? "given_up" : "complete");
    for (size_t i = 0; i < n; i++)
        if (c[i].given_up == given_up && seen++ % (all / DOTS + 1) == 0) {
            put_number(s, by * c[i].expected / scale);
            str_add(s, "\t");
            put_number(s, c[i].took / scale);
            str_add(s, "\n");
        }
    data_end(s);
    return all;
}

static const char *draw_cost(const struct plot_data *d, struct str *s, struct arena *a)
{
    struct cost *c = arena_take(a, (d->trials.rows + 1) * sizeof *c);
    double *ratio = arena_take(a, (d->trials.rows + 1) * sizeof *ratio), lo = INFINITY, hi = 0, within;
    const struct panel box = {110, WIDTH - 40, 80, HEIGHT - 100};
    char text[160], label[80];
    if (!c || !ratio)
        return PLOT_NOMEM;
    if (table_column(&d->timing, "expected") < 0)
        return d->timing.rows ? "the table of times is of an older version: it has no estimates"
                              : "there is no table of times";
    const size_t n = read_costs(d, c);
    if (n < 2)
        return "fewer than two trials have a duration";
    const double by = measure_costs(c, n, ratio, &within);
    for (size_t i = 0; i < n; i++) {
        lo = fmin(lo, fmin(by * c[i].expected, c[i].took));
        hi = fmax(hi, fmax(by * c[i].expected, c[i].took));
    }
    const double scale = hi > 7200 ? 3600 : hi > 300 ? 60 : 1;
    const char *unit = scale > 60 ? "h" : scale > 1 ? "min" : "s";
    lo /= 1.15 * scale;
    hi *= 1.15 / scale;
    script_begin(s, d, &plot_cost, "how long trials took");
    snprintf(text, sizeof text, "nine of ten trials took what was expected within a factor of %.2f", within);
    put_variable(s, "below", text, 0);
    put_variable(s, "lowest", "expected: by the arithmetic of the epochs, times what makes the median right", 0);
    const size_t complete = put_costs(s, c, n, by, scale, 0), given_up = put_costs(s, c, n, by, scale, 1);
    script_draw(s, WIDTH, HEIGHT);
    put_heading(s, 3, HEIGHT);
    put_key_below(s, HEIGHT);
    put_panel(s, WIDTH, HEIGHT, &box);
    snprintf(label, sizeof label, "'expected (%s)'", unit);
    put_text(s, WIDTH, HEIGHT, TAG_X, label, (box.left + box.right) / 2, box.bottom + 44, "center");
    snprintf(label, sizeof label, "'took (%s)'", unit);
    put_text(s, WIDTH, HEIGHT, TAG_Y, label, 26, (box.top + box.bottom) / 2, "center rotate by 90");
    str_addf(s, "set logscale xy\nset xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n", lo, hi, lo, hi);
    put_log_ticks(s, "x", lo, hi);
    put_log_ticks(s, "y", lo, hi);
    str_addf(s, "set arrow 1 from %.9g,%.9g to %.9g,%.9g nohead back lw 1.2 dt 2 lc rgb '" INK "'\nplot ", lo, lo, hi,
             hi);
    if (complete)
        str_addf(s,
                 "$complete using 1:2 with points pt 7 ps 0.6 lc rgb '#600072B2', \\\n     keyentry with points pt 7 "
                 "ps 0.8 lc rgb '" BLUE "' title 'complete', \\\n     ");
    if (given_up)
        str_addf(s, "$given_up using 1:2 with points pt 2 ps 0.6 lc rgb '" ORANGE "' title 'given up', \\\n     ");
    str_add(s, "keyentry with lines lw 1.2 dt 2 lc rgb '" INK "' title 'as expected'\n");
    script_end(s);
    return NULL;
}

const struct plot plot_cost = {{"cost", "how long trials took against how long they were expected to take"}, draw_cost};
