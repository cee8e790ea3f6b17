/* plot_learning.c - draws learning curves: accuracy and loss over the epochs. */
#include "report/plots/curves.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NEXT ", \\\n     "
#define FRAME 400  /* pixels from the upper end of a frame to the lower one */
#define MARKED 40  /* epochs: with more, markers would merge */
#define REQUIRED 3 /* lines of requirements */
#define REQUIRED_LINE "lw 1.4 dt (9,4,2,4) lc rgb '" INK "'"
#define TESTED "with points pt 13 ps 1.3 lc rgb '%s'"
#define NEAR_1 0.95 /* accuracies above are told apart by their error */

static const char *const colour[MOST_SERIES] = {BLUE, ORANGE, GREEN, PINK, SKY, RED, "#000000"};

/* One of the two panels, in units of the metric. */
struct scale {
    const struct report_metric *metric;
    size_t first;           /* its first curve: that of the training part */
    double unit, lo, hi;    /* of the frame */
    double floor;           /* what is below stands here: on a logarithmic scale 0 */
    int error, logarithmic; /* it shows 1 - accuracy */
    int zeros;              /* there are zeros on a logarithmic scale */
    int beside;             /* lines of requirements that lie outside */
    int bands;              /* the least and the greatest of each epoch are drawn */
    int tested;             /* what the test measured is drawn: a requirement is about it */
    char label[64];
};

/* Gives the values that a curve passes at an epoch, as errors where the scale says so. Returns 0 when there is none. */
static int values_at(const struct curves *c, const struct scale *p, size_t i, size_t e, size_t m, double v[2])
{
    const struct acc *x = curves_at(c, i, e, m);
    if (!x->n || !curves_drawn(c, e))
        return 0;
    int band = p->bands && i < c->nseries;
    double low = band ? x->min : x->sum / (double)x->n, high = band ? x->max : x->sum / (double)x->n;
    v[0] = p->error ? 1 - high : low;
    v[1] = p->error ? 1 - low : high;
    return 1;
}

/* Finds the frame of the named curves and of where the others end. On a linear scale the first tenth of the epochs may
 * leave it at its bad end. */
static void frame_of_curves(const struct curves *c, struct scale *p)
{
    int small = p->error || !p->metric->larger; /* less is better */
    double least = INFINITY;
    p->lo = INFINITY;
    p->hi = -INFINITY;
    p->zeros = 0;
    for (size_t m = p->first; m < p->first + 2; m++)
        for (size_t i = 0; i < c->nshown; i++)
            for (size_t e = 0; e < c->epochs; e++) {
                double v[2];
                int counts = i >= c->nseries ? m == p->first + 1 && e + 1 == c->epochs && i < (3 * c->nshown + 3) / 4
                                             : e >= c->epochs / 10 && (c->epochs < 4 || e);
                if (!values_at(c, p, i, e, m, v) ||
                    (!counts && !(p->logarithmic && i < c->nseries) && !(small ? v[0] < p->lo : v[1] > p->hi)))
                    continue;
                p->zeros |= !(v[0] > 0);
                least = v[0] > 0 && v[0] < least ? v[0] : v[1] > 0 && v[1] < least ? v[1] : least;
                p->lo = v[0] < p->lo ? v[0] : p->lo;
                p->hi = v[1] > p->hi ? v[1] : p->hi;
            }
    if (p->logarithmic) {
        p->floor = p->zeros ? least / 2 : 0;
        p->lo = p->zeros ? p->floor : least;
    }
}

/* Chooses a logarithmic scale: of errors where the best shares are near 1 and far from equal, of what is never negative
 * where it goes over a wide range. */
static void choose_scale(const struct curves *c, struct scale *p)
{
    const struct report_metric *m = p->metric;
    snprintf(p->label, sizeof p->label, "%s%s", m->name, m->percent ? " (%)" : "");
    p->unit = m->percent ? 100 : 1;
    p->floor = -INFINITY;
    frame_of_curves(c, p);
    if (m->percent ? p->hi >= NEAR_1 && p->hi <= 1 : m->low == 0 && p->lo > 0 && p->hi > 8 * p->lo) {
        struct scale linear = *p;
        p->logarithmic = 1;
        p->error = m->percent;
        if (p->error)
            snprintf(p->label, sizeof p->label, "error = 100 - %s (%%)", m->name);
        frame_of_curves(c, p);
        if (!(p->lo > 0 && p->hi > 4 * p->lo && isfinite(p->hi)))
            *p = linear;
    }
}

