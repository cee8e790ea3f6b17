/* plot_curves.c - draws the learning curves of all trials where some were given up, and marks where. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 1000
#define HEIGHT 560
#define SHOWN 80   /* curves of each kind at most, about */
#define EPOCHS 200 /* of a curve, about */

/* The epochs of the trial in a row of the main table. */
struct curve_rows {
    size_t from, to; /* rows of the table of epochs */
    int given_up, shown;
};

/* Finds the column of the objective, or of what it is on the validation or the training split; -1: there is none. */
static int find_curve_column(const struct plot_data *d, char *column, size_t n)
{
    const char *split, *name = report_metric_of(d->v.metric, &split);
    for (int val = 1; val >= 0; val--) {
        snprintf(column, n, "%s_%.64s", val ? "val" : "train", name);
        const int col = table_column(&d->epochs, column);
        if (col >= 0 && d->epochs.rows && !isnan(table_number(&d->epochs, 0, col)))
            return col;
    }
    return -1;
}

/* Both tables are in the order of the plan. Returns the number of the last epoch. */
static size_t find_curve_rows(const struct plot_data *d, struct curve_rows *c, size_t kind[2])
{
    const struct table *m = &d->trials, *t = &d->epochs;
    const int number = table_column(m, "trial"), of = table_column(t, "trial"), epoch = table_column(t, "epoch");
    size_t row = 0, most = 0;
    for (size_t r = 0; r < m->rows && of >= 0 && number >= 0; r++) {
        const double trial = table_number(m, r, number);
        while (row < t->rows && table_number(t, row, of) < trial)
            row++;
        c[r].from = row;
        while (row < t->rows && table_number(t, row, of) == trial)
            row++;
        c[r].to = row;
        view_value(&d->v, r, &c[r].given_up);
        if (row == c[r].from || (!c[r].given_up && !d->v.complete[r]))
            continue;
        kind[c[r].given_up]++;
        const double end = table_number(t, row - 1, epoch);
        most = end > (double)most && end < 1e6 ? (size_t)end : most;
    }
    return most;
}

/* Of each kind some, evenly spread over the plan; and the best. Returns the row of that. */
static size_t choose_curves(const struct plot_data *d, struct curve_rows *c, const size_t kind[2])
{
    size_t seen[2] = {0, 0}, best = d->trials.rows;
    for (size_t r = 0; r < d->trials.rows; r++) {
        if (c[r].from == c[r].to || (!c[r].given_up && !d->v.complete[r]))
            continue;
        const int which = c[r].given_up;
        c[r].shown = seen[which]++ % (kind[which] / SHOWN + 1) == 0;
        const double y = d->v.y[r];
        if (!isnan(y) && (best == d->trials.rows || (d->v.maximise ? y > d->v.y[best] : y < d->v.y[best])))
            best = r;
    }
    return best;
}

/* Writes a curve, and a blank line; returns how many values it has, which are added to y[]. */
static size_t put_curve_of_trial(struct str *s, const struct plot_data *d, const struct curve_rows *c, int col,
                                 double *y)
{
    const struct table *t = &d->epochs;
    const int epoch = table_column(t, "epoch");
    const size_t every = (c->to - c->from) / EPOCHS + 1;
    size_t n = 0;
    for (size_t r = c->from; r < c->to; r++) {
        const double v = table_number(t, r, col);
        if (isnan(v) || ((r - c->from) % every && r + 1 < c->to))
            continue;
        put_number(s, table_number(t, r, epoch));
        str_add(s, "\t");
        put_number(s, d->unit * v);
        str_add(s, "\n");
        y[n++] = v;
    }
    str_add(s, "\n");
    return n;
}

/* Writes the curves of one kind; y[*n] gets their values. */
static void put_kind(struct str *s, const struct plot_data *d, const struct curve_rows *c, int col, int given_up,
                     double *y, size_t *n)
{
    data_begin(s, given_up ? "given_up" : "complete");
    for (size_t r = 0; r < d->trials.rows; r++)
        if (c[r].shown && c[r].given_up == given_up)
            *n += put_curve_of_trial(s, d, &c[r], col, y + *n);
    data_end(s);
    if (!given_up)
        return;
    data_begin(s, "ends");
    for (size_t r = 0; r < d->trials.rows; r++)
        if (c[r].shown && c[r].given_up && !isnan(table_number(&d->epochs, c[r].to - 1, col))) {
            put_number(s, table_number(&d->epochs, c[r].to - 1, table_column(&d->epochs, "epoch")));
            str_add(s, "\t");
            put_number(s, d->unit * table_number(&d->epochs, c[r].to - 1, col));
            str_add(s, "\n");
        }
    data_end(s);
}

