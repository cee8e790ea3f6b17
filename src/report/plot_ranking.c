#include "report/plot.h"

#include <math.h>
#include <stdio.h>

#define SHOWN 30
#define LABEL 62

/* rank, label, mean, low, high, tied, least, most */
static size_t put_rows(struct str *s, const struct plot_data *d, const char *tied, size_t n, double *buf, double *lo,
                       double *hi, size_t *widest)
{
    struct t_cache cache = {0};
    size_t ntied = 0;
    double most = 0; /* widest interval */
    *lo = INFINITY;
    *hi = -INFINITY;
    *widest = 0;
    data_begin(s, "points");
    for (size_t i = 0; i < n; i++) {
        size_t p = d->v.order[i];
        struct stats m = view_stats(&d->v, p, d->v.col, buf, &cache);
        struct str label = {0};
        str_addf(s, "%zu\t", i + 1);
        point_label(d, p, LABEL, &label);
        str_add(s, label.p ? label.p : "");
        size_t width = label.p ? text_width(label.p) : 0;
        *widest = width > *widest ? width : *widest;
        s->failed |= label.failed;
        str_release(&label);
        const double out[] = {m.mean, isnan(m.low) ? m.mean : m.low, isnan(m.high) ? m.mean : m.high, m.min, m.max};
        for (size_t k = 0; k < 5; k++) {
            str_add(s, "\t");
            put_number(s, d->unit * out[k]);
        }
        str_addf(s, "\t%d\n", tied[p]);
        /* the interval of two repeats may be wider than everything else: the dots set the frame, intervals widen it */
        *lo = m.min < *lo ? m.min : *lo;
        *hi = m.max > *hi ? m.max : *hi;
        most = out[2] - out[1] > most ? out[2] - out[1] : most;
        ntied += (size_t)tied[p];
    }
    data_end(s);
    double reach = most - (*hi - *lo) / 2 > *hi - *lo ? *hi - *lo : most - (*hi - *lo) / 2;
    if (reach > 0) {
        *lo -= reach / 2;
        *hi += reach / 2;
    }
    return ntied;
}

static void put_band(struct str *s, const struct plot_data *d, const char *tied, size_t n)
{
    data_begin(s, "band");
    for (size_t i = 0; i < n; i++)
        if (tied[d->v.order[i]])
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

static const char *draw(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct view *v = &d->v;
    size_t n = 0, most = 1, all = 0, widest;
    double lo, hi;
    char *tied = arena_take(a, v->npoints + 1);
    double *buf = arena_take(a, (v->t->rows + 1) * sizeof *buf);
    if (!tied || !buf || view_ties(v, tied))
        return PLOT_NOMEM;
    while (n < v->npoints && n < SHOWN && !isnan(v->mean[v->order[n]]))
        n++;
    if (n < 2)
        return "fewer than two points have a complete trial";
    for (size_t p = 0; p < v->npoints; p++) {
        all += !isnan(v->mean[p]);
        most = v->start[p + 1] - v->start[p] > most ? v->start[p + 1] - v->start[p] : most;
    }
    char heading[120];
    if (n < all)
        snprintf(heading, sizeof heading, "ranking of the points, first %zu of %zu", n, all);
    else
        snprintf(heading, sizeof heading, "ranking of the %zu points", n);
    script_begin(s, d, &plot_ranking, heading);
    put_variable(s, "objective", d->label, 60);
    size_t ntied = put_rows(s, d, tied, n, buf, &lo, &hi, &widest);
    put_band(s, d, tied, n);
    double pad = hi > lo ? 0.06 * (hi - lo) : 0.01;
    int height = 130 + (n < 8 ? 32 : 21) * (int)n;
    str_addf(s, "legend = '%s%s'\n",
             most > 1 ? "dot: mean, bar: its 95% interval, crosses: least and most repeat; " : "",
             ntied < 2  ? "shaded: the best"
             : most > 1 ? "shaded: tied with the best (paired t test, 95%)"
                        : "shaded: equal to the best");
    script_draw(s, 1000, height);
    str_addf(s, "set label 1 heading.\"\\n\".legend center at screen 0.5, screen %.4f\nset tmargin at screen %.4f\n",
             1 - 22.0 / height, 1 - 58.0 / height);
    str_addf(s, "set lmargin %zu\nset xlabel objective\nset yrange [%zu.6:0.4]\nset grid noytics\n",
             widest + 2 < 60 ? widest + 2 : (size_t)60, n);
    put_range(s, d->unit * (lo - pad), d->unit * (hi + pad));
    str_add(s, "plot $band using (left):1:(left):(right):($1-0.5):($1+0.5) with boxxyerror fs solid 1 noborder lc rgb "
               "'#e3eef6', \\\n");
    if (most > 1)
        str_add(s,
                "     $points using 3:1:4:5 with xerrorbars pt 7 ps 0 lw 2 lc rgb '" SKY "', \\\n"
                "     $points using 6:1 with points pt 2 ps 0.5 lc rgb '#555555', $points using 7:1 with points pt 2 "
                "ps 0.5 lc rgb '#555555', \\\n");
    str_add(s, "     $points using 3:1:ytic(2) with points pt 7 ps 1 lc rgb '" BLUE "'\n");
    script_end(s);
    return NULL;
}

const struct plot plot_ranking = {
    {"ranking", "points by the mean of the objective, with intervals; the tied ones shaded"}, draw};
