/* points.c - makes the table of points: means, intervals, rank and difference to the best of each. */
#include "report/report.h"
#include "report/stats/bootstrap.h"
#include "report/stats/compare.h"
#include "report/stats/view_fronts.h"
#include "report/table/columns.h"

#include <math.h>
#include <string.h>

/* What the columns are counted in, and the cells of every row are made of. */
struct point_sheet {
    const struct trials_view *v;
    const struct difference *diff; /* [points of the view] */
    const double *volume;          /* likewise, of several objectives */
    size_t nfacts, nmetrics;
    int *fact, *metric; /* columns of the trials */
    int point;          /* likewise */
    double *values;     /* [trials of a point] scratch */
    struct t_cache cache;
    double boot[2];     /* ends of the bootstrap interval at the point */
    struct stats stats; /* of the metric that was asked for last, at the point */
    size_t stats_of;    /* its number + 1; 0: none */
    const char *only;   /* where one trial is complete the text of its number, in only_text */
    char only_text[STR_NUM];
};

/* A row. */
struct point_source {
    struct point_sheet *s;
    size_t p;
};

/* Metrics are computed in float, so that nine digits say all about their means. */
static const char *mean_number(double x, char buf[STR_NUM])
{
    return str_float(buf, (float)x);
}

/* ---- the point, its axes and facts ------------------------------------------------------------------------------- */

static const char *point_number(const void *row, size_t i, char buf[STR_NUM])
{
    const struct point_source *r = row;
    (void)i;
    return table_text(r->s->v->t, r->s->v->first[r->p], r->s->point, buf);
}

static size_t count_point_axes(const void *of)
{
    const struct point_sheet *s = of;
    return s ? s->v->naxes : 1;
}

static const char *name_point_axis(const void *of, size_t i, const char **help, struct arena *a)
{
    const struct point_sheet *s = of;
    (void)help;
    (void)a;
    return s ? s->v->axis[i].name : "SECTION.KEY";
}

static const char *point_axis(const void *row, size_t i, char buf[STR_NUM])
{
    const struct point_source *r = row;
    const struct table_axis *axis = &r->s->v->axis[i];
    (void)buf;
    return axis->text[axis->code[r->s->v->first[r->p]]];
}

static size_t count_point_facts(const void *of)
{
    const struct point_sheet *s = of;
    return s ? s->nfacts : 1;
}

static const char *name_point_fact(const void *of, size_t i, const char **help, struct arena *a)
{
    const struct point_sheet *s = of;
    (void)help;
    (void)a;
    return s ? s->v->t->head[s->fact[i]] : "FACT";
}

/* Returns a fact from the first trial that knows it: a trial that never started may not. */
static const char *point_fact_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct point_source *r = row;
    const struct trials_view *v = r->s->v;
    const char *text = "";
    for (size_t k = v->start[r->p]; k < v->start[r->p + 1] && !*text; k++)
        text = table_text(v->t, v->row[k], r->s->fact[i], buf);
    return text;
}

/* ---- how it compares with the best one --------------------------------------------------------------------------- */

static const char *point_complete(const void *row, size_t i, char buf[STR_NUM])
{
    const struct point_source *r = row;
    const struct trials_view *v = r->s->v;
    size_t complete = 0;
    (void)i;
    for (size_t k = v->start[r->p]; k < v->start[r->p + 1]; k++)
        complete += (size_t)v->complete[v->row[k]];
    return str_whole(buf, complete);
}

static const char *point_rank(const void *row, size_t i, char buf[STR_NUM])
{
    const struct point_source *r = row;
    (void)i;
    return isnan(r->s->v->mean[r->p]) ? "" : str_whole(buf, r->s->v->rank[r->p]);
}

static const char *point_tied(const void *row, size_t i, char buf[STR_NUM])
{
    static const char *const word[] = {[TIE_NO] = "no", [TIE_YES] = "yes", [TIE_UNKNOWN] = ""};
    const struct point_source *r = row;
    (void)i;
    (void)buf;
    return isnan(r->s->v->mean[r->p]) ? "" : word[r->s->diff[r->p].tied];
}

static const char *point_trials(const void *row, size_t i, char buf[STR_NUM])
{
    const struct point_source *r = row;
    (void)i;
    return str_whole(buf, r->s->v->start[r->p + 1] - r->s->v->start[r->p]);
}

/* at: place of a double in struct difference */
static const char *point_difference(const void *row, size_t at, char buf[STR_NUM])
{
    const struct point_source *r = row;
    return column_float(&r->s->diff[r->p], at, buf);
}

