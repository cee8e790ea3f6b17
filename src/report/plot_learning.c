#include "report/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define OTHERS 40 /* thin lines beside the best point's */
#define METRICS 4
#define NEXT ", \\\n     "

static const char *const metric[METRICS] = {"train_accuracy", "val_accuracy", "train_loss", "val_loss"};

struct acc { /* over the repeats of one point at one epoch */
    size_t n;
    double sum, min, max;
};

struct curves {
    size_t epochs;   /* longest */
    size_t nshown;   /* curve 0 is the best point, the others follow down the ranking */
    size_t *shown;   /* [nshown] points */
    long *curve;     /* [npoints] -1: not shown */
    struct acc *acc; /* [nshown][epochs][METRICS] */
};

static struct acc *at(const struct curves *c, size_t curve, size_t epoch, size_t m)
{
    return &c->acc[(curve * c->epochs + epoch) * METRICS + m];
}

/* The best point and others spread evenly over the ranking. */
static int choose(const struct plot_data *d, struct curves *c, struct arena *a)
{
    const struct view *v = &d->v;
    size_t ranked = 0;
    c->curve = arena_take(a, (v->npoints + 1) * sizeof *c->curve);
    c->shown = arena_take(a, (OTHERS + 2) * sizeof *c->shown);
    if (!c->curve || !c->shown)
        return -1;
    while (ranked < v->npoints && !isnan(v->mean[v->order[ranked]]))
        ranked++;
    size_t others = ranked > 1 ? ranked - 1 : 0, take = others < OTHERS ? others : OTHERS;
    for (size_t p = 0; p < v->npoints; p++)
        c->curve[p] = -1;
    for (size_t i = 0; i < take + (ranked > 0); i++) {
        size_t rank = i ? 1 + (i - 1) * others / take : 0;
        c->shown[i] = v->order[rank];
        c->curve[c->shown[i]] = (long)i;
        c->nshown++;
    }
    return 0;
}

static void add(struct acc *x, double value)
{
    if (isnan(value))
        return;
    x->min = x->n && x->min < value ? x->min : value;
    x->max = x->n && x->max > value ? x->max : value;
    x->sum += value;
    x->n++;
}

static int gather(const struct plot_data *d, struct curves *c, struct arena *a)
{
    const struct table *t = &d->epochs;
    int point = table_column(t, "point"), epoch = table_column(t, "epoch"), col[METRICS];
    struct ids ids = {0};
    int bad = 0;
    for (size_t m = 0; m < METRICS; m++)
        col[m] = table_column(t, metric[m]);
    for (size_t p = 0; p < d->v.npoints && !bad; p++) {
        const char *text = view_cell(&d->v, d->v.first[p], table_column(&d->trials, "point"));
        bad = ids_get(&ids, str_hash(STR_HASH, text, strlen(text)), text) < 0;
    }
    for (int pass = 0; pass < 2 && !bad && point >= 0; pass++) {
        for (size_t r = 0; r < t->rows && !bad; r++) {
            const char *text = t->cell[r * t->cols + (size_t)point];
            long p = ids_get(&ids, str_hash(STR_HASH, text, strlen(text)), text);
            double e = table_number(t, r, epoch);
            bad = p < 0;
            if (bad || (size_t)p >= d->v.npoints || c->curve[p] < 0 || !(e >= 1 && e <= 100000))
                continue;
            if (!pass)
                c->epochs = (size_t)e > c->epochs ? (size_t)e : c->epochs;
            for (size_t m = 0; pass && m < METRICS; m++)
                add(at(c, (size_t)c->curve[p], (size_t)e - 1, m), table_number(t, r, col[m]));
        }
        if (!pass && !(c->acc = arena_take(a, (c->nshown * c->epochs * METRICS + 1) * sizeof *c->acc)))
            bad = 1;
    }
    ids_release(&ids);
    return bad ? -1 : 0;
}

static int any(const struct curves *c, size_t m)
{
    for (size_t i = 0; i < c->nshown * c->epochs; i++)
        if (c->acc[i * METRICS + m].n)
            return 1;
    return 0;
}

/* Lines of one metric: epoch, mean, min, max; a blank line between curves. */
static void put_curves(struct str *s, const struct curves *c, size_t from, size_t to, size_t m, double unit)
{
    for (size_t i = from; i < to; i++) {
        for (size_t e = 0; e < c->epochs; e++) {
            const struct acc *x = at(c, i, e, m);
            if (!x->n)
                continue;
            str_addf(s, "%zu\t", e + 1);
            put_number(s, unit * x->sum / (double)x->n);
            str_add(s, "\t");
            put_number(s, unit * x->min);
            str_add(s, "\t");
            put_number(s, unit * x->max);
            str_add(s, "\n");
        }
        str_add(s, "\n");
    }
}

/* Frame round the best point's curves and where the others end; the first tenth of the epochs may leave it. */
static void frame(const struct curves *c, size_t first, int loss, double unit, double *lo, double *hi)
{
    *lo = INFINITY;
    *hi = -INFINITY;
    for (size_t m = first; m < first + 2; m++)
        for (size_t i = 0; i < c->nshown; i++)
            for (size_t e = 0; e < c->epochs; e++) {
                const struct acc *x = at(c, i, e, m);
                int counts = i ? m == first + 1 && e + 1 == c->epochs && i < (3 * c->nshown + 3) / 4
                               : e >= c->epochs / 10 && (c->epochs < 4 || e);
                if (!x->n || (!counts && !(loss ? x->min < *lo : x->max > *hi)))
                    continue;
                double low = unit * (i ? x->sum / (double)x->n : x->min),
                       high = unit * (i ? x->sum / (double)x->n : x->max);
                *lo = low < *lo ? low : *lo;
                *hi = high > *hi ? high : *hi;
            }
    if (!(*lo < *hi)) {
        *lo -= 0.01 * unit;
        *hi += 0.01 * unit;
    }
}

