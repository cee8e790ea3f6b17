/* plot_history.c - draws what was found and when: each trial, and the best one so far, against the trials in the order
 * of the plan and against the epochs that were spent; of several objectives the hypervolume, too. */
#include "report/plots/plot.h"
#include "report/stats/view_fronts.h"

#include <math.h>

#define WIDTH 1100
#define HEIGHT 470
#define VOLUME_HEIGHT 400 /* of the panels below */
#define DOTS 3000         /* at most; of more every so manieth is drawn, and each that is the best so far */

/* A trial in the order of the plan. */
struct past_trial {
    double y, best, epochs; /* its value, the best one so far, epochs spent until its end; NaN where there is none */
    double volume;          /* of several objectives: the hypervolume so far */
    int pruned;
};

/* Returns how many trials have a value. */
static size_t read_past(const struct plot_data *d, struct past_trial *p, double *y)
{
    const struct trials_view *v = &d->v;
    const int epochs = table_column(&d->trials, "epochs_run");
    double spent = 0, best = NAN;
    size_t n = 0;
    for (size_t r = 0; r < d->trials.rows; r++) {
        double more = table_number(&d->trials, r, epochs);
        int pruned;
        double y_then = view_value(v, r, &pruned);
        spent += more > 0 ? more : 0;
        if (v->complete[r] && !isnan(v->y[r]) && (isnan(best) || (v->maximise ? v->y[r] > best : v->y[r] < best)))
            best = v->y[r];
        p[r] = (struct past_trial){y_then, best, spent, NAN, pruned};
        if (!isnan(p[r].y))
            y[n++] = p[r].y;
    }
    return n;
}

/* Writes trial, epochs, value and, of one that was given up, value again; and trial, epochs and the best so far. */
static void put_past(struct str *s, const struct plot_data *d, const struct past_trial *p)
{
    const size_t n = d->trials.rows, every = n / DOTS + 1;
    data_begin(s, "trials");
    for (size_t r = 0; r < n; r++) {
        int first = !isnan(p[r].best) && (!r || !(p[r - 1].best == p[r].best));
        if (isnan(p[r].y) || (r % every && !first))
            continue;
        str_addf(s, "%zu\t%.0f\t", r + 1, p[r].epochs);
        put_number(s, p[r].pruned ? NAN : d->unit * p[r].y);
        str_add(s, "\t");
        put_number(s, p[r].pruned ? d->unit * p[r].y : NAN);
        str_add(s, "\n");
    }
    data_end(s);
    data_begin(s, "best");
    for (size_t r = 0; r < n; r++)
        if (!isnan(p[r].best) && (!r || !(p[r - 1].best == p[r].best) || r + 1 == n)) {
            str_addf(s, "%zu\t%.0f\t", r + 1, p[r].epochs);
            put_number(s, d->unit * p[r].best);
            str_add(s, "\n");
        }
    data_end(s);
}

/* Takes the hypervolume of each point for that at its last trial. 0, or -1 without memory. */
static int read_volumes(const struct plot_data *d, struct past_trial *p, struct arena *a)
{
    double *volume = arena_take(a, (d->v.npoints + 1) * sizeof *volume);
    if (!volume || front_volumes(&d->v, volume))
        return -1;
    for (size_t i = 0; i < d->v.npoints; i++)
        p[d->v.row[d->v.start[i + 1] - 1]].volume = volume[i];
    return 0;
}

/* Writes trial, epochs and hypervolume where that becomes another one. */
static void put_volumes(struct str *s, const struct past_trial *p, size_t n)
{
    double last = NAN;
    data_begin(s, "volume");
    for (size_t r = 0; r < n; r++)
        if (!isnan(p[r].volume) && (p[r].volume != last || r + 1 == n)) {
            last = p[r].volume;
            str_addf(s, "%zu\t%.0f\t", r + 1, p[r].epochs);
            put_number(s, last);
            str_add(s, "\n");
        }
    data_end(s);
}

static void put_volume_panel(struct str *s, const struct panel *p, int height, int x, double most, const char *label)
{
    put_panel(s, WIDTH, height, p);
    put_text(s, WIDTH, height, TAG_X, label, (p->left + p->right) / 2, p->bottom + 44, "center");
    str_addf(s, "set xrange [0:%.17g]\n", 1.02 * most);
    put_ticks_across(s, 0, 1.02 * most, 0, p->right - p->left);
    str_addf(s, "plot $volume using %d:3 with steps lw 2 lc rgb '%s' notitle\n", x, GREEN);
}