static double place_of_series(const struct scale *p, const struct required *r)
{
    return p->error ? 1 - r->value : r->value;
}

/* Widens the frame for the lines of requirements, but not to more than twice its size. */
static void widen_for_lines(struct scale *p, const struct required *r, size_t nr)
{
    for (size_t k = 0; k < nr; k++) {
        double y = place_of_series(p, &r[k]), size = p->hi - p->lo;
        if (r[k].metric != p->metric)
            continue;
        if (p->logarithmic ? y > 0 && y > p->lo * p->lo / p->hi && y < p->hi * p->hi / p->lo
                           : y > p->lo - size && y < p->hi + size) {
            p->lo = y < p->lo ? y : p->lo;
            p->hi = y > p->hi ? y : p->hi;
        } else {
            p->beside = 1;
        }
    }
}

/* What the test measured with the weights of the selected epoch of a trial, in the units of the frame; *epoch is 0
 * where there is none. */
static double test_of_trial(const struct plot_data *d, const struct scale *p, size_t row, double *epoch)
{
    char column[48];
    snprintf(column, sizeof column, "test_%s", p->metric->name);
    double v = d->v.complete[row] ? table_number(&d->trials, row, table_column(&d->trials, column)) : NAN;
    *epoch = table_number(&d->trials, row, table_column(&d->trials, "best_epoch"));
    *epoch = isnan(v) || !(*epoch >= 1) ? 0 : *epoch;
    v = p->error ? 1 - v : v;
    return v < p->floor ? p->floor : v;
}

/* Widens the frame for what the test measured of the points, where a requirement is about it. */
static void widen_for_tests(struct scale *p, const struct plot_data *d, const struct curves *c,
                            const struct required *r, size_t nr)
{
    int wanted = 0;
    for (size_t k = 0; k < nr; k++)
        wanted |= r[k].test && r[k].metric == p->metric;
    for (size_t i = 0; wanted && i < c->nseries; i++)
        for (size_t k = d->v.start[c->point[i]]; k < d->v.start[c->point[i] + 1]; k++) {
            double epoch, y = test_of_trial(d, p, d->v.row[k], &epoch);
            if (!epoch || (p->logarithmic && !(y > 0)))
                continue;
            p->tested = 1;
            p->lo = y < p->lo ? y : p->lo;
            p->hi = y > p->hi ? y : p->hi;
        }
}

/* Widens the frame a little at both ends, but to nothing that the metric cannot be. */
static void widen_a_little(struct scale *p)
{
    double least = p->metric->low, most = p->metric->high, air = 0.05 * (p->hi - p->lo);
    double limit = p->hi > most ? INFINITY : most;
    if (p->logarithmic) {
        double factor = pow(p->hi / p->lo, 0.05);
        p->lo /= factor;
        p->hi = fmin(p->hi * factor, limit);
        return;
    }
    if (!(air > 0))
        air = 0.01 + 0.01 * fabs(p->hi);
    p->lo = p->lo < least ? p->lo - air : fmax(p->lo - air, least);
    p->hi = fmin(p->hi + air, limit);
}

static void put_data(struct str *s, const struct curves *c, const struct scale *p)
{
    for (size_t m = p->first; m < p->first + 2; m++) {
        char name[60];
        if (!curves_have(c, m))
            continue;
        for (size_t i = 0; i < c->nseries; i++) {
            snprintf(name, sizeof name, "curve%zu_%zu", m, i);
            data_begin(s, name);
            curves_put(s, c, i, i + 1, m, p->unit, p->error, p->floor);
            data_end(s);
        }
        if (m == p->first || c->nshown == c->nseries)
            continue;
        snprintf(name, sizeof name, "others_%s", p->metric->name);
        data_begin(s, name);
        curves_put(s, c, c->nseries, c->nshown, m, p->unit, p->error, p->floor);
        data_end(s);
    }
}

