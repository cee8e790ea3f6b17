/* plot_rungs.c - draws how many trials came to each epoch after which some were given up, how many of them went on, and
 * what each had come to; of a race how many of each repeat were trained. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEIGHT 500
#define RUNGS 16 /* bars at most; of more epochs some stand together */
#define DOTS 2500

/* A bar: the epochs, or the repeat, from .. to. */
struct rung {
    size_t from, to, reached, given_up;
};

/* What the rungs are made of; an epoch may be a repeat. */
struct rung_trials {
    size_t n, most; /* trials; the last epoch */
    size_t *ended;  /* [n] the epoch after which it ended */
    double *value;  /* [n] of the objective; NaN: none */
    char *given_up; /* [n] */
    int race;       /* a rule of repeats, which leaves trials out before they begin */
};

static int read_rung_trials(const struct plot_data *d, struct rung_trials *t, struct arena *a)
{
    const struct trials_view *v = &d->v;
    const int by = table_column(v->t, "pruned_by"), at = table_column(v->t, "pruned_at");
    const int run = table_column(v->t, "epochs_run"), repeat = table_column(v->t, "repeat");
    *t = (struct rung_trials){.ended = arena_take(a, (v->t->rows + 1) * sizeof *t->ended),
                              .value = arena_take(a, (v->t->rows + 1) * sizeof *t->value),
                              .given_up = arena_take(a, v->t->rows + 1)};
    if (!t->ended || !t->value || !t->given_up)
        return -1;
    for (size_t r = 0; by >= 0 && r < v->t->rows; r++)
        t->race |= !strcmp(view_cell(v, r, by), "race");
    for (size_t r = 0; by >= 0 && r < v->t->rows; r++) {
        int pruned;
        const double y = view_value(v, r, &pruned), end = table_number(v->t, r, t->race ? repeat : pruned ? at : run);
        if (!(end >= 1 && end < 1e6) || (!pruned && !v->complete[r]))
            continue;
        t->ended[t->n] = (size_t)end;
        t->value[t->n] = y;
        t->given_up[t->n++] = (char)pruned;
        t->most = (size_t)end > t->most ? (size_t)end : t->most;
    }
    return 0;
}

