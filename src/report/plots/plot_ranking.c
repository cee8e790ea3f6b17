/* plot_ranking.c - draws the best points by rank, each with the interval of its difference to the best one. */
#include "report/plots/plot.h"
#include "report/stats/compare.h"

#include <math.h>
#include <stdio.h>

#define SHOWN 30
#define LABEL 62

/* What is drawn of a point: its mean, and the interval of its difference to the best, laid against the best mean. A
 * point whose bar reaches the line of the best mean cannot be told from it. */
struct mark {
    double mean, low, high, min, max; /* low and high NaN for the best, and where they are not known */
    int tied;
};

struct ranking_frame {
    double lo, hi;       /* of the repeats */
    double low, high;    /* of the bars */
    size_t widest, tied; /* letters of a label; points */
};

static void make_marks(const struct trials_view *v, const struct difference *d, size_t n, double *buf,
                       struct mark *mark)
{
    struct t_cache cache = {0};
    double best = v->mean[v->order[0]], least, most;
    metric_limits(v->t, v->metric, &least, &most);
    for (size_t i = 0; i < n; i++) {
        size_t p = v->order[i];
        struct stats m = view_stats(v, p, v->col, buf, &cache);
        mark[i] = (struct mark){m.mean, d[p].low + best, d[p].high + best, m.min, m.max, d[p].tied};
        if (!isnan(d[p].low)) {
            mark[i].low = fmax(mark[i].low, least);
            mark[i].high = fmin(mark[i].high, most);
        }
    }
}

/* Writes the rows: rank, label, mean, least, most. Returns the frame that they need. */
static struct ranking_frame put_rows(struct str *s, const struct plot_data *d, const struct mark *mark, size_t n)
{
    struct ranking_frame f = {INFINITY, -INFINITY, INFINITY, -INFINITY, 0, 0};
    data_begin(s, "points");
    for (size_t i = 0; i < n; i++) {
        const struct mark *m = &mark[i];
        struct str label = {0};
        str_addf(s, "%zu\t", i + 1);
        point_label(d, d->v.order[i], LABEL, &label);
        str_add(s, label.p ? label.p : "");
        size_t width = label.p ? text_width(label.p) : 0;
        f.widest = width > f.widest ? width : f.widest;
        s->failed |= label.failed;
        str_release(&label);
        const double out[] = {m->mean, m->min, m->max};
        for (size_t k = 0; k < 3; k++) {
            str_add(s, "\t");
            put_number(s, d->unit * out[k]);
        }
        str_add(s, "\n");
        f.lo = fmin(f.lo, m->min);
        f.hi = fmax(f.hi, m->max);
        f.low = fmin(f.low, isnan(m->low) ? m->mean : m->low);
        f.high = fmax(f.high, isnan(m->high) ? m->mean : m->high);
        f.tied += m->tied == TIE_YES;
    }
    data_end(s);
    return f;
}

/* Widens the frame for the bars: intervals of few repeats may be wider than everything else, so to three times what the
 * repeats need and never beyond what is possible. */
static void frame_of_bars(const struct plot_data *d, struct ranking_frame *f)
{
    double width = f->hi - f->lo, pad = width > 0 ? 0.06 * width : 0.01, least, most;
    double reach = width > 0 ? width : f->high - f->low;
    metric_limits(d->v.t, d->v.metric, &least, &most);
    f->lo = fmax(f->low, f->lo - reach) - pad;
    f->hi = fmin(f->high, f->hi + reach) + pad;
    f->lo = f->lo < least ? least : f->lo;
    f->hi = f->hi > most ? most : f->hi;
    if (!(f->lo < f->hi)) { /* all are 0, or 1 */
        f->lo -= 0.01;
        f->hi += 0.01;
    }
}

/* Writes an arrow from the mean to each end of its bar: x, rank, dx, and style 1 when it ends there, 2 when it leaves
 * the frame. Returns how many leave it. */
static size_t put_bars(struct str *s, const struct plot_data *d, const struct ranking_frame *f, const struct mark *mark,
                       size_t n, size_t *bars)
{
    size_t cuts = 0;
    data_begin(s, "bars");
    for (size_t i = 0; i < n; i++) {
        const struct mark *m = &mark[i];
        for (int side = 0; side < 2 && !isnan(m->low); side++) {
            double end = side ? m->high : m->low;
            int cut = side ? end > f->hi : end < f->lo;
            if (side ? !(end > m->mean) : !(end < m->mean))
                continue;
            ++*bars;
            cuts += (size_t)cut;
            put_number(s, d->unit * m->mean);
            str_addf(s, "\t%zu\t", i + 1);
            put_number(s, d->unit * ((cut ? (side ? f->hi : f->lo) : end) - m->mean));
            str_addf(s, "\t%d\n", 1 + cut);
        }
    }
    data_end(s);
    return cuts;
}

