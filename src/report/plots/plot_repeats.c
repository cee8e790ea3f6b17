/* plot_repeats.c - draws each repeat of the best points beside its mean. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>

#define SHOWN 20
#define LABEL 62
#define COLOURS 7 /* repeats that are told apart */

static const char *const repeat_colour[COLOURS] = {BLUE, ORANGE, GREEN, PINK, SKY, RED, "#000000"};

struct repeats_frame {
    double lo, hi;
    size_t widest, most, points; /* letters of a label; the largest number of a repeat; points with two or more */
};

/* Returns how many of the best points are shown, and finds the frame of their repeats. */
static size_t measure_repeats(const struct plot_data *d, struct repeats_frame *f)
{
    const struct trials_view *v = &d->v;
    const int repeat = table_column(v->t, "repeat");
    size_t n = 0;
    *f = (struct repeats_frame){INFINITY, -INFINITY, 0, 0, 0};
    for (; n < v->npoints && n < SHOWN && !isnan(v->mean[v->order[n]]); n++) {
        const size_t p = v->order[n];
        size_t values = 0;
        for (size_t i = v->start[p]; i < v->start[p + 1]; i++) {
            const double y = v->y[v->row[i]], k = table_number(v->t, v->row[i], repeat);
            if (isnan(y))
                continue;
            values++;
            f->lo = fmin(f->lo, y);
            f->hi = fmax(f->hi, y);
            f->most = k > (double)f->most && k < 1e6 ? (size_t)k : f->most;
        }
        f->points += values > 1;
    }
    const double air = f->hi > f->lo ? 0.05 * (f->hi - f->lo) : fabs(f->hi) > 0 ? 0.01 * fabs(f->hi) : 0.01;
    f->lo -= air;
    f->hi += air;
    return n;
}

/* Writes the label of each rank, and its mean. */
static void put_repeat_means(struct str *s, const struct plot_data *d, struct repeats_frame *f, size_t n)
{
    data_begin(s, "means");
    for (size_t i = 0; i < n; i++) {
        struct str label = {0};
        point_label(d, d->v.order[i], LABEL, &label);
        const size_t width = label.p ? text_width(label.p) : 0;
        f->widest = width > f->widest ? width : f->widest;
        str_addf(s, "%zu\t%s\t", i + 1, label.p ? label.p : "");
        put_number(s, d->unit * d->v.mean[d->v.order[i]]);
        str_add(s, "\n");
        s->failed |= label.failed;
        str_release(&label);
    }
    data_end(s);
}

/* Writes the values of repeat k (0: all), each at a height of its own, so that equal ones do not cover each other. */
static size_t put_repeat(struct str *s, const struct plot_data *d, const struct repeats_frame *f, size_t n, size_t k)
{
    const struct trials_view *v = &d->v;
    const int repeat = table_column(v->t, "repeat");
    char name[40];
    size_t dots = 0;
    snprintf(name, sizeof name, "repeat%zu", k);
    data_begin(s, name);
    for (size_t i = 0; i < n; i++)
        for (size_t at = v->start[v->order[i]]; at < v->start[v->order[i] + 1]; at++) {
            const size_t row = v->row[at];
            const double number = table_number(v->t, row, repeat);
            if (isnan(v->y[row]) || !(number >= 1) || (k && number != (double)k))
                continue;
            put_number(s, d->unit * v->y[row]);
            str_addf(s, "\t%.4f\n", (double)i + 1 + 0.5 * ((number - 0.5) / (double)f->most - 0.5));
            dots++;
        }
    data_end(s);
    return dots;
}

static const char *draw_repeats(const struct plot_data *d, struct str *s, struct arena *a)
{
    struct repeats_frame f;
    const size_t n = measure_repeats(d, &f);
    size_t dots[COLOURS + 1] = {0};
    char heading[80];
    (void)a;
    if (!f.points)
        return n ? "no point has two repeats that are complete" : "no trial is complete";
    snprintf(heading, sizeof heading, "repeats of the %zu best points", n);
    script_begin(s, d, &plot_repeats, heading);
    put_variable(s, "objective", d->label, 60);
    put_repeat_means(s, d, &f, n);
    const size_t first = f.most > COLOURS ? 0 : 1, last = f.most > COLOURS ? 0 : f.most;
    for (size_t k = first; k <= last; k++)
        dots[k] = put_repeat(s, d, &f, n, k);
    const int height = 160 + (n < 8 ? 34 : 24) * (int)n, width = f.widest > 45 ? 1200 : 1000;
    const struct panel box = {WIDE_LETTER * (double)f.widest + 24, width - 30, 44, height - 104};
    script_draw(s, width, height);
    put_heading(s, 1, height);
    put_key_below(s, height);
    put_panel(s, width, height, &box);
    put_text(s, width, height, TAG_X, "objective", (box.left + box.right) / 2, box.bottom + 44, "center");
    str_addf(s, "set xrange [%.9g:%.9g]\nset yrange [%zu.6:0.4]\n", d->unit * f.lo, d->unit * f.hi, n);
    put_ticks_across(s, d->unit * f.lo, d->unit * f.hi, 0, box.right - box.left);
    str_add(s, "plot $means using 3:1:3:3:($1-0.36):($1+0.36):ytic(2) with boxxyerror fs empty lw 2 lc rgb '" INK "'");
    str_add(s, ", \\\n     keyentry with lines lw 2 lc rgb '" INK "' title 'mean'");
    for (size_t k = first; k <= last; k++)
        if (dots[k])
            str_addf(s, ", \\\n     $repeat%zu using 1:2 with points pt 7 ps 0.8 lc rgb '%s' title '%s%.0zu'", k,
                     repeat_colour[k ? k - 1 : 0], k ? "repeat " : "a repeat", k);
    str_add(s, "\n");
    script_end(s);
    return NULL;
}

const struct plot plot_repeats = {{"repeats", "each repeat of the 20 best points, with the mean"}, draw_repeats};
