/* points.c - makes the table of points: means, intervals, rank and difference to the best of each. */
#include "report/report.h"
#include "report/stats/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const statistic[] = {"mean", "std", "ci95_low", "ci95_high", "min", "max"};
static const char *const standing[] = {
    "n", "rank", "tied_with_best", "trials", "diff_to_best", "diff_to_best_low", "diff_to_best_high"};
#define STATISTICS (sizeof statistic / sizeof *statistic)

struct sheet { /* one row being made */
    const struct trials_view *v;
    const char **cell;
    char (*number)[STR_NUM]; /* [2 * columns] texts made for the cells, and then those that several cells share */
    size_t n, columns;
    double *buf; /* [trials of a point] */
    struct t_cache cache;
};

static int make_head(const struct trials_view *v, struct table *out, struct arena *a)
{
    const char **head = arena_take(a, (10 + v->t->cols * STATISTICS) * sizeof *head);
    size_t n = 0;
    if (!head)
        return -1;
    head[n++] = "point";
    for (size_t i = 0; i < v->naxes; i++)
        head[n++] = v->axis[i].name;
    for (size_t c = 0; c < v->t->cols; c++)
        if (view_is_fact(v->t->head[c]))
            head[n++] = v->t->head[c];
    for (size_t i = 0; i < sizeof standing / sizeof *standing; i++)
        head[n++] = standing[i];
    for (size_t c = 0; c < v->t->cols; c++)
        for (size_t s = 0; view_is_metric(v->t->head[c]) && s < STATISTICS; s++)
            if (!(head[n++] = arena_fmt(a, "%s_%s", v->t->head[c], statistic[s])))
                return -1;
    return table_columns(out, head, n);
}

static void put_cell_text(struct sheet *s, const char *text)
{
    s->cell[s->n++] = text;
}

static void put_count(struct sheet *s, size_t n)
{
    s->cell[s->n] = s->number[s->n];
    snprintf(s->number[s->n++], STR_NUM, "%zu", n);
}

/* Puts a number into the next cell. Metrics are computed in float, so that nine digits say all about their means. */
static void put_number(struct sheet *s, double x)
{
    s->cell[s->n] = s->number[s->n];
    str_float(s->number[s->n++], (float)x);
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

static void put_metric(struct sheet *s, size_t p, int col)
{
    struct stats m = view_stats(s->v, p, col, s->buf, &s->cache);
    const double x[STATISTICS] = {m.mean, m.std, m.low, m.high, m.min, m.max};
    const char *only = m.n == 1 ? only_text(s->v, p, col, s->number[s->columns + s->n]) : NULL;
    for (size_t i = 0; i < STATISTICS; i++)
        if (only && !isnan(x[i]))
            put_cell_text(s, only);
        else
            put_number(s, x[i]);
}

/* Returns a fact from the first trial that knows it: a trial that never started may not. */
static const char *first_fact(const struct trials_view *v, size_t p, int col, char buf[STR_NUM])
{
    const char *text = "";
    for (size_t i = v->start[p]; i < v->start[p + 1] && !*text; i++)
        text = table_text(v->t, v->row[i], col, buf);
    return text;
}

/* Puts how many trials there are, and how the point compares with the best one. */
static void put_standing(struct sheet *s, size_t p, const struct difference *d)
{
    static const char *const word[] = {[TIE_NO] = "no", [TIE_YES] = "yes", [TIE_UNKNOWN] = ""};
    const struct trials_view *v = s->v;
    size_t complete = 0;
    for (size_t i = v->start[p]; i < v->start[p + 1]; i++)
        complete += (size_t)v->complete[v->row[i]];
    put_count(s, complete);
    if (isnan(v->mean[p]))
        put_cell_text(s, "");
    else
        put_count(s, v->rank[p]);
    put_cell_text(s, isnan(v->mean[p]) ? "" : word[d->tied]);
    put_count(s, v->start[p + 1] - v->start[p]);
    put_number(s, d->diff);
    put_number(s, d->low);
    put_number(s, d->high);
}

static int make_point_row(struct sheet *s, size_t p, const struct difference *d, struct table *out)
{
    const struct trials_view *v = s->v;
    s->n = 0;
    put_cell_text(s, table_text(v->t, v->first[p], table_column(v->t, "point"), s->number[s->n]));
    for (size_t i = 0; i < v->naxes; i++)
        put_cell_text(s, v->axis[i].text[v->axis[i].code[v->first[p]]]);
    for (size_t c = 0; c < v->t->cols; c++)
        if (view_is_fact(v->t->head[c]))
            put_cell_text(s, first_fact(v, p, (int)c, s->number[s->n]));
    put_standing(s, p, d);
    for (size_t c = 0; c < v->t->cols; c++)
        if (view_is_metric(v->t->head[c]))
            put_metric(s, p, (int)c);
    return table_row(out, s->cell);
}

static size_t most_trials(const struct trials_view *v)
{
    size_t most = 0;
    for (size_t p = 0; p < v->npoints; p++)
        most = v->start[p + 1] - v->start[p] > most ? v->start[p + 1] - v->start[p] : most;
    return most;
}

static int make_points(struct trials_view *v, struct table *out)
{
    struct sheet s = {.v = v};
    struct range_cache cache = {0};
    if (make_head(v, out, &v->mem))
        return -1;
    struct difference *d = arena_take(&v->mem, (v->npoints + 1) * sizeof *d);
    s.buf = arena_take(&v->mem, (most_trials(v) + 1) * sizeof *s.buf);
    s.cell = arena_take(&v->mem, out->cols * sizeof *s.cell);
    s.number = arena_take(&v->mem, 2 * out->cols * sizeof *s.number);
    s.columns = out->cols;
    if (!d || !s.buf || !s.cell || !s.number || compare_with_best(v, d, &cache, &v->mem))
        return -1;
    for (size_t p = 0; p < v->npoints; p++)
        if (make_point_row(&s, p, &d[p], out))
            return -1;
    return 0;
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