static int by_epoch_number(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* Finds the epochs after which trials were given up, of many some together; of a race all repeats. Returns how many. */
static size_t find_rungs(const struct rung_trials *t, struct rung *rung, size_t *at)
{
    size_t n = 0, m = 0, k = 0;
    for (size_t i = 0; i < t->n; i++)
        if (t->given_up[i] || t->race)
            at[n++] = t->ended[i];
    qsort(at, n, sizeof *at, by_epoch_number);
    for (size_t i = 0; i < n; i++)
        if (!m || at[m - 1] != at[i])
            at[m++] = at[i];
    const size_t each = (m + RUNGS - 1) / RUNGS;
    for (size_t i = 0; i < m; i += each)
        rung[k++] = (struct rung){at[i], at[i + each < m ? i + each - 1 : m - 1], 0, 0};
    for (size_t i = 0; i < t->n; i++)
        for (size_t r = 0; r < k; r++) {
            rung[r].reached +=
                t->race ? t->ended[i] >= rung[r].from && t->ended[i] <= rung[r].to : t->ended[i] >= rung[r].from;
            rung[r].given_up += t->given_up[i] && t->ended[i] >= rung[r].from && t->ended[i] <= rung[r].to;
        }
    return k;
}

/* Writes the bars: place, went on, reached, and the label of the epochs. The last one are the complete. */
static size_t put_rungs(struct str *s, const struct rung_trials *t, const struct rung *rung, size_t n)
{
    size_t widest = 3;
    data_begin(s, "rungs");
    for (size_t i = 0; i < n; i++) {
        char label[64];
        snprintf(label, sizeof label, rung[i].to > rung[i].from ? "%zu-%zu" : "%zu", rung[i].from, rung[i].to);
        str_addf(s, "%zu\t%zu\t%zu\t%s\n", i, rung[i].reached - rung[i].given_up, rung[i].reached, label);
        widest = strlen(label) > widest ? strlen(label) : widest;
    }
    if (!t->race) {
        size_t complete = 0;
        for (size_t i = 0; i < t->n; i++)
            complete += !t->given_up[i];
        str_addf(s, "%zu\t%zu\t%zu\tend\n", n, complete, complete);
    }
    data_end(s);
    return widest;
}

static void put_ends(struct str *s, const struct plot_data *d, const struct rung_trials *t, int given_up, double lo,
                     double hi)
{
    const size_t each = t->n / DOTS + 1;
    size_t dots = 0;
    data_begin(s, given_up ? "given_up" : "complete");
    for (size_t i = 0; i < t->n; i++)
        if (t->given_up[i] == given_up && !isnan(t->value[i]) && (i % each == 0 || !dots)) {
            const double y = t->value[i] < lo ? lo : t->value[i] > hi ? hi : t->value[i];
            put_number(s, (double)t->ended[i] * (1 + 0.03 * jitter(i)));
            str_add(s, "\t");
            put_number(s, d->unit * y);
            str_add(s, "\n");
            dots++;
        }
    if (!dots)
        str_addf(s, "1\t%.9g\n", d->unit * (lo - (hi - lo))); /* below the frame: the series must not be empty */
    data_end(s);
}

static void plot_bars_of_rungs(struct str *s, const struct panel *p, int width, const struct rung_trials *t,
                               const struct rung *rung, size_t n, size_t widest)
{
    const size_t bars = n + !t->race;
    size_t most = 1;
    for (size_t i = 0; i < n; i++)
        most = rung[i].reached > most ? rung[i].reached : most;
    const double step = (p->right - p->left) / (double)bars;
    const int numbers = step > text_pixels("00000", 0);
    const size_t each = (size_t)ceil((LETTER * (double)widest + 10) / step);
    put_panel(s, width, HEIGHT, p);
    put_text(s, width, HEIGHT, TAG_X, t->race ? "'repeat'" : "'given up after epoch'", (p->left + p->right) / 2,
             p->bottom + 44, "center");
    put_text(s, width, HEIGHT, TAG_Y, "'trials'", 24, (p->top + p->bottom) / 2, "center rotate by 90");
    str_addf(s, "set xrange [-0.6:%zu.4]\nset yrange [0:%.9g]\nset grid noxtics\n", bars - 1, 1.12 * (double)most);
    put_ticks(s, "y", 0, 1.05 * (double)most, 6, 1);
    str_addf(s,
             "plot $rungs using 1:(0):($1-0.36):($1+0.36):2:3 with boxxyerror fs solid 0.9 noborder lc rgb '%s' title "
             "'%s', \\\n"
             "     $rungs using 1:(0):($1-0.36):($1+0.36):(0):2 with boxxyerror fs solid 0.9 noborder lc rgb '%s' "
             "title '%s', \\\n"
             "     $rungs using 1:(0):xtic(int($0) %% %zu ? ' ' : stringcolumn(4)) with dots lc rgb '#ffffff'",
             ORANGE, t->race ? "left out" : "given up there", BLUE, t->race ? "trained" : "went on", each);
    if (numbers)
        str_add(s, ", \\\n     $rungs using 1:3:3 with labels center offset 0,0.6 tc rgb '" INK "'");
    str_add(s, "\n");
}

static void plot_ends(struct str *s, const struct panel *p, int width, const struct plot_data *d,
                      const struct rung_trials *t, double lo, double hi)
{
    const int logarithmic = t->most >= 8;
    const double least = logarithmic ? 0.9 : 0.5, most = (double)t->most * (logarithmic ? 1.12 : 1) + 0.3;
    put_panel(s, width, HEIGHT, p);
    put_text(s, width, HEIGHT, TAG_X, "'ended after epoch'", (p->left + p->right) / 2, p->bottom + 44, "center");
    put_text(s, width, HEIGHT, TAG_Y, "objective", p->left - 76, (p->top + p->bottom) / 2, "center rotate by 90");
    str_addf(s, "%sset xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\nset grid xtics\n",
             logarithmic ? "set logscale x\n" : "", least, most, d->unit * lo, d->unit * hi);
    if (logarithmic)
        put_log_ticks(s, "x", 1, (double)t->most);
    else
        put_ticks(s, "x", 1, (double)t->most, 8, 1);
    put_ticks(s, "y", d->unit * lo, d->unit * hi, 6, 0);
    str_add(s, "plot $complete using 1:2 with points pt 7 ps 0.6 lc rgb '" BLUE
               "', \\\n     $given_up using 1:2 with points pt 2 ps 0.6 lc rgb '" ORANGE "'\n");
}

static const char *draw_rungs(const struct plot_data *d, struct str *s, struct arena *a)
{
    struct rung_trials t;
    struct rung rung[RUNGS + 1];
    const size_t rows = d->trials.rows + 1;
    size_t *at = arena_take(a, rows * sizeof *at), given_up = 0, m = 0;
    double *y = arena_take(a, rows * sizeof *y), lo = 0, hi = 0;
    if (!at || !y || read_rung_trials(d, &t, a))
        return PLOT_NOMEM;
    for (size_t i = 0; i < t.n; i++) {
        given_up += t.given_up[i] != 0;
        if (!isnan(t.value[i]))
            y[m++] = t.value[i];
    }
    if (!given_up)
        return "no trial was given up";
    const size_t n = find_rungs(&t, rung, at);
    const int two = !t.race && m > 1, width = two ? 1200 : 800;
    const size_t outside = two ? fair_range(y, m, d->v.maximise, &lo, &hi) : 0;
    const struct panel left = {90, two ? 560 : 760, 62, HEIGHT - 100}, right = {700, 1170, 62, HEIGHT - 100};
    script_begin(s, d, &plot_rungs, t.race ? "which repeats were trained" : "which trials went on, and how far");
    const size_t widest = put_rungs(s, &t, rung, n);
    put_variable(s, "objective", d->label, 45);
    if (two) {
        put_ends(s, d, &t, 0, lo, hi);
        put_ends(s, d, &t, 1, lo, hi);
    }
    str_addf(s, "below = 'number: trials that came there%s'\n",
             outside ? "; values outside the frame at the right stand at its edge" : "");
    script_draw(s, width, HEIGHT);
    str_add(s, "set multiplot\n");
    put_heading(s, 2, HEIGHT);
    put_key_below(s, HEIGHT);
    plot_bars_of_rungs(s, &left, width, &t, rung, n, widest);
    str_addf(s, "unset key\nunset label %d\n", TAG_HEADING);
    if (two)
        plot_ends(s, &right, width, d, &t, lo, hi);
    str_add(s, "unset multiplot\n");
    script_end(s);
    return NULL;
}

const struct plot plot_rungs = {
    {"rungs", "how many trials came to each epoch after which some were given up, and which those were"}, draw_rungs};