static void put_band(struct str *s, const struct mark *mark, size_t n)
{
    data_begin(s, "band");
    for (size_t i = 0; i < n; i++)
        if (mark[i].tied == TIE_YES)
            str_addf(s, "%zu\n", i + 1);
    data_end(s);
}

static void put_range(struct str *s, double left, double right)
{
    str_add(s, "left = ");
    put_number(s, left);
    str_add(s, "\nright = ");
    put_number(s, right);
    str_add(s, "\nset xrange [left:right]\n");
}

/* Writes what the marks mean, under the heading. */
static void put_ranking_legend(struct str *s, const struct ranking_frame *f, size_t cuts, size_t bars, size_t most,
                               int unknown)
{
    static const char repeats[] = "dot: mean, crosses: least and most repeat";
    char below[160];
    snprintf(below, sizeof below, "%s%s%s", most > 1 ? repeats : "dot: the one repeat",
             bars ? ", bar: 95% interval of the difference to the best" : "", cuts ? " (arrow: goes on outside)" : "");
    put_variable(s, "below", below, 0);
    str_addf(s, "lowest = 'shaded: %s%s'\n",
             f->tied < 2 ? "the best"
             : bars      ? "cannot be told from the best (Tukey, all points at once), whose mean is the line"
                         : "equal to the best",
             unknown ? "; of others it is not known, it takes repeats that differ" : "");
}

static const char *draw_ranking(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct trials_view *v = &d->v;
    size_t n = 0, most = 1, all = 0;
    int unknown = 0;
    struct range_cache cache = {0};
    struct difference *diff = arena_take(a, (v->npoints + 1) * sizeof *diff);
    struct mark *mark = arena_take(a, SHOWN * sizeof *mark);
    double *buf = arena_take(a, (v->t->rows + 1) * sizeof *buf);
    if (!diff || !mark || !buf || compare_with_best(v, diff, &cache, a))
        return PLOT_NOMEM;
    while (n < v->npoints && n < SHOWN && !isnan(v->mean[v->order[n]]))
        n++;
    if (n < 2)
        return "fewer than two points have a complete trial";
    for (size_t p = 0; p < v->npoints; p++) {
        all += !isnan(v->mean[p]);
        most = v->start[p + 1] - v->start[p] > most ? v->start[p + 1] - v->start[p] : most;
        unknown |= diff[p].tied == TIE_UNKNOWN;
    }
    char heading[120];
    if (n < all)
        snprintf(heading, sizeof heading, "ranking of the points, first %zu of %zu", n, all);
    else
        snprintf(heading, sizeof heading, "ranking of the %zu points", n);
    script_begin(s, d, &plot_ranking, heading);
    put_variable(s, "objective", d->label, 60);
    make_marks(v, diff, n, buf, mark);
    struct ranking_frame f = put_rows(s, d, mark, n);
    put_band(s, mark, n);
    frame_of_bars(d, &f);
    size_t bars = 0, cuts = put_bars(s, d, &f, mark, n, &bars);
    int height = 150 + (n < 8 ? 32 : 21) * (int)n;
    put_ranking_legend(s, &f, cuts, bars, most, unknown);
    str_add(s, "best = ");
    put_number(s, d->unit * mark[0].mean);
    str_add(s, "\n");
    script_draw(s, f.widest > 45 ? 1200 : 1000, height);
    put_heading(s, 3, height);
    /* letters wider than most are not cut either */
    str_addf(s, "set lmargin at screen %.4f\n", (WIDE_LETTER * (double)f.widest + 24) / (f.widest > 45 ? 1200 : 1000));
    str_addf(s, "set xlabel objective\nset yrange [%zu.6:0.4]\nset grid noytics\n", n);
    str_add(s, "set style arrow 1 head size screen 0.004,90 lw 2 lc rgb '" SKY "'\n"
               "set style arrow 2 head filled size screen 0.01,25 lw 2 lc rgb '" SKY "'\n");
    put_range(s, d->unit * f.lo, d->unit * f.hi);
    if (bars)
        str_add(s, "set arrow from best, graph 0 to best, graph 1 nohead front lw 1 lc rgb '#777777'\n");
    str_add(s, "plot $band using (left):1:(left):(right):($1-0.5):($1+0.5) with boxxyerror fs solid 1 noborder lc rgb "
               "'#e3eef6', \\\n");
    if (bars)
        str_add(s, "     $bars using 1:2:3:(0):4 with vectors arrowstyle variable, \\\n");
    if (most > 1)
        str_add(s,
                "     $points using 4:1 with points pt 2 ps 0.5 lc rgb '#555555', $points using 5:1 with points pt 2 "
                "ps 0.5 lc rgb '#555555', \\\n");
    str_add(s, "     $points using 3:1:ytic(2) with points pt 7 ps 1 lc rgb '" BLUE "'\n");
    script_end(s);
    return NULL;
}

const struct plot plot_ranking = {
    {"ranking",
     "points by the mean of the objective, with the intervals of their differences to the best; the tied ones shaded"},
    draw_ranking};