static void put_panel(struct str *s, const struct curves *c, size_t first, const char *what, double unit)
{
    int loss = unit == 1, val = any(c, first + 1), others = c->nshown > 1 && val;
    double lo, hi;
    const char *sep = "plot ";
    frame(c, first, loss, unit, &lo, &hi);
    int logarithmic = loss && lo > 0 && hi > 8 * lo;
    double pad = (hi - lo) * 0.06;
    str_addf(s, "set ylabel '%s'\n", what);
    str_add(s, logarithmic ? "set logscale y\nset yrange [" : "set yrange [");
    put_number(s, logarithmic ? lo * 0.9 : lo - pad);
    str_add(s, ":");
    put_number(s, logarithmic ? hi * 1.1 : hi + pad);
    str_add(s, "]\n");
    if (logarithmic)
        put_log_ticks(s, "y", lo * 0.9, hi * 1.1);
    if (others) {
        str_addf(s, "%s$others%zu using 1:2 with lines lw 0.8 lc rgb '#c4c4c4'", sep, first);
        sep = NEXT;
    }
    /* bands first: none may cover a line */
    for (size_t m = 0; m < 2; m++)
        if (any(c, first + m)) {
            str_addf(s, "%s$best%zu using 1:3:4 with filledcurves fs transparent solid 0.2 noborder lc rgb '%s'", sep,
                     first + m, m ? BLUE : ORANGE);
            sep = NEXT;
        }
    if (any(c, first)) {
        str_addf(s, "%s$best%zu using 1:2 with linespoints lw 2 pt 5 ps 0.5 lc rgb '" ORANGE "' title 'training'", sep,
                 first);
        sep = NEXT;
    }
    if (val)
        str_addf(s, "%s$best%zu using 1:2 with linespoints lw 2.5 pt 7 ps 0.6 lc rgb '" BLUE "' title 'validation'",
                 sep, first + 1);
    str_add(s, "\nunset logscale y\nset ytics autofreq\n");
}

static void put_data(struct str *s, const struct curves *c)
{
    for (size_t m = 0; m < METRICS; m++) {
        char name[40];
        if (!any(c, m))
            continue;
        snprintf(name, sizeof name, "best%zu", m);
        data_begin(s, name);
        put_curves(s, c, 0, 1, m, m < 2 ? 100 : 1);
        data_end(s);
        if (m % 2 == 0 || c->nshown < 2)
            continue;
        snprintf(name, sizeof name, "others%zu", m - 1);
        data_begin(s, name);
        put_curves(s, c, 1, c->nshown, m, m < 2 ? 100 : 1);
        data_end(s);
    }
}

static const char *draw(const struct plot_data *d, struct str *s, struct arena *a)
{
    struct curves c = {0};
    if (!d->epochs.rows)
        return "there is no table of epochs";
    if (choose(d, &c, a) || gather(d, &c, a))
        return PLOT_NOMEM;
    if (!c.nshown || c.epochs < 2)
        return c.nshown ? "it needs at least two epochs" : "no trial is complete";
    int accuracy = any(&c, 0) || any(&c, 1), loss = any(&c, 2) || any(&c, 3);
    if (!accuracy && !loss)
        return "no epoch has an accuracy or a loss";
    script_begin(s, d, &plot_learning, d->v.naxes ? "learning curves of the best point" : "learning curves");
    struct str who = {0}, marks = {0};
    if (d->v.naxes)
        point_label(d, c.shown[0], 105, &who);
    size_t repeats = d->v.start[c.shown[0] + 1] - d->v.start[c.shown[0]];
    if (repeats > 1)
        str_addf(&marks, "mean of %zu repeats, band from least to most", repeats);
    if (c.nshown > 1)
        str_addf(&marks, "%sgrey: validation of other points", repeats > 1 ? "; " : "");
    put_variable(s, "best", who.p ? who.p : "", 0);
    put_variable(s, "marks", marks.p ? marks.p : "", 0);
    s->failed |= who.failed | marks.failed;
    str_release(&who);
    str_release(&marks);
    put_data(s, &c);
    script_draw(s, accuracy && loss ? 1200 : 800, 580);
    str_addf(s,
             "set multiplot layout 1,%d title heading.\"\\n\".best.(best eq '' || marks eq '' ? '' : \"\\n\").marks\n",
             accuracy && loss ? 2 : 1);
    str_addf(s, "set xlabel 'epoch'\nset xrange [0.8:%zu.2]\nset xtics %zu\n", c.epochs, (c.epochs + 9) / 10);
    str_add(s, "set lmargin 9\n");
    put_key_below(s, 580);
    if (accuracy)
        put_panel(s, &c, 0, "accuracy (%)", 100);
    if (accuracy && loss)
        str_add(s, "unset key\n"); /* one for both: they have the same lines */
    if (loss)
        put_panel(s, &c, 2, "loss", 1);
    str_add(s, "unset multiplot\n");
    script_end(s);
    return NULL;
}

const struct plot plot_learning = {
    {"learning", "training and validation by epoch: the best point with its band over repeats, others thin"}, draw};