/* at: of the ends of the interval, 0 or 1 */
static const char *point_bootstrap(const void *row, size_t at, char buf[STR_NUM])
{
    const struct point_source *r = row;
    *buf = 0;
    return isnan(r->s->boot[at]) ? buf : mean_number(r->s->boot[at], buf);
}

/* Of several objectives. */
enum { POINT_PARETO, POINT_VOLUME, POINT_FRONTS };

static size_t count_point_fronts(const void *of)
{
    const struct point_sheet *s = of;
    return !s || s->v->front ? POINT_FRONTS : 0;
}

static const char *name_point_front(const void *of, size_t i, const char **help, struct arena *a)
{
    (void)of;
    (void)a;
    *help =
        i == POINT_PARETO
            ? "of several objectives: 1 for the Pareto front, points that no other is better than by all objectives; 2 "
              "for those that only these are better than, and so on"
            : "likewise: the hypervolume of the points up to this one, as a share of the box from the front's best "
              "values to the reference point, which lies a tenth of the front's range beyond its worst ones";
    return i == POINT_PARETO ? "pareto" : "hypervolume";
}

static const char *point_front(const void *row, size_t i, char buf[STR_NUM])
{
    const struct point_source *r = row;
    const struct point_sheet *s = r->s;
    if (i == POINT_VOLUME)
        return isnan(s->volume[r->p]) ? "" : mean_number(s->volume[r->p], buf);
    return s->v->front[r->p] ? str_whole(buf, s->v->front[r->p]) : "";
}

/* ---- metrics ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *help;
    size_t at; /* in struct stats */
} statistic[] = {
    {"mean", "mean of the metric over the complete trials", offsetof(struct stats, mean)},
    {"std", "standard deviation (n-1)", offsetof(struct stats, std)},
    {"ci95_low",
     "lower end of the 95 % interval of the mean (Student's t; of folds, which share training samples, by the variance "
     "of Nadeau & Bengio 2003)",
     offsetof(struct stats, low)},
    {"ci95_high", "upper end", offsetof(struct stats, high)},
    {"min", "the smallest", offsetof(struct stats, min)},
    {"max", "the largest", offsetof(struct stats, max)},
};
#define STATISTICS (sizeof statistic / sizeof *statistic)

static size_t count_statistics(const void *of)
{
    const struct point_sheet *s = of;
    return (s ? s->nmetrics : 1) * STATISTICS;
}

static const char *name_statistic(const void *of, size_t i, const char **help, struct arena *a)
{
    const struct point_sheet *s = of;
    *help = statistic[i % STATISTICS].help;
    return arena_fmt(a, "%s_%s", s ? s->v->t->head[s->metric[i / STATISTICS]] : "METRIC",
                     statistic[i % STATISTICS].name);
}

/* Returns the one number of a point with one complete trial, as it is in the table. */
static const char *only_text(const struct trials_view *v, size_t p, int col, char buf[STR_NUM])
{
    const char *text = "";
    for (size_t i = v->start[p]; i < v->start[p + 1]; i++)
        if (v->complete[v->row[i]] && !isnan(table_number(v->t, v->row[i], col)))
            text = table_text(v->t, v->row[i], col, buf);
    return text;
}