/* Puts the tests of each point's trials, at the epochs whose weights were tested. */
static void put_tests(struct str *s, const struct plot_data *d, const struct curves *c, const struct scale *p)
{
    for (size_t i = 0; p->tested && i < c->nseries; i++) {
        char name[60];
        snprintf(name, sizeof name, "test_%s%zu", p->metric->name, i);
        data_begin(s, name);
        for (size_t k = d->v.start[c->point[i]]; k < d->v.start[c->point[i] + 1]; k++) {
            double epoch, y = test_of_trial(d, p, d->v.row[k], &epoch);
            if (!epoch)
                continue;
            put_number(s, epoch);
            str_add(s, "\t");
            put_number(s, p->unit * y);
            str_add(s, "\n");
        }
        data_end(s);
    }
}

static const struct {
    const char *name, *colour, *mark;
} look[2] = {{"'training'", ORANGE, "lw 2 pt 5 ps 0.5"}, {"'validation'", BLUE, "lw 2.5 pt 7 ps 0.6"}};

/* Draws the curves of the best point, training and validation, with markers while these do not merge. */
static void put_best(struct str *s, const struct curves *c, const struct scale *p, const char **sep)
{
    for (size_t m = 0; m < 2; m++) /* bands first: none may cover a line */
        if (curves_have(c, p->first + m)) {
            str_addf(s, "%s$curve%zu_0 using 1:3:4 with filledcurves fs transparent solid 0.2 noborder lc rgb '%s'",
                     *sep, p->first + m, look[m].colour);
            *sep = NEXT;
        }
    for (size_t m = 0; m < 2; m++)
        if (curves_have(c, p->first + m)) {
            str_addf(s, "%s$curve%zu_0 using 1:2 with %s %s lc rgb '%s'", *sep, p->first + m,
                     c->epochs <= MARKED ? "linespoints" : "lines", c->epochs <= MARKED ? look[m].mark : "lw 2",
                     look[m].colour);
            *sep = NEXT;
        }
}

/* Draws the curves of several series: validation in full lines, training dashed. */
static void put_series(struct str *s, const struct curves *c, const struct scale *p, const char **sep)
{
    for (size_t m = 0; m < 2; m++)
        for (size_t i = 0; i < c->nseries; i++) {
            if (!curves_has(c, i, p->first + m))
                continue;
            str_addf(s, "%s$curve%zu_%zu using 1:2 with lines %s lc rgb '%s'", *sep, p->first + m, i,
                     m ? "lw 2.2" : "lw 1.2 dt (6,4)", colour[i]);
            *sep = NEXT;
        }
}

static void put_required(struct str *s, const struct curves *c, const struct scale *p, const struct required *r,
                         size_t nr, const char **sep)
{
    for (size_t k = 0; k < nr; k++) {
        double y = place_of_series(p, &r[k]);
        if (r[k].metric != p->metric || !(y >= p->lo && y <= p->hi))
            continue;
        str_addf(s, "%s[1:%zu] %.9g with lines " REQUIRED_LINE, *sep, c->epochs, p->unit * y);
        *sep = NEXT;
    }
}

/* Leaves out what the curves of an axis do not show: what the test measured. Returns how many are left. */
static size_t required_of_curves(const struct plot_data *d, struct required *r, size_t nr)
{
    size_t n = 0;
    for (size_t k = 0; k < nr; k++)
        if (!d->of || !d->of->axis || !r[k].test)
            r[n++] = r[k];
    return n;
}

/* Writes the legend of both panels, in a frame of its own that is as wide as the picture. */
static void put_learning_legend(struct str *s, const struct plot_data *d, const struct curves *c, size_t nr, int tested,
                                double height)
{
    str_add(s,
            "unset border\nunset tics\nunset label\nset lmargin at screen 0\nset rmargin at screen 1\n"
            "set tmargin at screen 1\nset bmargin at screen 0\nunset logscale y\nset xrange [0:1]\nset yrange [0:1]\n");
    str_addf(s, "set key at screen %s, screen %.4f %s bottom %s Left reverse samplen 2 width 1\nplot -1",
             d->of ? "0.05" : "0.5", 9 / height, d->of ? "left" : "center",
             d->of    ? "vertical maxcols 1"
             : tested ? "horizontal maxrows 2"
                      : "horizontal maxrows 1");
    for (size_t m = 0; m < 2 && !d->of; m++)
        if (curves_have(c, m) || curves_have(c, 2 + m))
            str_addf(s, NEXT "keyentry with lines%s %s lc rgb '%s' title %s", c->epochs <= MARKED ? "points" : "",
                     c->epochs <= MARKED ? look[m].mark : "lw 2", look[m].colour, look[m].name);
    for (size_t i = 0; i < c->nseries && d->of; i++) /* also of those that have no curve */
        str_addf(s, NEXT "keyentry with lines lw 2.2 lc rgb '%s' title name%zu", colour[i], i);
    if (tested)
        str_addf(s, NEXT "keyentry " TESTED " title 'test, with the selected epoch'", INK);
    if (nr)
        str_add(s, NEXT "keyentry with lines " REQUIRED_LINE " title required");
    str_add(s, "\n");
}