static void plot_kinds(struct str *s, const struct plot_data *d, size_t most, double lo, double hi,
                       const size_t kind[2], int best)
{
    const struct panel box = {100, WIDTH - 40, 62, HEIGHT - 100};
    const int logarithmic = most >= 20;
    put_panel(s, WIDTH, HEIGHT, &box);
    put_text(s, WIDTH, HEIGHT, TAG_X, "'epoch'", (box.left + box.right) / 2, box.bottom + 42, "center");
    put_text(s, WIDTH, HEIGHT, TAG_Y, "measured", 26, (box.top + box.bottom) / 2, "center rotate by 90");
    str_addf(s, "%sset xrange [%s:%.9g]\nset yrange [%.9g:%.9g]\n", logarithmic ? "set logscale x\n" : "",
             logarithmic ? "0.95" : "0.8", 1.02 * (double)most + (logarithmic ? 0 : 0.1), d->unit * lo, d->unit * hi);
    if (logarithmic)
        put_log_ticks(s, "x", 1, (double)most);
    else
        put_ticks(s, "x", 1, (double)most, 9, 1);
    put_ticks(s, "y", d->unit * lo, d->unit * hi, 8, 0);
    const char *sep = "plot ";
    if (kind[0]) {
        str_addf(s, "%s$complete using 1:2 with lines lw 1 lc rgb '#9cc3dd' notitle", sep);
        sep = ", \\\n     ";
    }
    str_addf(s, "%s$given_up using 1:2 with lines lw 1 lc rgb '#e8b96a' notitle", sep);
    sep = ", \\\n     ";
    if (best)
        str_addf(s, "%s$best using 1:2 with lines lw 2.5 lc rgb '" BLUE "' title 'the best trial'", sep);
    str_addf(s, "%s$ends using 1:2 with points pt 2 ps 0.7 lw 1.5 lc rgb '" RED "' title 'given up there'", sep);
    if (kind[0])
        str_addf(s, "%skeyentry with lines lw 2 lc rgb '#9cc3dd' title 'complete'", sep);
    str_addf(s, "%skeyentry with lines lw 2 lc rgb '#e8b96a' title 'given up'\n", sep);
}

static const char *draw_curves(const struct plot_data *d, struct str *s, struct arena *a)
{
    struct curve_rows *c = arena_take(a, (d->trials.rows + 1) * sizeof *c);
    double *y = arena_take(a, (d->epochs.rows + 1) * sizeof *y), lo, hi;
    char column[80], label[96];
    size_t kind[2] = {0, 0}, n = 0;
    if (!c || !y)
        return PLOT_NOMEM;
    const int col = find_curve_column(d, column, sizeof column);
    if (col < 0)
        return d->epochs.rows ? "no epoch has the objective" : "there is no table of epochs";
    const size_t most = find_curve_rows(d, c, kind);
    if (!kind[1])
        return "no trial was given up after an epoch";
    const size_t best = choose_curves(d, c, kind);
    script_begin(s, d, &plot_curves, "learning curves of the trials, and where some were given up");
    metric_label(&d->epochs, column, label, sizeof label);
    put_variable(s, "measured", label, 45);
    for (int given_up = 0; given_up < 2; given_up++)
        put_kind(s, d, c, col, given_up, y, &n);
    if (!n)
        return "no epoch has the objective";
    fair_range(y, n, d->v.maximise, &lo, &hi);
    if (best < d->trials.rows) {
        data_begin(s, "best");
        put_curve_of_trial(s, d, &c[best], col, y);
        data_end(s);
    }
    char below[120] = "";
    for (int g = 0; g < 2; g++)
        if (kind[g] >= SHOWN)
            snprintf(below + strlen(below), sizeof below - strlen(below), "%sone in %zu of those that %s is drawn",
                     *below ? ", " : "", kind[g] / SHOWN + 1, g ? "were given up" : "are complete");
    put_variable(s, "below", below, 0);
    script_draw(s, WIDTH, HEIGHT);
    put_heading(s, *below ? 2 : 1, HEIGHT);
    put_key_below(s, HEIGHT);
    plot_kinds(s, d, most, lo, hi, kind, best < d->trials.rows);
    script_end(s);
    return NULL;
}

const struct plot plot_curves = {
    {"curves", "learning curves of all trials where some were given up, with a mark where they were"}, draw_curves};