static const char *point_statistic(const void *row, size_t i, char buf[STR_NUM])
{
    const struct point_source *r = row;
    struct point_sheet *s = r->s;
    int col = s->metric[i / STATISTICS];
    if (s->stats_of != i / STATISTICS + 1) {
        s->stats = view_stats(s->v, r->p, col, s->values, &s->cache);
        s->only = s->stats.n == 1 ? only_text(s->v, r->p, col, s->only_text) : NULL;
    }
    s->stats_of = i / STATISTICS + 1;
    double x = *(const double *)((const char *)&s->stats + statistic[i % STATISTICS].at);
    return s->only && !isnan(x) ? strcpy(buf, s->only) : mean_number(x, buf);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static const struct column_kind point_axes = {count_point_axes, name_point_axis};
static const struct column_kind point_facts = {count_point_facts, name_point_fact};
static const struct column_kind point_fronts = {count_point_fronts, name_point_front};
static const struct column_kind point_statistics = {count_statistics, name_statistic};

static const struct column_row point_columns[] = {
    COLUMN("point", "number of the point in the grid", point_number),
    COLUMN_KIND(&point_axes, "the axes of the grid: the key's name, and the value", point_axis, 0, 0),
    COLUMN_KIND(&point_facts, "facts of the network and sizes of the splits, from params to test_samples of NAME.csv",
                point_fact_cell, 0, 0),
    COLUMN("n", "complete trials", point_complete),
    COLUMN("rank",
           "by the mean of the objective; equal means share one. Of several objectives by the column pareto, then by "
           "the first",
           point_rank),
    COLUMN("tied_with_best", "yes or no: it cannot be told from the best point, at 95 %", point_tied),
    COLUMN("trials", "trials that ended, complete or not", point_trials),
    COLUMN_FIELD("diff_to_best", "its mean less that of the best point", point_difference, struct difference, diff),
    COLUMN_FIELD("diff_to_best_low", "lower end of its interval, for all points at once", point_difference,
                 struct difference, low),
    COLUMN_FIELD("diff_to_best_high", "upper end", point_difference, struct difference, high),
    {.name = "boot95_low",
     .help =
         "lower end of the 95 % interval of the mean of the objective by bootstrap (BCa, Efron 1987), of three trials "
         "or more; it ends where the values do, so that of a few trials Student's is the more honest one",
     .cell = point_bootstrap,
     .at = 0},
    {.name = "boot95_high", .help = "upper end", .cell = point_bootstrap, .at = 1},
    COLUMN_KIND(&point_fronts, NULL, point_front, 0, 0),
    COLUMN_KIND(&point_statistics, NULL, point_statistic, 0, 0),
};
const struct column_table point_table = {"NAME.points.csv", "a point", COLUMNS_OF(point_columns)};

static size_t most_trials(const struct trials_view *v)
{
    size_t most = 0;
    for (size_t p = 0; p < v->npoints; p++)
        most = v->start[p + 1] - v->start[p] > most ? v->start[p + 1] - v->start[p] : most;
    return most;
}

static int prepare_points(struct point_sheet *s, struct trials_view *v)
{
    struct range_cache cache = {0};
    struct difference *diff = arena_take(&v->mem, (v->npoints + 1) * sizeof *diff);
    double *volume = v->front ? arena_take(&v->mem, (v->npoints + 1) * sizeof *volume) : NULL;
    *s = (struct point_sheet){.v = v, .diff = diff, .volume = volume, .point = table_column(v->t, "point")};
    s->values = arena_take(&v->mem, (most_trials(v) + 1) * sizeof *s->values);
    s->fact = arena_take(&v->mem, (v->t->cols + 1) * sizeof *s->fact);
    s->metric = arena_take(&v->mem, (v->t->cols + 1) * sizeof *s->metric);
    if (v->mem.failed || (v->front && front_volumes(v, volume)))
        return -1;
    for (size_t c = 0; c < v->t->cols; c++) {
        if (view_is_fact(v, (int)c))
            s->fact[s->nfacts++] = (int)c;
        if (view_is_metric(v, (int)c))
            s->metric[s->nmetrics++] = (int)c;
    }
    return compare_with_best(v, diff, &cache, &v->mem);
}

/* Fills boot[]. 0, or -1 without memory. */
static int find_bootstrap(struct point_sheet *s, size_t p)
{
    size_t n = 0;
    for (size_t i = s->v->start[p]; i < s->v->start[p + 1]; i++)
        if (!isnan(s->v->y[s->v->row[i]]))
            s->values[n++] = s->v->y[s->v->row[i]];
    return bootstrap_mean(s->values, n, &s->boot[0], &s->boot[1]);
}

static int make_points(struct trials_view *v, struct table *out)
{
    struct point_sheet s;
    struct sheet sheet;
    if (prepare_points(&s, v))
        return -1;
    int bad = sheet_init(&sheet, &point_table, &s) || table_columns(out, sheet.name, sheet.n);
    for (size_t p = 0; p < v->npoints && !bad; p++) {
        s.stats_of = 0;
        bad = find_bootstrap(&s, p) || table_row(out, sheet_row(&sheet, &(struct point_source){&s, p}));
    }
    sheet_release(&sheet);
    return bad;
}

int report_points(const struct table *trials, const char *objective, struct table *points, struct err *e)
{
    struct trials_view v;
    if (view_init(&v, trials, objective, e)) {
        view_release(&v);
        return -1;
    }
    int bad = make_points(&v, points) && err_set(e, ERR_NOMEM, "no memory for the table of %zu points", v.npoints);
    view_release(&v);
    return bad ? -1 : 0;
}