static void put_axes(struct str *s, const struct curves *c, const struct scale *p, const struct panel *box,
                     double width, double height)
{
    char label[80];
    snprintf(label, sizeof label, "'%s'", p->label);
    put_panel(s, width, height, box);
    put_text(s, width, height, TAG_Y, label, box->left - 66, (box->top + box->bottom) / 2, "center rotate by 90");
    put_text(s, width, height, TAG_X, "'epoch'", (box->left + box->right) / 2, box->bottom + 42, "center");
    str_addf(s, "set xrange [%s:%zu]\n", c->epochs <= MARKED ? "0.8" : "1", c->epochs);
    put_ticks(s, "x", 1, (double)c->epochs, 9, 1);
    str_addf(s, "%sset yrange [%.9g:%.9g]\n", p->logarithmic ? "set logscale y\n" : "unset logscale y\n",
             p->unit * p->lo, p->unit * p->hi);
    if (p->logarithmic)
        put_log_ticks(s, "y", p->unit * (p->zeros ? 1.8 * p->floor : p->lo), p->unit * p->hi);
    else
        put_ticks(s, "y", p->unit * p->lo, p->unit * p->hi, 8, 0);
    if (p->logarithmic && p->zeros)
        str_addf(s, "set ytics add ('0' %.9g)\n", p->unit * p->floor);
}

static void put_curves(struct str *s, const struct plot_data *d, const struct curves *c, const struct scale *p,
                       const struct required *r, size_t nr)
{
    const char *sep = "plot ";
    if (c->nshown > c->nseries && curves_have(c, p->first + 1)) {
        str_addf(s, "%s$others_%s using 1:2 with lines lw 0.8 lc rgb '#c4c4c4'", sep, p->metric->name);
        sep = NEXT;
    }
    if (d->of)
        put_series(s, c, p, &sep);
    else
        put_best(s, c, p, &sep);
    put_required(s, c, p, r, nr, &sep);
    for (size_t i = 0; p->tested && i < c->nseries; i++)
        str_addf(s, "%s$test_%s%zu using 1:2 " TESTED, NEXT, p->metric->name, i, d->of ? colour[i] : INK);
    str_add(s, "\n");
}

/* Writes what the lines are, for the second or third line of the heading. Returns whether there is anything to say. */
static int put_marks(struct str *s, const struct plot_data *d, const struct curves *c, const struct scale *p, size_t n)
{
    size_t repeats = d->v.start[c->point[0] + 1] - d->v.start[c->point[0]];
    const char *sep = "";
    struct str t = {0};
    if (d->of) {
        str_addf(&t, "full: validation, dashed: training; mean of %s", d->of->axis ? "all trials" : "the repeats");
        sep = "; ";
    } else if (repeats > 1) {
        str_addf(&t, "mean of %zu repeats, band from least to most", repeats);
        sep = "; ";
    }
    if (c->nshown > c->nseries) {
        str_addf(&t, "%sgrey: validation of other points", sep);
        sep = "; ";
    }
    if (c->step > 1) {
        str_addf(&t, "%sone in %zu epochs is drawn", sep, c->step);
        sep = "; ";
    }
    for (size_t i = 0; i < n; i++)
        if (p[i].beside) {
            str_addf(&t, "%sa required value lies outside", sep);
            break;
        }
    put_variable(s, "marks", t.p ? t.p : "", 0);
    s->failed |= t.failed;
    str_release(&t);
    return *sep != 0;
}