/* One panel: column x of the datablocks. */
static void put_history_panel(struct str *s, const struct panel *p, int height, int x, double most, const char *label,
                              int pruned, int legend)
{
    put_panel(s, WIDTH, height, p);
    put_text(s, WIDTH, height, TAG_X, label, (p->left + p->right) / 2, p->bottom + 44, "center");
    str_addf(s, "set xrange [0:%.17g]\n", 1.02 * most);
    put_ticks_across(s, 0, 1.02 * most, 0, p->right - p->left);
    str_addf(s, "plot $trials using %d:3 with points pt 7 ps 0.5 lc rgb '%s' %s, \\\n     ", x, SKY,
             legend ? "title 'complete trial'" : "notitle");
    if (pruned)
        str_addf(s, "$trials using %d:4 with points pt 6 ps 0.6 lc rgb '%s' %s, \\\n     ", x, ORANGE,
                 legend ? "title 'given up'" : "notitle");
    str_addf(s, "$best using %d:3 with steps lw 2 lc rgb '%s' %s\n", x, BLUE,
             legend ? "title 'best so far'" : "notitle");
}

static const char *draw_history(const struct plot_data *d, struct str *s, struct arena *a)
{
    const size_t rows = d->trials.rows;
    struct panel left = {100, 540, 62, 350}, right = {620, 1060, 62, 350};
    const int several = d->v.goals > 1, height = HEIGHT + (several ? VOLUME_HEIGHT : 0);
    struct past_trial *p = arena_take(a, (rows + 1) * sizeof *p);
    double *y = arena_take(a, (rows + 1) * sizeof *y), lo, hi;
    int pruned = 0;
    if (!p || !y)
        return PLOT_NOMEM;
    size_t n = read_past(d, p, y), outside = 0;
    if (n < 2)
        return "there are not two trials with a value";
    if (several && read_volumes(d, p, a))
        return PLOT_NOMEM;
    for (size_t r = 0; r < rows; r++)
        pruned |= p[r].pruned && !isnan(p[r].y);
    outside = fair_range(y, n, d->v.maximise, &lo, &hi);
    script_begin(s, d, &plot_history, "what was found, and when");
    put_past(s, d, p);
    if (several)
        put_volumes(s, p, rows);
    put_variable(s, "objective", d->label, 60);
    str_addf(s, "below = '%zu of %zu trials lie outside the frame'\n", outside, n);
    script_draw(s, WIDTH, height);
    str_add(s, "set multiplot\n");
    put_heading(s, outside ? 2 : 1, height);
    put_key_below(s, height);
    str_add(s, "set key maxrows 1\n");
    str_add(s, "set yrange [");
    put_number(s, d->unit * lo);
    str_add(s, ":");
    put_number(s, d->unit * hi);
    str_add(s, "]\n");
    put_ticks(s, "y", d->unit * lo, d->unit * hi, 8, 0);
    put_text(s, WIDTH, height, TAG_Y, "objective", 24, (left.top + left.bottom) / 2, "center rotate by 90");
    const double spent = p[rows - 1].epochs;
    left.right = spent > 0 ? left.right : right.right;
    put_history_panel(s, &left, height, 1, (double)rows, "'trials'", pruned, 1);
    str_addf(s, "unset key\nunset label %d\nunset label %d\n", TAG_HEADING, TAG_Y);
    if (spent > 0)
        put_history_panel(s, &right, height, 2, spent, "'epochs spent'", pruned, 0);
    if (several) {
        left.top = right.top += VOLUME_HEIGHT;
        left.bottom = right.bottom += VOLUME_HEIGHT;
        str_add(s, "set yrange [0:1.02]\n");
        put_ticks(s, "y", 0, 1.02, 6, 0);
        put_text(s, WIDTH, height, TAG_Y, "'hypervolume'", 24, (left.top + left.bottom) / 2, "center rotate by 90");
        put_volume_panel(s, &left, height, 1, (double)rows, "'trials'");
        str_addf(s, "unset label %d\n", TAG_Y);
        if (spent > 0)
            put_volume_panel(s, &right, height, 2, spent, "'epochs spent'");
    }
    str_add(s, "unset multiplot\n");
    script_end(s);
    return NULL;
}

const struct plot plot_history = {
    {"history", "each trial and the best one so far, against trials and against epochs spent; the hypervolume"},
    draw_history};