/* Writes the heading and the names of the series. Returns how many lines the heading has. */
static int put_learning_words(struct str *s, const struct plot_data *d, const struct curves *c,
                              const struct required *r, size_t nr, size_t letters, int marks)
{
    struct str text = {0};
    int lines = 1 + marks;
    for (size_t k = 0; k < nr; k++)
        str_addf(&text, "%s%s", k ? ", " : "required: ", r[k].text);
    put_variable(s, "required", text.p ? text.p : "", 70);
    s->failed |= text.failed;
    str_release(&text);
    text = (struct str){0};
    if (!d->of && d->v.naxes) {
        point_label(d, c->point[0], letters, &text);
        put_variable(s, "best", text.p ? text.p : "", 0);
        str_add(s, "below = best\nlowest = marks\n");
        lines++;
    } else {
        str_add(s, "below = marks\n");
    }
    for (size_t i = 0; d->of && i < c->nseries; i++) {
        char name[40];
        str_release(&text);
        text = (struct str){0};
        if (d->of->axis)
            str_addf(&text, "%s = %s", d->of->axis->label, d->of->axis->show[d->of->series[i]]);
        else
            point_label(d, c->point[i], letters - 8, &text);
        snprintf(name, sizeof name, "name%zu", i);
        put_variable(s, name, text.p ? text.p : "", letters - 8);
    }
    s->failed |= text.failed;
    str_release(&text);
    return lines;
}

static void begin_learning(struct str *s, const struct plot_data *d, const struct curves *c)
{
    char heading[160];
    const struct curves_of *of = d->of;
    if (of && of->axis && of->n < of->axis->levels)
        snprintf(heading, sizeof heading, "learning curves by %.40s, %zu of its %zu values", of->axis->label, of->n,
                 of->axis->levels);
    else if (of && of->axis)
        snprintf(heading, sizeof heading, "learning curves by %.60s", of->axis->label);
    else if (of)
        snprintf(heading, sizeof heading, "learning curves of %zu point%s", c->nseries, c->nseries == 1 ? "" : "s");
    else
        snprintf(heading, sizeof heading, "learning curves%s", d->v.naxes ? " of the best point" : "");
    script_begin(s, d, &plot_learning, heading);
}

static const char *draw_learning(const struct plot_data *d, struct str *s, struct arena *a)
{
    struct curves c;
    struct required r[REQUIRED];
    struct scale p[PANELS];
    size_t n = 0, nr = required_of_curves(d, r, curves_required(d, r, REQUIRED));
    int tested = 0;
    if (!d->epochs.rows)
        return "there is no table of epochs";
    if (curves_init(&c, d, a))
        return PLOT_NOMEM;
    if (!c.nshown || c.epochs < 2)
        return c.nshown ? "it needs at least two epochs" : "no trial is complete";
    for (size_t k = 0; k < PANELS; k++)
        if (curves_have(&c, 2 * k) || curves_have(&c, 2 * k + 1)) {
            p[n] = (struct scale){.metric = c.panel[k], .first = 2 * k, .bands = !d->of};
            choose_scale(&c, &p[n]);
            widen_for_tests(&p[n], d, &c, r, nr);
            tested |= p[n].tested;
            widen_for_lines(&p[n], r, nr);
            widen_a_little(&p[n++]);
        }
    if (!n)
        return "no epoch has a metric";
    int width = n > 1 ? 1200 : 800, rows = d->of ? (int)c.nseries + tested + (nr > 0) : 1 + tested;
    begin_learning(s, d, &c);
    int marks = put_marks(s, d, &c, p, n), lines = put_learning_words(s, d, &c, r, nr, (size_t)(width - 40) / 8, marks);
    for (size_t i = 0; i < n; i++) {
        put_data(s, &c, &p[i]);
        put_tests(s, d, &c, &p[i]);
    }
    double top = 34 + LINE * lines, height = top + FRAME + 66 + 20 * rows + 10;
    script_draw(s, width, (int)height);
    str_add(s, "set multiplot\n");
    put_heading(s, lines, (int)height);
    for (size_t i = 0; i < n; i++) {
        double left = 84 + (double)i * width / (double)n;
        struct panel box = {left, left - 84 + width / (double)n - 18, top, top + FRAME};
        put_axes(s, &c, &p[i], &box, width, height);
        put_curves(s, d, &c, &p[i], r, nr);
        str_addf(s, "unset label %d\n", TAG_HEADING);
    }
    put_learning_legend(s, d, &c, nr, tested, height);
    str_add(s, "unset multiplot\n");
    script_end(s);
    return NULL;
}

const struct plot plot_learning = {
    {"learning", "training and validation by epoch: the best point with its band over repeats, others thin"},
    draw_learning};
